'use strict';

const { OrgCacheError } = require('../errors.js');
const { now } = require('../time.js');

/** @import { Commands, Read } from './clients.js' */
/** @import { Script } from './scripts.js' */

/** What an entry costs beside its key and text, and what a letter costs at most. */
const OVERHEAD_BYTES = 128;
const LETTER_BYTES = 2;
/** Entries that have ended are looked for when so many were written since the last time, or as many as there are. */
const SWEEP_EVERY = 1024;
const NO_END = Number.POSITIVE_INFINITY;
/** How Redis tells that a key has no end, and that it is not there. */
const ENDLESS_MS = -1;
const ABSENT_MS = -2;

/**
 * Texts with lifetimes in this process, where there is no Redis. Nothing is evicted: what has no room is refused. There
 * are no timers: what has ended is gone for whoever asks, and makes room with later writes.
 */
class Memory {
  /** @type {Map<string, { text: string, endsAtMs: number }>} */
  #entries = new Map();
  #maxBytes;
  #bytes = 0;
  #writes = 0;

  /** @param {number} maxBytes */
  constructor(maxBytes) {
    this.#maxBytes = maxBytes;
  }

  /** @param {string} key */
  #live(key) {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.endsAtMs > now()) return entry;
    this.delete(key);
    return undefined;
  }

  /** @param {string} key */
  get(key) {
    return this.#live(key)?.text ?? null;
  }

  /**
   * The ms that are left, as Redis tells them.
   * @param {string} key
   */
  leftMs(key) {
    const entry = this.#live(key);
    if (entry === undefined) return ABSENT_MS;
    return entry.endsAtMs === NO_END ? ENDLESS_MS : Math.ceil(entry.endsAtMs - now());
  }

  /**
   * Throws `E_OVERLOADED` where there is no room.
   * @param {string} key
   * @param {string} text
   * @param {number} ms 0: it has no end.
   */
  set(key, text, ms) {
    this.#writes++;
    if (this.#writes >= Math.max(SWEEP_EVERY, this.#entries.size)) this.#sweep();
    const old = this.#entries.get(key);
    const added = costOf(key, text) - (old === undefined ? 0 : costOf(key, old.text));
    if (this.#bytes + added > this.#maxBytes) this.#sweep();
    if (this.#bytes + added > this.#maxBytes) {
      throw new OrgCacheError('E_OVERLOADED', 'sessions take all memory that memoryMaxBytes allows');
    }
    this.delete(key);
    this.#bytes += costOf(key, text);
    this.#entries.set(key, { text, endsAtMs: ms > 0 ? now() + ms : NO_END });
  }

  /**
   * Whether it is there, and lives for so long from now.
   * @param {string} key
   * @param {number} ms
   */
  expire(key, ms) {
    const entry = this.#live(key);
    if (entry === undefined) return false;
    entry.endsAtMs = now() + ms;
    return true;
  }

  /**
   * Whether it was there.
   * @param {string} key
   */
  delete(key) {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#bytes -= costOf(key, entry.text);
    this.#entries.delete(key);
    return entry.endsAtMs > now();
  }

  #sweep() {
    this.#writes = 0;
    for (const key of [...this.#entries.keys()]) this.#live(key);
  }

  /** @param {string} start */
  keysFrom(start) {
    return [...this.#entries.keys()].filter((key) => key.startsWith(start) && this.#live(key) !== undefined);
  }
}

/**
 * @param {string} key
 * @param {string} text
 */
function costOf(key, text) {
  return LETTER_BYTES * (key.length + text.length) + OVERHEAD_BYTES;
}

/**
 * The commands of the stores on this process's memory.
 * @implements {Commands}
 */
class MemoryCommands {
  #memory;
  keyPrefix = '';
  hasDeadline = true;

  /** @param {Memory} memory */
  constructor(memory) {
    this.#memory = memory;
  }

  /**
   * @param {string} key
   * @returns {Promise<Read>}
   */
  async read(key) {
    return [this.#memory.get(key), this.#memory.leftMs(key)];
  }

  /**
   * @param {string} key
   * @param {number} ms
   */
  async expire(key, ms) {
    return this.#memory.expire(key, ms);
  }

  /**
   * @param {Script} script
   * @param {string[]} keys
   * @param {(string | number)[]} args
   */
  async run({ here }, keys, args) {
    return here(this.#memory, keys, args);
  }

  /** @param {string[]} keys */
  async unlink(keys) {
    return keys.filter((key) => this.#memory.delete(key)).length;
  }

  /**
   * One page, because nothing has to wait for another one.
   * @param {string} match A text, escaped, and `*`.
   */
  async *pages(match) {
    yield this.#memory.keysFrom(match.slice(0, -1).replace(/\\(.)/g, '$1'));
  }
}

/**
 * By the client of the instance, which is another one after `reset()`.
 * @type {WeakMap<object, Memory>}
 */
const memories = new WeakMap();

/**
 * What all stores of a client without Redis share.
 * @param {object} client
 * @param {number} maxBytes
 * @returns {Commands}
 */
function commandsHere(client, maxBytes) {
  const memory = memories.get(client) ?? new Memory(maxBytes);
  memories.set(client, memory);
  return new MemoryCommands(memory);
}

module.exports = { Memory, commandsHere };
