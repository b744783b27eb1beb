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
const { encodeArguments } = require('./encode-arguments.js');

/** @import { RedisCommandObject } from '../../index.js' */
/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { Command } from './commands.js' */
/** @import { Script } from './script.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * The outcome of a command: `[null, reply]` or `[error]`.
 * @typedef {Parameters<RedisCallback<unknown>>} Outcome
 */

/**
 * Calls the caller's callback.
 * @typedef {(outcome: Outcome) => void} Notifier
 */

/**
 * @typedef {object} EntryParts
 * @property {Argument[]} args
 * @property {number} flags
 * @property {Error | undefined} error Why the arguments cannot be sent; undefined if they can.
 * @property {Notifier | undefined} notify
 */

/** @typedef {EntryParts & { command: Command, script: undefined, marker: undefined }} CommandEntry */
/** @typedef {EntryParts & { command: undefined, script: Script, marker: undefined }} ScriptEntry */
/** @typedef {EntryParts & { command: undefined, script: undefined, marker: string }} MarkerEntry */
/** @typedef {CommandEntry | ScriptEntry} SentEntry */
/** @typedef {SentEntry | MarkerEntry} ChainEntry */

/**
 * A chain with its optional methods: `inline` exists if `isInline` may answer true.
 * @typedef {Chain & {
 *   exec(callback?: RedisCallback<unknown>): Promise<unknown>,
 *   inline?: (method: string, callback?: RedisCallback<unknown>) => unknown,
 * }} WholeChain
 */

const IS_COMMAND = Symbol('a command');
/** @typedef {Record<string, ((...given: unknown[]) => unknown) & { [IS_COMMAND]?: boolean }>} ChainMethods */
/** @type {Argument[]} */
const NO_WORDS = [];

/** An entry that waits for `exec`. A script has no command yet. A marker stands for MULTI, EXEC or DISCARD. */
class Entry {
  /** @type {Error | undefined} */
  error = undefined;
  /** @type {Notifier | undefined} */
  notify = undefined;

  /**
   * @param {Command | undefined} command
   * @param {Script | undefined} script
   * @param {Argument[]} args
   * @param {number} flags
   * @param {string | undefined} marker
   */
  constructor(command, script, args, flags, marker) {
    this.command = command;
    this.script = script;
    this.args = args;
    this.flags = flags;
    this.marker = marker;
  }
}

/**
 * Makes a notifier for the callback. A promise makes the callback run where and when that of a single command would.
 * @param {RedisCallback<unknown>} callback
 * @returns {Notifier}
 */
function notifierOf(callback) {
  /** @type {Notifier | undefined} */
  let notify;
  const outcome = new Promise((resolve, reject) => {
    notify = ([error, reply]) => (error ? reject(error) : resolve(reply));
  });
  withCallback(outcome, callback);
  return /** @type {Notifier} */ (/** @type {unknown} */ (notify));
}

/**
 * @param {ChainMethods} methods The methods of the chain by name.
 * @param {string} name
 * @param {unknown[]} given
 */
function addNamed(methods, name, given) {
  if (FRAMING.includes(name) || methods[name]?.[IS_COMMAND]) methods[name](...given);
  else methods.call(name, ...given);
}

/** Common base of pipelines and transactions: their methods collect commands until `exec`. */
class Chain {
  #entries;
  #isDone = false;

  /** @param {ChainEntry[]} entries */
  constructor(entries) {
    this.#entries = entries;
  }

  get isPipeline() {
    return true;
  }

  /** Number of commands that wait for `exec`. */
  get length() {
    return this.#entries.length;
  }

  /**
   * Adds commands. Each is a list of its name and its arguments.
   * @param {Iterable<unknown>} commands
   */
  addBatch(commands) {
    for (const command of commands) {
      if (!Array.isArray(command)) {
        throw new OrgCacheError(
          'E_CONFIG',
          'each command of a list must be a list itself: its name, then its arguments',
        );
      }
      const [name, ...given] = command;
      addNamed(/** @type {ChainMethods} */ (/** @type {unknown} */ (this)), name, given);
    }
    return this;
  }

