'use strict';

/** Entries that go before what is left moves into a new Map. */
const RENEWED_AFTER = 1_000;

/**
 * A Map whose entries come and go all the time.
 *
 * V8 replaces the table of such a Map again and again, and each table refers to the one that took its place. Once a table has
 * become old, all later ones with what they held live until the whole heap is collected: the young collections copy them all. A
 * new Map ends that chain.
 * @template Key
 * @template Value
 */
class TurnoverMap {
  /** @type {Map<Key, Value>} */
  #map = new Map();
  #gone = 0;

  get size() {
    return this.#map.size;
  }

  /** @param {Key} key */
  get(key) {
    return this.#map.get(key);
  }

  /** @param {Key} key */
  has(key) {
    return this.#map.has(key);
  }

  /**
   * @param {Key} key
   * @param {Value} value
   */
  set(key, value) {
    this.#map.set(key, value);
  }

  /** @param {Key} key */
  delete(key) {
    if (!this.#map.delete(key)) return false;
    this.#gone += 1;
    if (this.#gone >= RENEWED_AFTER && this.#gone >= this.#map.size) {
      this.#gone = 0;
      this.#map = new Map(this.#map);
    }
    return true;
  }

  clear() {
    this.#gone = 0;
    this.#map = new Map();
  }

  keys() {
    return this.#map.keys();
  }

  values() {
    return this.#map.values();
  }

  [Symbol.iterator]() {
    return this.#map[Symbol.iterator]();
  }
}

module.exports = { TurnoverMap };
