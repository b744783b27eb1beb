'use strict';

const { nextTick } = require('../time.js');

/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */

/** A read that all callers of one turn of the event loop share. */
class TurnRead {
  #read;
  /** @type {Promise<Found> | undefined} */
  #ofTurn;

  /** @param {() => Promise<Found>} read */
  constructor(read) {
    this.#read = read;
  }

  read() {
    if (this.#ofTurn === undefined) {
      this.#ofTurn = this.#read();
      nextTick(() => {
        this.#ofTurn = undefined;
      });
    }
    return this.#ofTurn;
  }
}

module.exports = { TurnRead };
