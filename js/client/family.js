'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { ShutdownResult } from '../../index.js' */

/** @typedef {{ isOver: boolean }} Term */

/**
 * A member, as far as a family uses it.
 * @typedef {{ close(timeoutMs?: number): Promise<ShutdownResult> }} Member
 */

/**
 * The connections that were made from those of one instance, by duplicates and by SELECT: they end with it. Those in use
 * are held until they are closed. A client that never connected is not held, so it may be let go; it asks whether the
 * term in which it was made is over.
 */
class Family {
  /** @type {Set<Member>} */
  #members = new Set();
  /** @type {Term} */
  #term = { isOver: false };

  /** The term that connections made now belong to. Throws `E_CLOSED` where all have ended. */
  get term() {
    if (this.#term.isOver) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    return this.#term;
  }

  /**
   * Connections are in use.
   * @param {Member} connections
   */
  add(connections) {
    this.#members.add(connections);
  }

  /**
   * They were closed.
   * @param {Member} connections
   */
  remove(connections) {
    this.#members.delete(connections);
  }

  /**
   * Ends all within `timeoutMs`, and takes no more in. Answers what each close has answered.
   * @param {number} timeoutMs
   */
  close(timeoutMs) {
    this.#term.isOver = true;
    return Promise.all([...this.#members].map((connections) => connections.close(timeoutMs)));
  }

  /** Takes connections in again. */
  reopen() {
    this.#term = { isOver: false };
  }
}

exports.Family = Family;
