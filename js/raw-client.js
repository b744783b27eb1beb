'use strict';

const { head, protocol } = require('./protocol.js');

const { verbs } = protocol;

/** Commands that have a method, besides `get`, whose shape is fixed. */
const COMMANDS = [
  'set',
  'setex',
  'del',
  'exists',
  'expire',
  'ttl',
  'mget',
  'hget',
  'hset',
  'hdel',
  'hgetall',
  'ping',
  'info',
];

/** A client whose methods take and give what those of ioredis do. Keys go as they are, without a prefix. */
class RawClient {
  #bridge;

  constructor(bridge) {
    this.#bridge = bridge;
  }

  get(key) {
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      return bridge.call2(head(verbs.command, 0, 2), 'GET', wordOf(key));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Any command by its name. */
  call(name, ...words) {
    return this.send(String(name), words);
  }

  send(name, words) {
    const bridge = this.#bridge;
    try {
      if (!bridge.isOpen) bridge.open();
      const command = [name];
      for (const word of words) pushWords(command, word);
      return bridge.call(head(verbs.command, 0, command.length), command);
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

for (const name of COMMANDS) {
  const upper = name.toUpperCase();
  Object.defineProperty(RawClient.prototype, name, {
    value(...words) {
      return this.send(upper, words);
    },
    writable: true,
    configurable: true,
  });
}

/** Arrays are spread, Maps and plain objects become their pairs, as in ioredis. */
function pushWords(command, word) {
  if (Array.isArray(word)) {
    for (const inner of word) pushWords(command, inner);
  } else if (word instanceof Map) {
    for (const [key, value] of word) command.push(wordOf(key), wordOf(value));
  } else if (typeof word === 'object' && word !== null && !ArrayBuffer.isView(word)) {
    for (const [key, value] of Object.entries(word)) command.push(wordOf(key), wordOf(value));
  } else {
    command.push(wordOf(word));
  }
}

/** What goes over the wire: texts and bytes as they are, nothing as the empty text, the rest as text. */
function wordOf(word) {
  if (typeof word === 'string') return word;
  if (ArrayBuffer.isView(word)) return Buffer.from(word.buffer, word.byteOffset, word.byteLength);
  return word === null || word === undefined ? '' : String(word);
}

module.exports = { RawClient };
