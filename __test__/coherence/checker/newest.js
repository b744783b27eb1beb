'use strict';

/**
 * The newest of some changes, by the time from which they are known. "Newer" means that it began later: where two
 * changes overlap, nobody can say which one Redis ran last, and neither is called older (`timeline.js`).
 */
class Newest {
  #entries = [];
  #times = new Float64Array(0);
  #newest = [];

  /** From `at` on `change` is known; `begin` is the earliest time at which it took effect. */
  add(at, begin, change) {
    if (at < Infinity) this.#entries.push({ at, begin, change });
  }

  /** After the last `add`, before the first `before`. */
  seal() {
    const entries = this.#entries.sort((one, other) => one.at - other.at);
    this.#times = Float64Array.from(entries, ({ at }) => at);
    let newest;
    for (const [index, entry] of entries.entries()) {
      if (newest === undefined || entry.begin > newest.begin) newest = entry;
      this.#newest[index] = newest;
    }
    this.#entries = [];
    return this;
  }

  /** `{ begin, change }` of the newest that is known before `time`, or undefined. */
  before(time) {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#times[middle] < time) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#newest[low - 1];
  }
}

/** One `Newest` for each name. */
class NewestByName {
  #all = new Map();

  of(name) {
    let newest = this.#all.get(name);
    if (newest === undefined) {
      newest = new Newest();
      this.#all.set(name, newest);
    }
    return newest;
  }

  seal() {
    for (const newest of this.#all.values()) newest.seal();
    return this;
  }
}

module.exports = { Newest, NewestByName };
