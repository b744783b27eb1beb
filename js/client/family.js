'use strict';

const { OrgCacheError } = require('../errors.js');

/**
 * The connections that were made from those of one instance, by duplicates and by SELECT: they end with it. Those in use
 * are held until they are closed. A client that never connected is not held, so it may be let go; it asks whether the
 * term in which it was made is over.
 */
class Family {
  #members = new Set();
  #term = { isOver: false };

  /** The term that connections made now belong to. Throws `E_CLOSED` where all have ended. */
  get term() {
    if (this.#term.isOver) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    return this.#term;
  }

  /** Connections are in use. */
  add(connections) {
    this.#members.add(connections);
  }

  /** They were closed. */
  remove(connections) {
    this.#members.delete(connections);
  }

  /** Ends all within `timeoutMs`, and takes no more in. Answers what each close has answered. */
  close(timeoutMs) {
    this.#term.isOver = true;
    return Promise.all([...this.#members].map((connections) => connections.close(timeoutMs)));
  }

  /** Takes connections in again. */
  reopen() {
    this.#term = { isOver: false };
  }
}

module.exports = { Family };
