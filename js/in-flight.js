'use strict';

const { TurnoverMap } = require('./turnover.js');

/** @typedef {InstanceType<typeof TurnoverMap<unknown, number>>} Counts */

/** Entries of Maps that are being set. Maps are referenced weakly. */
class InFlight {
  /** @type {WeakMap<object, Counts>} */
  #counts = new WeakMap();

  /**
   * @param {object} map
   * @param {unknown} name
   */
  has(map, name) {
    return this.#counts.get(map)?.has(name) ?? false;
  }

  /**
   * Registers the entry while `work` runs.
   * @template Answer
   * @param {object} map
   * @param {unknown} name
   * @param {() => Promise<Answer>} work
   */
  async during(map, name, work) {
    /** @type {Counts} */
    const counts = this.#counts.get(map) ?? new TurnoverMap();
    this.#counts.set(map, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = /** @type {number} */ (counts.get(name)) - 1;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    }
  }
}

module.exports = { InFlight };
