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

  /** As one command. By its digest alone only where the server was sent the code just before. */
  asCommand(words, isKnown = false) {
    if (isKnown) return { command: EVALSHA, words: [this.#sha, ...words] };
    return { command: EVAL, words: [this.#lua, ...words] };
  }

  /** By its digest, and whole where the server does not know it. */
  send(sender, words, flags, resolve, reject) {
    sender.send(EVALSHA, [this.#sha, ...words], flags, resolve, (error) => {
      if (error.redisCode === 'NOSCRIPT') sender.send(EVAL, [this.#lua, ...words], flags, resolve, reject);
      else reject(error);
    });
  }
}

module.exports = { Script };
