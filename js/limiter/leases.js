'use strict';

/** @import { Lease as Public } from '../../types/limiter.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */

const FORGOTTEN =
  'a lease was not released before its object was collected, and is released now; release each lease when its work is ' +
  'done, e.g. with `await using`';

/**
 * What an acquire holds until its work is done.
 * @implements {Public}
 */
class Lease {
  #leases;
  #numbers;
  /** @type {Promise<void> | undefined} */
  #released;

  /**
   * @param {Leases} leases
   * @param {readonly number[]} numbers One for each slot.
   */
  constructor(leases, numbers) {
    this.#leases = leases;
    this.#numbers = numbers;
  }

  /** @returns {Promise<void>} */
  release() {
    this.#released ??= this.#leases.release(this, this.#numbers);
    return this.#released;
  }

  async [Symbol.asyncDispose]() {
    await this.release();
  }
}

/** The leases of one limiter. Native code prolongs them; here they are known by their numbers until they are released. */
class Leases {
  #engine;
  #warn;
  /** @type {Set<number>} */
  #held = new Set();
  /**
   * A lease that nobody can release any more would be prolonged for as long as the process lives.
   * @type {FinalizationRegistry<readonly number[]>}
   */
  #forgotten = new FinalizationRegistry((numbers) => {
    if (!numbers.some((number) => this.#held.has(number))) return;
    this.#warn(FORGOTTEN);
    this.end(numbers);
  });

  /**
   * @param {Engine} engine
   * @param {(message: string) => void} warn
   */
  constructor(engine, warn) {
    this.#engine = engine;
    this.#warn = warn;
  }

  /**
   * Native code holds a lease, unless this is no number. Nobody gets one of a limiter that closes.
   * @param {unknown} number
   */
  granted(number) {
    if (typeof number !== 'number') return;
    this.#held.add(number);
    if (this.#engine.isClosing) this.end([number]);
  }

  /**
   * The object for leases that were granted; null where there are none.
   * @param {readonly number[]} numbers
   */
  held(numbers) {
    if (numbers.length === 0) return null;
    const lease = new Lease(this, numbers);
    this.#forgotten.register(lease, numbers, lease);
    return lease;
  }

  /**
   * @param {Lease} lease
   * @param {readonly number[]} numbers
   */
  release(lease, numbers) {
    this.#forgotten.unregister(lease);
    return this.end(numbers);
  }

  /** Ends all. */
  async releaseAll() {
    await this.end([...this.#held]);
  }

  /** @param {readonly number[]} numbers */
  async end(numbers) {
    const held = numbers.filter((number) => this.#held.delete(number));
    await Promise.all(held.map((number) => this.#engine.release(number)));
  }
}

module.exports = { Leases };
