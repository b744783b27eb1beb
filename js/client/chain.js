'use strict';

const { OrgCacheError } = require('../errors.js');
const {
  BUFFERS,
  FRAMING,
  TEXTS,
  define,
  defineCommand,
  defineCommands,
  takeCallback,
  withCallback,
} = require('./commands.js');
const { commandOf } = require('./command-object.js');
const { wordsOf } = require('./words.js');

const IS_COMMAND = Symbol('a command');
const NO_WORDS = [];

/** What waits for `exec`. A script has no command yet; a marker stands in for MULTI, EXEC or DISCARD. */
class Entry {
  error = undefined;
  /** Tells the caller's callback `[error, reply]`; undefined where there is none. */
  tell = undefined;

  constructor(command, script, words, flags, marker) {
    this.command = command;
    this.script = script;
    this.words = words;
    this.flags = flags;
    this.marker = marker;
  }
}

/** A promise of its own has the callback run where and when that of a lone command would. */
function tellerOf(callback) {
  let tell;
  const outcome = new Promise((resolve, reject) => {
    tell = ([error, reply]) => (error ? reject(error) : resolve(reply));
  });
  withCallback(outcome, callback);
  return tell;
}

/** What pipelines and transactions have in common: methods that keep their command until `exec`. */
class Chain {
  #entries;
  #isDone = false;

  constructor(entries) {
    this.#entries = entries;
  }

  get isPipeline() {
    return true;
  }

  /** How many commands wait for `exec`. */
  get length() {
    return this.#entries.length;
  }

  /** Adds commands, each a list of its name and its arguments. */
  addBatch(commands) {
    for (const command of commands) {
      if (!Array.isArray(command)) {
        throw new OrgCacheError(
          'E_CONFIG',
          'each command of a list must be a list itself: its name, then its arguments',
        );
      }
      const [name, ...given] = command;
      if (FRAMING.includes(name) || this[name]?.[IS_COMMAND]) this[name](...given);
      else this.call(name, ...given);
    }
    return this;
  }

  /** No more commands are taken. */
  finish() {
    this.#isDone = true;
  }

  /** Adds a command or a script. What is wrong with the words is told by `exec`, as the server's refusals are. */
  static add(chain, command, script, given, flags) {
    const callback = takeCallback(given);
    if (command !== undefined && chain.isInline(command)) return chain.inline(command.method, callback);
    const entry = new Entry(command, script, NO_WORDS, flags, undefined);
    if (callback !== undefined) entry.tell = tellerOf(callback);
    try {
      entry.words = script === undefined ? wordsOf(command, given) : script.words(given);
    } catch (error) {
      entry.error = error;
    }
    return chain.#push(entry);
  }

  static mark(chain, marker, callback) {
    const entry = new Entry(undefined, undefined, NO_WORDS, 0, marker);
    if (typeof callback === 'function') entry.tell = tellerOf(callback);
    return chain.#push(entry);
  }

  /** Whether a command that was given by its name is a method that is no command's. */
  isInline() {
    return false;
  }

  #push(entry) {
    if (this.#isDone) {
      throw new OrgCacheError('E_CONFIG', 'exec() was called already; make a new pipeline or transaction');
    }
    this.#entries.push(entry);
    return this;
  }
}

const own = Object.getOwnPropertyNames(Chain.prototype);
defineCommands(Chain.prototype, addCommand);
for (const name of Object.getOwnPropertyNames(Chain.prototype)) {
  if (!own.includes(name)) Chain.prototype[name][IS_COMMAND] = true;
}

/** A command as an object, e.g. of ioredis's class `Command`. Its own promise is settled too. */
define(Chain.prototype, 'sendCommand', function (given) {
  const { command, words, flags, settle } = commandOf(given);
  return Chain.add(this, command, undefined, settle === undefined ? words : [...words, settle], flags);
});

/** As with ioredis no different from `exec`: each reply has the form that its command asked for. */
define(Chain.prototype, 'execBuffer', function (callback) {
  return this.exec(callback);
});

function addCommand(chain, command, given, flags) {
  return Chain.add(chain, command, undefined, given, flags);
}

/** Gives a class of chains the methods of a command. */
function defineChained(prototype, command) {
  defineCommand(prototype, command, addCommand);
  for (const name of [command.name, `${command.name}Buffer`]) prototype[name][IS_COMMAND] = true;
}

/** Gives a class of chains the methods of a script. */
function defineScript(prototype, name, script) {
  for (const [method, flags] of [
    [name, TEXTS],
    [`${name}Buffer`, BUFFERS],
  ]) {
    const call = function (...given) {
      return Chain.add(this, undefined, script, given, flags);
    };
    call[IS_COMMAND] = true;
    define(prototype, method, call);
  }
}

module.exports = { Chain, defineChained, defineScript };
