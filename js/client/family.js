'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { ShutdownResult } from '../../index.js' */

/** @typedef {{ isOver: boolean }} Term */

/**
 * A member, as a family uses it.
 * @typedef {{ close(timeoutMs?: number): Promise<ShutdownResult> }} Member
 */

/**
 * The connections that duplicates and SELECT made from those of one instance. They end with the instance. The
 * family references connections in use until they are closed. It does not reference a client that never connected,
 * so that the client can be collected. Such a client asks whether the term in which it was made has ended.
 */
class Family {
  /** @type {Set<Member>} */
  #members = new Set();
  /** @type {Term} */
  #term = { isOver: false };

  /** The term of connections made now. Throws `E_CLOSED` after the end of all. */
  get term() {
    if (this.#term.isOver) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    return this.#term;
  }

  /**
   * Adds connections in use.
   * @param {Member} connections
   */
  add(connections) {
    this.#members.add(connections);
  }

  /**
   * Removes closed connections.
   * @param {Member} connections
   */
  remove(connections) {
    this.#members.delete(connections);
  }

  /**
   * Closes all within `timeoutMs` and takes no new ones. Answers the result of each close.
   * @param {number} timeoutMs
   */
  close(timeoutMs) {
    this.#term.isOver = true;
    return Promise.all([...this.#members].map((connections) => connections.close(timeoutMs)));
  }

  /** Takes new connections again. */
  reopen() {
    this.#term = { isOver: false };
  }
}

exports.Family = Family;
