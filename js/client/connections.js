'use strict';

const { Bridge } = require('../bridge.js');
const { OrgCacheError } = require('../errors.js');
const { DedicatedConnection } = require('./dedicated-connection.js');
const { DedicatedPool } = require('./dedicated-pool.js');
const { urlWith } = require('./duplicate-options.js');

/** How long calls under way may take when a client ends the connection that is its own. */
const CLOSE_TIMEOUT_MS = 5000;

/**
 * The connections of one configuration: one that carries the calls of all, and those that a caller has alone
 * because its command blocks, watches keys or subscribes.
 */
class Connections {
  #options;
  #log;
  #pool;
  #subscribers = new Set();
  #isClosed = false;

  /** `log` is given the notices that are log lines. */
  constructor({ bridge, options, log }) {
    this.bridge = bridge;
    this.#options = options;
    this.#log = log;
  }

  /** Connections with options of their own in place of some of these. */
  with(overrides) {
    const options = { ...this.#options, ...overrides };
    Object.assign(options, urlWith(this.#options.url, overrides));
    const log = this.#log;
    return new Connections({ bridge: bridgeOf(options, log), options, log });
  }

  /** Later calls go on a new connection; those under way end on the one before. */
  renew() {
    const before = this.bridge;
    this.bridge = bridgeOf(this.#options, this.#log);
    if (before.isOpen) before.close(CLOSE_TIMEOUT_MS);
  }

  /** How many connections callers have alone, and how many callers wait for one. Asking opens none. */
  get dedicated() {
    const { connections = 0, idle = 0, waiting = 0 } = this.#pool?.report ?? {};
    return { connections, busy: connections - idle, waiting, subscribers: this.#subscribers.size };
  }

  get pool() {
    this.#refuseIfClosed();
    if (this.#pool === undefined) {
      const { minPoolSize: min, poolSize: max, settings } = this.bridge.config();
      const open = () => new DedicatedConnection(this.#options, { log: this.#log });
      this.#pool = new DedicatedPool({ open, min, max, maxWaitMs: settings.commandTimeout.value });
    }
    return this.#pool;
  }

  /** A connection for subscriptions. It ends by `end`, or with all others: then `onEnd` is called. */
  subscriber({ onEnd, ...handlers }) {
    this.#refuseIfClosed();
    const connection = new DedicatedConnection(this.#options, { log: this.#log, ...handlers });
    const subscribers = this.#subscribers;
    subscribers.add(onEnd);
    const end = () => {
      subscribers.delete(onEnd);
      connection.close();
    };
    return { connection, end };
  }

  /** Ends all but the subscriptions, which these others have from now on: channels are of no database. */
  handOver(successor) {
    successor.#subscribers = this.#subscribers;
    this.#subscribers = new Set();
    return this.close();
  }

  /** Ends those that a caller has alone, for good. */
  closeDedicated() {
    this.#isClosed = true;
    this.#pool?.close();
    for (const onEnd of this.#subscribers) onEnd();
  }

  /** Forgets that they were ended: the bridge opens again. */
  reset() {
    this.closeDedicated();
    this.#isClosed = false;
    this.#pool = undefined;
    this.#subscribers = new Set();
  }

  #refuseIfClosed() {
    if (this.#isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
  }

  close() {
    this.closeDedicated();
    return this.bridge.close(CLOSE_TIMEOUT_MS);
  }
}

function bridgeOf(options, log) {
  const onNotice = (name, json) => {
    if (name === 'log') log?.(name, json);
  };
  return new Bridge(options, onNotice, { hasJournal: false });
}

module.exports = { Connections };
