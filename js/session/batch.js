'use strict';

/** @typedef {import('./engine.js').Step} Step */

/**
 * Calls of one kind, those of a tick cross as one.
 * @template Context What a call keeps for its answer.
 * @template Answer
 * @typedef {object} Kind
 * @property {Step} step
 * @property {readonly unknown[]} begin The arguments in front of those of the calls.
 * @property {(outcomes: any[], index: number, context: Context) => Answer} read Makes the answer of the call at `index`. It
 * may throw, and makes no calls itself.
 */

/** Calls that cross as one. What is known of each is in parallel arrays. */
class Batch {
  /** @type {unknown[]} */
  values;
  /** Letters of its texts. */
  letters = 0;
  /** @type {unknown[]} */
  #contexts = [];
  /** @type {((answer: any) => void)[]} */
  #resolve = [];
  /** @type {((error: unknown) => void)[]} */
  #reject = [];

  /**
   * @param {Kind<any, any>} kind
   * @param {number} room
   */
  constructor(kind, room) {
    this.kind = kind;
    this.values = [room, ...kind.begin];
  }

  /** Number of calls. */
  get size() {
    return this.#contexts.length;
  }

  /**
   * @param {readonly unknown[]} words
   * @param {unknown} context
   * @param {(answer: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  add(words, context, resolve, reject) {
    for (let i = 0; i < words.length; i++) this.values.push(words[i]);
    this.#contexts.push(context);
    this.#resolve.push(resolve);
    this.#reject.push(reject);
  }

  /** @param {any[]} outcomes */
  settle = (outcomes) => {
    const { read } = this.kind;
    for (let i = 0; i < this.#contexts.length; i++) {
      try {
        this.#resolve[i](read(outcomes, i, this.#contexts[i]));
      } catch (error) {
        this.#reject[i](error);
      }
    }
  };

  /** @param {unknown} error */
  fail = (error) => {
    for (const reject of this.#reject) reject(error);
  };
}

module.exports = { Batch };
