'use strict';

/** Which entries of which Maps are being set. A Map is not kept alive. */
class UnderWay {
  #counts = new WeakMap();

  has(map, name) {
    return this.#counts.get(map)?.has(name) ?? false;
  }

  /** Notes the entry for as long as `work` takes. */
  async during(map, name, work) {
    const counts = this.#counts.get(map) ?? new Map();
    this.#counts.set(map, counts);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    try {
      return await work();
    } finally {
      const left = counts.get(name) - 1;
      if (left > 0) counts.set(name, left);
      else counts.delete(name);
    }
  }
}

module.exports = { UnderWay };
