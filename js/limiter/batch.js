'use strict';

/** @import { Decision } from '../../types/limiter.js' */
/** @import { Outcomes } from './decision.js' */
/** @import { Given } from './encode.js' */

/**
 * Makes the decision on the consume at `index` of a batch, whose outcomes are those from `from` up to `to`.
 * @typedef {(outcomes: Outcomes, from: number, to: number, batch: Batch, index: number) => Decision} Decide
 */

/**
 * Consumes that cross as one call. What is known of each is in parallel arrays, and one function of the batch takes the
 * functions of its promises: no object and no closure is allocated for a call.
 */
class Batch {
  /** @type {unknown[]} */
  arguments;
  /**
   * The number of each check's policy.
   * @type {number[]}
   */
  policies = [];
  /**
   * Where the arguments of each consume begin.
   * @type {number[]}
   */
  starts = [];
  /**
   * The checks of each consume, as its caller gave them.
   * @type {(Given | readonly Given[])[]}
   */
  given = [];
  /** @type {number[]} */
  #ends = [];
  /** @type {((decision: Decision) => void)[]} */
  #resolve = [];
  /** @type {((error: unknown) => void)[]} */
  #reject = [];
  #decide;
  /** When the batch crossed. */
  sentAtMs = 0;
  /** That of the remembered refusals then. */
  generation = 0;

  /**
   * @param {number} limiter
   * @param {Decide} decide
   */
  constructor(limiter, decide) {
    this.arguments = [limiter];
    this.#decide = decide;
  }

  /** Number of checks. */
  get size() {
    return this.policies.length;
  }

  /**
   * Ends one consume, whose arguments were added behind `start` and whose policies are in `policies`. Answers its promise.
   * @param {Given | readonly Given[]} given
   * @param {number} start
   * @returns {Promise<Decision>}
   */
  end(given, start) {
    this.#ends.push(this.policies.length);
    this.starts.push(start);
    this.given.push(given);
    return new Promise(this.#expect);
  }

  /**
   * @param {(decision: Decision) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  #expect = (resolve, reject) => {
    this.#resolve.push(resolve);
    this.#reject.push(reject);
  };

  /** @param {Outcomes} outcomes */
  settle = (outcomes) => {
    let from = 0;
    for (let i = 0; i < this.#ends.length; i++) {
      const to = this.#ends[i];
      try {
        this.#resolve[i](this.#decide(outcomes, from, to, this, i));
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
