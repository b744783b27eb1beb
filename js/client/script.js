'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { commandNamed } = require('./commands.js');
const { wordsOf } = require('./words.js');

const EVAL = commandNamed('eval');
const EVALSHA = commandNamed('evalsha');

/** A Lua script that clients call by a name of their own. */
class Script {
  #lua;
  #sha;
  #numberOfKeys;

  constructor(name, { lua, numberOfKeys }) {
    if (typeof lua !== 'string') {
      throw new OrgCacheError('E_CONFIG', `the script ${name} needs its Lua code as the text lua`);
    }
    if (numberOfKeys !== undefined && !(Number.isInteger(numberOfKeys) && numberOfKeys >= 0)) {
      throw new OrgCacheError('E_CONFIG', `numberOfKeys of the script ${name} must be a number of 0 or more`);
    }
    this.#lua = lua;
    this.#sha = createHash('sha1').update(lua).digest('hex');
    this.#numberOfKeys = numberOfKeys;
  }

  /** The words of a call behind the script itself. */
  words(given) {
    const words = this.#numberOfKeys === undefined ? given : [this.#numberOfKeys, ...given];
    return wordsOf(EVAL, words);
  }

  /** As EVAL, which needs no script of the server: EXEC could not be asked again. */
  whole(words) {
    return { command: EVAL, words: [this.#lua, ...words] };
  }

  /** By its digest, and whole where the server does not know it. */
  send(sender, words, flags, resolve, reject) {
    const { loadedScripts } = sender.connections;
    const remember = (value) => {
      loadedScripts.add(this.#sha);
      resolve(value);
    };
    const sendWhole = (error) => {
      if (error.redisCode !== 'NOSCRIPT') return reject(error);
      loadedScripts.delete(this.#sha);
      sender.send(EVAL, [this.#lua, ...words], flags, remember, reject);
    };
    sender.send(EVALSHA, [this.#sha, ...words], flags, remember, sendWhole);
  }

  /** As `send`, at its place in a row of commands: a script that had to be sent again would run behind them. */
  sendInOrder(sender, words, flags, resolve, reject) {
    const { loadedScripts } = sender.connections;
    if (loadedScripts.has(this.#sha)) return this.send(sender, words, flags, resolve, reject);
    const remember = (value) => {
      loadedScripts.add(this.#sha);
      resolve(value);
    };
    sender.send(EVAL, [this.#lua, ...words], flags, remember, reject);
  }
}

module.exports = { Script };
