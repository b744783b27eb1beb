'use strict';

const { TurnoverMap } = require('../turnover.js');

/**
 * A fetch under way. `isCurrent` becomes false when its key is written or removed meanwhile: the fetch may have read
 * what was there before, so its result must not be kept.
 * @typedef {{ isCurrent: boolean, result: Promise<unknown> }} Flight
 */

/** The fetches that are under way in this process, by key. Callers of one key share one. */
class Flights {
  /** @type {InstanceType<typeof TurnoverMap<string, Flight>>} */
  #underWay = new TurnoverMap();

  /**
   * @template Value
   * @param {string} key
   * @param {(flight: Flight) => Promise<Value>} start
   * @returns {Promise<Value>}
   */
  join(key, start) {
    const known = this.#underWay.get(key);
    if (known !== undefined) return /** @type {Promise<Value>} */ (known.result);
    /** @type {Flight} */
    const flight = { isCurrent: true, result: Promise.resolve() };
    this.#underWay.set(key, flight);
    const result = start(flight).finally(() => {
      if (this.#underWay.get(key) === flight) this.#underWay.delete(key);
    });
    flight.result = result;
    return result;
  }

  /** @param {readonly string[]} keys */
  forget(keys) {
    for (const key of keys) {
      const flight = this.#underWay.get(key);
      if (flight === undefined) continue;
      flight.isCurrent = false;
      this.#underWay.delete(key);
    }
  }

  forgetAll() {
    this.forget([...this.#underWay.keys()]);
  }
}

module.exports = { Flights };
