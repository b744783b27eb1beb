'use strict';

const { OrgCacheError } = require('../errors.js');
const { BUFFERS, TEXTS, define, defineCommands, takeCallback } = require('./commands.js');
const { wordsOf } = require('./words.js');

/** Names of a list of commands that mean a method which is no command's. */
const INLINE = ['multi', 'exec', 'discard'];
const IS_COMMAND = Symbol('a command');

/**
 * What pipelines and transactions have in common: methods that keep their command until `exec`. An entry is
 * `{ command, words, flags, script, callback, error }`: a script has no command yet, an error was found in the words.
 */
class Chain {
  #entries;
  #isDone = false;

  constructor(entries) {
    this.#entries = entries;
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
      if (INLINE.includes(name) || this[name]?.[IS_COMMAND]) this[name](...given);
      else this.call(name, ...given);
    }
    return this;
  }

  /** No more commands are taken. */
  finish() {
    this.#isDone = true;
  }

  static add(chain, entry) {
    if (chain.#isDone) {
      throw new OrgCacheError('E_CONFIG', 'exec() was called already; make a new pipeline or transaction');
    }
    chain.#entries.push(entry);
    return chain;
  }
}

/** Adds what a caller gave; what is wrong with it is told by `exec`, as what is wrong for the server is. */
function add(chain, what, given, flags, makeWords) {
  const callback = takeCallback(given);
  try {
    return Chain.add(chain, { ...what, words: makeWords(given), flags, callback });
  } catch (error) {
    if (error.code !== 'E_SERIALIZE') throw error;
    return Chain.add(chain, { ...what, words: [], flags, callback, error });
  }
}

defineCommands(Chain.prototype, (chain, command, given, flags) =>
  add(chain, { command }, given, flags, (words) => wordsOf(command, words)),
);
for (const name of Object.getOwnPropertyNames(Chain.prototype)) {
  const { value } = Object.getOwnPropertyDescriptor(Chain.prototype, name);
  if (typeof value === 'function') value[IS_COMMAND] = true;
}

/** Gives a class of chains the methods of a script. */
function defineScript(prototype, name, script) {
  for (const [method, flags] of [
    [name, TEXTS],
    [`${name}Buffer`, BUFFERS],
  ]) {
    const call = function (...given) {
      return add(this, { script }, given, flags, (words) => script.words(words));
    };
    call[IS_COMMAND] = true;
    define(prototype, method, call);
  }
}

module.exports = { Chain, defineScript };
