'use strict';

/** @import { Outcomes } from './decision.js' */

/**
 * Takes all outcomes of a batch; the caller's are `from` up to `to`.
 * @typedef {(outcomes: Outcomes, from: number, to: number, policies: readonly number[]) => void} Take
 */

/** Consumes that cross as one call. The functions of each are in parallel arrays, which allocates no object per call. */
class Batch {
  /** @type {unknown[]} */
  arguments;
  /**
   * The number of each check's policy.
   * @type {number[]}
   */
  policies = [];
  /** @type {number[]} */
  #ends = [];
  /** @type {Take[]} */
  #take = [];
  /** @type {((error: unknown) => void)[]} */
  #reject = [];

  /** @param {number} limiter */
  constructor(limiter) {
    this.arguments = [limiter];
  }

  /** Number of checks. */
  get size() {
    return this.policies.length;
  }

  /**
   * Ends one consume, whose checks were added.
   * @param {Take} take
   * @param {(error: unknown) => void} reject
   */
  end(take, reject) {
    this.#ends.push(this.policies.length);
    this.#take.push(take);
    this.#reject.push(reject);
  }

  /** @param {Outcomes} outcomes */
  settle = (outcomes) => {
    let from = 0;
    for (let i = 0; i < this.#ends.length; i++) {
      const to = this.#ends[i];
      try {
        this.#take[i](outcomes, from, to, this.policies);
      } catch (error) {
        this.#reject[i](error);
      }
      from = to;
    }
  };

  /** @param {unknown} error */
  fail = (error) => {
    for (const reject of this.#reject) reject(error);
  };
}

module.exports = { Batch };
