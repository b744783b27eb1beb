'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { MAX_TIMER_MS, clearTimeout, now, setTimeout } = require('../time.js');

/** @import { Context } from '../context.js' */
/** @import { DedicatedConnection } from './dedicated-connection.js' */

/**
 * A caller that waits for a connection.
 * @typedef {object} Waiting
 * @property {(connection: DedicatedConnection) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {number} until Milliseconds on the process's monotonic clock.
 */

/**
 * @typedef {object} PoolOptions
 * @property {() => DedicatedConnection} open
 * @property {number} min
 * @property {number} max
 * @property {number} maxWaitMs
 * @property {InstanceType<typeof Context>} context
 */

/** Native code says how many callers may wait, and how long an unused connection beyond the minimum stays open. */
const { poolIdleMs, poolMaxWaiting } = protocol.limits;

/**
 * Connections that are lent to one caller at a time: at most `max`, of which `min` stay open when idle. The reason why the
 * queue is here is in docs/decisions/0024-lent-connections.md.
 */
class DedicatedPool {
  #open;
  #context;
  #min;
  #max;
  #maxWaitMs;
  #count = 0;
  /** @type {DedicatedConnection[]} */
  #idle = [];
  /**
   * Waiting callers, the oldest first.
   * @type {Waiting[]}
   */
  #waiting = [];
  /** @type {NodeJS.Timeout | undefined} */
  #waitTimer;
  /** @type {Map<DedicatedConnection, NodeJS.Timeout>} */
  #closeTimers = new Map();
  /** @type {Set<DedicatedConnection>} */
  #lent = new Set();
  #isClosed = false;

  /**
   * `maxWaitMs` is how long a caller may wait for a connection. Timers are started in `context`, because they
   * outlive the request that needed them first.
   * @param {PoolOptions} options
   */
  constructor({ open, min, max, maxWaitMs, context }) {
    this.#open = open;
    this.#context = context;
    this.#min = min;
    this.#max = max;
    this.#maxWaitMs = maxWaitMs;
  }

  get report() {
    return { connections: this.#count, idle: this.#idle.length, waiting: this.#waiting.length };
  }

  /**
   * Lends a connection to the caller until `release` or `discard`. Rejects with `E_OVERLOADED` if none becomes free
   * in time.
   * @returns {Promise<DedicatedConnection>}
   */
  acquire() {
    if (this.#isClosed) return Promise.reject(closed());
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(this.#closeTimers.get(idle));
      this.#closeTimers.delete(idle);
      return Promise.resolve(this.#lend(idle));
    }
    if (this.#count < this.#max) {
      this.#count += 1;
      return Promise.resolve(this.#lend(this.#open()));
    }
    if (this.#waiting.length >= poolMaxWaiting) {
      return Promise.reject(this.#overloaded(`${poolMaxWaiting} callers wait already`));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject, until: now() + this.#maxWaitMs });
      this.#waitTimer ??= this.#watchWaiting(this.#maxWaitMs);
    });
  }

  /**
   * @param {number} ms
   * @returns {NodeJS.Timeout}
   */
  #watchWaiting(ms) {
    const refuse = () => this.#refuseOverdue();
    return this.#context.run(setTimeout, refuse, Math.min(Math.ceil(ms), MAX_TIMER_MS));
  }

  /** All callers wait equally long, so the first in the list is overdue first. */
  #refuseOverdue() {
    const time = now();
    while (this.#waiting.length > 0 && this.#waiting[0].until <= time) {
      const { reject } = /** @type {Waiting} */ (this.#waiting.shift());
      reject(this.#overloaded(`none became free within ${this.#maxWaitMs} ms`));
    }
    const [next] = this.#waiting;
    this.#waitTimer = next === undefined ? undefined : this.#watchWaiting(next.until - time);
  }

  /** Removes the caller that has waited longest from the list. */
  #nextWaiting() {
    const next = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#endWatch();
    return next;
  }

  #endWatch() {
    clearTimeout(this.#waitTimer);
    this.#waitTimer = undefined;
  }

  /**
   * Takes back a connection that is in the state in which it was lent.
   * @param {DedicatedConnection} connection
   */
  release(connection) {
    if (!this.#lent.delete(connection)) return;
    const next = this.#nextWaiting();
    if (next !== undefined) {
      next.resolve(this.#lend(connection));
      return;
    }
    this.#idle.push(connection);
    this.#closeLater(connection);
  }

  /**
   * Closes a connection whose state is unknown.
   * @param {DedicatedConnection} connection
   */
  discard(connection) {
    if (!this.#lent.delete(connection)) return;
    connection.close();
    const next = this.#nextWaiting();
    if (next === undefined) this.#count -= 1;
    else next.resolve(this.#lend(this.#open()));
  }

  /** Closes every connection. Callers that wait for one or use one fail with `E_CLOSED`. */
  close() {
    this.#isClosed = true;
    this.#endWatch();
    for (const timer of this.#closeTimers.values()) clearTimeout(timer);
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    for (const connection of [...this.#idle.splice(0), ...this.#lent]) connection.close();
    this.#lent.clear();
    this.#count = 0;
  }

  /** @param {DedicatedConnection} connection */
  #lend(connection) {
    this.#lent.add(connection);
    return connection;
  }

  /** @param {DedicatedConnection} connection */
  #closeLater(connection) {
    const close = () => {
      this.#closeTimers.delete(connection);
      if (this.#count <= this.#min) return;
      this.#idle.splice(this.#idle.indexOf(connection), 1);
      this.#count -= 1;
      connection.close();
    };
    this.#closeTimers.set(connection, this.#context.run(setTimeout, close, poolIdleMs).unref());
  }

  /** @param {string} why */
  #overloaded(why) {
    return new OrgCacheError(
      'E_OVERLOADED',
      `nothing was sent: all ${this.#max} connections of the pool for blocking commands and WATCH are in use, and ` +
        `${why}; raise REDIS_POOL_SIZE or block for a shorter time`,
      { retryable: true },
    );
  }
}

function closed() {
  return new OrgCacheError('E_CLOSED', 'the connection was closed before the command was sent');
}

exports.DedicatedPool = DedicatedPool;
