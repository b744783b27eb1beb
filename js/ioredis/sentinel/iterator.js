'use strict';

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_PORT = 26379;

/** Sentinels in turn. The one that answered last is asked first the next time. */
class SentinelIterator {
  #sentinels;
  #cursor = 0;

  constructor(sentinels) {
    this.#sentinels = sentinels.slice(0);
  }

  next() {
    if (this.#cursor >= this.#sentinels.length) return { done: true, value: undefined };
    const value = this.#sentinels[this.#cursor];
    this.#cursor += 1;
    return { done: false, value };
  }

  /** Starts anew; with the sentinel that `next` gave last where that is asked for. */
  reset(moveCurrentEndpointToFirst) {
    if (moveCurrentEndpointToFirst && this.#sentinels.length > 1 && this.#cursor !== 1) {
      this.#sentinels.unshift(...this.#sentinels.splice(this.#cursor - 1));
    }
    this.#cursor = 0;
  }

  /** Takes one more. False where it is known. */
  add(sentinel) {
    if (this.#sentinels.some((known) => areSame(known, sentinel))) return false;
    this.#sentinels.push(sentinel);
    return true;
  }

  toString() {
    return `${JSON.stringify(this.#sentinels)} @${this.#cursor}`;
  }
}

function areSame(a, b) {
  const address = ({ host, port }) => `${host || DEFAULT_HOST}:${port || DEFAULT_PORT}`;
  return address(a) === address(b);
}

module.exports = { DEFAULT_PORT, SentinelIterator };