  /** Stops taking commands. */
  finish() {
    this.#isDone = true;
  }

  /**
   * Adds a command or a script. `exec` reports wrong arguments, just as it reports the server's errors.
   * @param {WholeChain} chain
   * @param {Command | undefined} command
   * @param {Script | undefined} script
   * @param {unknown[]} given
   * @param {number} flags
   */
  static add(chain, command, script, given, flags) {
    const callback = takeCallback(given);
    if (command !== undefined && chain.isInline(command)) return chain.inline?.(command.method, callback);
    const entry = new Entry(command, script, NO_WORDS, flags, undefined);
    if (callback !== undefined) entry.notify = notifierOf(callback);
    try {
      entry.args =
        script === undefined
          ? encodeArguments(/** @type {Command} */ (command), given)
          : script.encode(given);
    } catch (error) {
      entry.error = /** @type {Error} */ (error);
    }
    return chain.#push(entry);
  }

  /**
   * @param {Chain} chain
   * @param {string} marker
   * @param {RedisCallback<unknown>} [callback]
   */
  static mark(chain, marker, callback) {
    const entry = new Entry(undefined, undefined, NO_WORDS, 0, marker);
    if (typeof callback === 'function') entry.notify = notifierOf(callback);
    return chain.#push(entry);
  }

  /**
   * Whether a command given by name is a method of the chain instead.
   * @param {Command} _command
   */
  isInline(_command) {
    return false;
  }

  /** @param {Entry} entry */
  #push(entry) {
    if (this.#isDone) {
      throw new OrgCacheError('E_CONFIG', 'exec() was called already; make a new pipeline or transaction');
    }
    this.#entries.push(/** @type {ChainEntry} */ (entry));
    return this;
  }
}

/** @type {any} */
const prototypeOfChain = Chain.prototype;
const own = Object.getOwnPropertyNames(Chain.prototype);
defineCommands(Chain.prototype, addCommand);
for (const name of Object.getOwnPropertyNames(Chain.prototype)) {
  if (!own.includes(name)) prototypeOfChain[name][IS_COMMAND] = true;
}

/**
 * Adds a command object, for example of ioredis's class `Command`. Its own promise is settled too.
 * @this {WholeChain}
 * @param {unknown} given
 */
define(Chain.prototype, 'sendCommand', function (given) {
  const { command, args, flags, settle } = commandOf(/** @type {RedisCommandObject} */ (given));
  return Chain.add(this, command, undefined, settle === undefined ? args : [...args, settle], flags);
});

/**
 * Same as `exec`, as with ioredis: each reply has the form that its command asked for.
 * @this {WholeChain}
 */
define(Chain.prototype, 'execBuffer', function (callback) {
  return this.exec(/** @type {RedisCallback<unknown>} */ (callback));
});

/**
 * @param {WholeChain} chain
 * @param {Command} command
 * @param {unknown[]} given
 * @param {number} flags
 */
function addCommand(chain, command, given, flags) {
  return Chain.add(chain, command, undefined, given, flags);
}

/**
 * Adds the methods of a command to a class of chains.
 * @param {any} prototype
 * @param {Command} command
 */
function defineChained(prototype, command) {
  defineCommand(prototype, command, addCommand);
  for (const name of [command.name, `${command.name}Buffer`]) prototype[name][IS_COMMAND] = true;
}

/**
 * Adds the methods of a script to a class of chains.
 * @param {object} prototype
 * @param {string} name
 * @param {Script} script
 */
function defineScript(prototype, name, script) {
  for (const [method, flags] of /** @type {const} */ ([
    [name, TEXTS],
    [`${name}Buffer`, BUFFERS],
  ])) {
    /** @type {((this: WholeChain, ...given: unknown[]) => unknown) & { [IS_COMMAND]?: boolean }} */
    const call = function (...given) {
      return Chain.add(this, undefined, script, given, flags);
    };
    call[IS_COMMAND] = true;
    define(prototype, method, call);
  }
}

module.exports = { Chain, defineChained, defineScript };
