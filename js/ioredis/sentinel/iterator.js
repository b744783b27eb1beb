'use strict';

/**
 * @import { SentinelAddress } from '../../../types/ioredis/options.js'
 *
 * @typedef {Partial<SentinelAddress>} Sentinel
 */

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 26379;

/** Iterates over sentinels. The one that answered last is the first of the next round. */
class SentinelIterator {
  /** @type {Sentinel[]} */
  #sentinels;
  #cursor = 0;

  /** @param {Sentinel[]} sentinels */
  constructor(sentinels) {
    this.#sentinels = sentinels.slice(0);
  }

  /** @returns {{ done: true, value: undefined } | { done: false, value: Sentinel }} */
  next() {
    if (this.#cursor >= this.#sentinels.length) return { done: true, value: undefined };
    const value = this.#sentinels[this.#cursor];
    this.#cursor += 1;
    return { done: false, value };
  }

  /**
   * Starts over, with the sentinel that `next` gave last if `moveCurrentEndpointToFirst`.
   * @param {boolean} moveCurrentEndpointToFirst
   */
  reset(moveCurrentEndpointToFirst) {
    if (moveCurrentEndpointToFirst && this.#sentinels.length > 1 && this.#cursor !== 1) {
      this.#sentinels.unshift(...this.#sentinels.splice(this.#cursor - 1));
    }
    this.#cursor = 0;
  }

  /**
   * Adds a sentinel. Answers false if it is known.
   * @param {Sentinel} sentinel
   */
  add(sentinel) {
    if (this.#sentinels.some((known) => areSame(known, sentinel))) return false;
    this.#sentinels.push(sentinel);
    return true;
  }

  toString() {
    return `${JSON.stringify(this.#sentinels)} @${this.#cursor}`;
  }
}

/**
 * @param {Sentinel} a
 * @param {Sentinel} b
 */
function areSame(a, b) {
  /** @param {Sentinel} sentinel */
  const address = ({ host, port }) => `${host || DEFAULT_HOST}:${port || DEFAULT_PORT}`;
  return address(a) === address(b);
}

module.exports = { DEFAULT_PORT, SentinelIterator };
