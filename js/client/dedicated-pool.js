'use strict';

const { OrgCacheError } = require('../errors.js');

/** How many callers may wait for a connection: more of them are a fault that should show. */
const MAX_WAITING = 10_000;
/** How long a connection that nobody needs stays open, where there are more than the least. */
const IDLE_MS = 30_000;

/** Connections that are lent to one caller at a time: at most `max`, of which `min` stay open when idle. */
class DedicatedPool {
  #open;
  #min;
  #max;
  #count = 0;
  #idle = [];
  #waiting = [];
  #closeTimers = new Map();
  #lent = new Set();
  #isClosed = false;

  constructor({ open, min, max }) {
    this.#open = open;
    this.#min = min;
    this.#max = max;
  }

  get report() {
    return { connections: this.#count, idle: this.#idle.length, waiting: this.#waiting.length };
  }

  /** A connection of the caller's own until `release` or `discard` is given it back. */
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
    if (this.#waiting.length >= MAX_WAITING) return Promise.reject(this.#overloaded());
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Takes a connection back that is as it was when it was lent. */
  release(connection) {
    if (!this.#lent.delete(connection)) return;
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.resolve(this.#lend(connection));
      return;
    }
    this.#idle.push(connection);
    this.#closeLater(connection);
  }

  /** Ends a connection whose state nobody knows. */
  discard(connection) {
    if (!this.#lent.delete(connection)) return;
    connection.close();
    const next = this.#waiting.shift();
    if (next === undefined) this.#count -= 1;
    else next.resolve(this.#lend(this.#open()));
  }

  /** Ends every connection; callers that wait or have one fail with `E_CLOSED`. */
  close() {
    this.#isClosed = true;
    for (const timer of this.#closeTimers.values()) clearTimeout(timer);
    for (const { reject } of this.#waiting.splice(0)) reject(closed());
    for (const connection of [...this.#idle.splice(0), ...this.#lent]) connection.close();
    this.#lent.clear();
    this.#count = 0;
  }

  #lend(connection) {
    this.#lent.add(connection);
    return connection;
  }

  #closeLater(connection) {
    const close = () => {
      this.#closeTimers.delete(connection);
      if (this.#count <= this.#min) return;
      this.#idle.splice(this.#idle.indexOf(connection), 1);
      this.#count -= 1;
      connection.close();
    };
    this.#closeTimers.set(connection, setTimeout(close, IDLE_MS).unref());
  }

  #overloaded() {
    return new OrgCacheError(
      'E_OVERLOADED',
      `all ${this.#max} connections for blocking commands and WATCH are in use, and ${MAX_WAITING} callers wait; ` +
        'raise REDIS_POOL_SIZE or block for a shorter time',
      { retryable: true },
    );
  }
}

function closed() {
  return new OrgCacheError('E_CLOSED', 'the connection was closed before the command was sent');
}

module.exports = { DedicatedPool };
