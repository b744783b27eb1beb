'use strict';

const { OrgCacheError } = require('../errors.js');

/**
 * The connections that were made from those of one instance, by duplicates and by SELECT, until they are closed: they end
 * with it. They are held weakly: a client that was let go without ever connecting is no burden, and one that is
 * connected holds its own.
 */
class Family {
  #members = new Map();
  #isClosed = false;
  #gone = new FinalizationRegistry((number) => this.#members.delete(number));
  #next = 0;

  get isClosed() {
    return this.#isClosed;
  }

  /** Takes connections in. Throws `E_CLOSED` where all have ended. */
  add(connections) {
    if (this.#isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    const number = this.#next++;
    this.#members.set(number, new WeakRef(connections));
    this.#gone.register(connections, number, connections);
    return number;
  }

  /** They were closed. */
  remove(connections, number) {
    this.#gone.unregister(connections);
    this.#members.delete(number);
  }

  /** Ends all within `timeoutMs`, and takes no more in. Answers what each close has answered. */
  close(timeoutMs) {
    this.#isClosed = true;
    const members = [...this.#members.values()].map((member) => member.deref());
    return Promise.all(members.filter(Boolean).map((connections) => connections.close(timeoutMs)));
  }

  /** Takes connections in again. */
  reopen() {
    this.#isClosed = false;
  }
}

module.exports = { Family };
