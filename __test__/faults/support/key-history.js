'use strict';

const GONE = null;

/**
 * What one key may hold, from what its only writer was told. An acknowledged write settles it; every later
 * one without an acknowledgement may have happened or not.
 */
class KeyHistory {
  #possible = [GONE];
  #lastVersion = 0;

  nextVersion() {
    return ++this.#lastVersion;
  }

  get lastVersion() {
    return this.#lastVersion;
  }

  /** Whether an acknowledged write is among what may be there: then it must not be missing. */
  get mustExist() {
    return !this.#possible.includes(GONE);
  }

  /** Before a write goes out: it may be seen before it is acknowledged. */
  attempt(version) {
    if (!this.#possible.includes(version)) this.#possible.push(version);
  }

  acknowledge(version) {
    this.#possible = [version];
  }

  /** It was never sent. */
  takeBack(version) {
    this.#possible = this.#possible.filter((possible) => possible !== version);
  }

  allows(version) {
    return this.#possible.includes(version);
  }

  toString() {
    return this.#possible.map((version) => version ?? 'nothing').join(' or ');
  }
}

module.exports = { KeyHistory, GONE };
