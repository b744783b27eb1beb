'use strict';

const { Bridge } = require('../bridge.js');
const { Context } = require('../context.js');
const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText } = require('../options.js');
const { DedicatedConnection } = require('./dedicated-connection.js');
const { DedicatedPool } = require('./dedicated-pool.js');
const { inForce } = require('./endpoint.js');
const { Family } = require('./family.js');
const { protocol } = require('../protocol.js');

/** @import { Environment } from '../environment.js' */
/** @import { ConnectionHandlers } from './dedicated-connection.js' */
/** @import { Term } from './family.js' */

/**
 * Options as native code takes and checks them.
 * @typedef {Record<string, unknown>} Settable
 */

/** @typedef {(name: string, json: string) => void} OnEvent */

/**
 * @typedef {object} ConnectionsOptions
 * @property {InstanceType<typeof Bridge>} [bridge]
 * @property {Settable} options
 * @property {InstanceType<typeof Environment>} environment
 * @property {OnEvent} [log]
 * @property {InstanceType<typeof Context>} context
 * @property {Family} [family]
 * @property {number} [roleFlags] Bits of `protocol.besideRoles`.
 */

const native = loadNative();
/**
 * `closeTimeoutMs` is the longest time for calls in flight when a client closes its own connection. `connectionName` is
 * the name of a client's auxiliary connections: a count of clients by name then counts each client once.
 */
const { closeTimeoutMs, connectionName } = protocol.limits;
const { roles } = protocol;
/** The journal is the shared client's alone. */
const OF_JOURNAL = 'CACHE_JOURNAL_DIR';
const LEVELS_OF_DEBUG = ['debug', 'trace'];

/**
 * The connections of one configuration: the shared one that carries all calls, and dedicated ones for commands that
 * block, watch keys or subscribe.
 */
class Connections {
  #options;
  #environment;
  #log;
  /** @type {DedicatedPool | undefined} */
  #pool;
  /**
   * Functions that are called when these connections end.
   * @type {Set<() => void>}
   */
  #subscribers = new Set();
  #isClosed = false;
  /** The connections that were made from the same original, and the term in which these were made. */
  #family;
  /** @type {Term | undefined} */
  #term;
  /**
   * The database that was selected last; undefined for the configured one.
   * @type {number | undefined}
   */
  #database;
  /** Bits of `protocol.besideRoles` that are added to a role. */
  #roleFlags;

  /**
   * `log` receives the events that are log lines. Without `bridge`, the constructor opens one: then a single client
   * has these connections and may select a database. All connections are opened in `context`, whichever caller
   * needs them first.
   * @param {ConnectionsOptions} options
   */
  constructor({ bridge, options, environment, log, context, family, roleFlags = 0 }) {
    this.isOwn = bridge === undefined;
    this.context = context;
    this.#roleFlags = roleFlags;
    this.#options = options;
    this.#environment = environment;
    this.#log = log;
    this.#family = family ?? new Family();
    this.#term = family?.term;
    /** @type {InstanceType<typeof Bridge>} */
    this.bridge = bridge ?? this.#newBridge();
  }

  /**
   * Connections for a client in another context, with its own options in place of some of these. `roleFlags` are
   * bits of `protocol.besideRoles`. With `decidesPauses`, listeners of the bridge get the event `pausing` and
   * answer with native code's `retryIn`.
   * @param {Settable} overrides
   * @param {number} roleFlags
   */
  apart(overrides, roleFlags) {
    return this.with(overrides, new Context(), roleFlags);
  }

  /**
   * Connections with other options in place of some of these.
   * @param {Settable} overrides
   * @param {InstanceType<typeof Context>} [context]
   * @param {number} [roleFlags]
   */
  with(overrides, context = this.context, roleFlags = this.#roleFlags) {
    const options = { ...this.#optionsNow(), ...overrides };
    const environment = this.#environment;
    Object.assign(options, this.#urlWith(overrides));
    return new Connections({
      ...{ options, environment, context, roleFlags },
      log: this.#log,
      family: this.#family,
    });
  }

  /**
   * Native code decides which URL counts, and what becomes of it with other options in place of some of its parts.
   * @param {Settable} overrides
   */
  #urlWith(overrides) {
    const [options, environment] = [optionsText(this.#options), this.#environment.text(OF_JOURNAL)];
    const url = native.urlWith(makeError, options, environment, optionsText(overrides));
    return url === null ? undefined : { url };
  }

  /** Whether a client waits for its first call before it connects, because somebody chose so. Throws `E_CONFIG`. */
  get isLazy() {
    const options = optionsText(this.#optionsNow());
    return native.waitsToConnect(makeError, options, this.#environment.text(OF_JOURNAL));
  }

  #optionsNow() {
    if (this.#database === undefined) return this.#options;
    const selected = { db: this.#database };
    return { ...this.#options, ...selected, ...this.#urlWith(selected) };
  }

  /** The database of later commands. */
  get database() {
    return this.#database ?? inForce(this.bridge.config().settings.db);
  }

  /**
   * Records that the client selects this database. Answers a function that undoes it, unless another was selected
   * since.
   * @param {number} database
   */
  select(database) {
    const before = this.#database;
    this.#database = database;
    return () => {
      if (this.#database === database) this.#database = before;
    };
  }

  /**
   * Native events reference these connections while the bridge is open.
   * @returns {InstanceType<typeof Bridge>}
   */
  #newBridge() {
    const [context, environment, term] = [this.context, this.#environment, this.#term];
    const given = { role: roles.own | this.#roleFlags, hasJournal: false, context, environment, term };
    return new Bridge(this.#optionsNow(), this.#onEvent, given);
  }

  /** @type {OnEvent} */
  #onEvent = (name, json) => {
    if (name === 'log') this.#log?.(name, json);
    else if (name === 'connecting') this.#join();
  };

  /** Marks these connections as used. */
  #join() {
    if (this.#term !== undefined) this.#family.add(this);
  }

  /** Later calls go on a new connection. Calls in flight finish on the old one. */
  renew() {
    const before = this.bridge;
    this.bridge = this.#newBridge();
    if (before.isOpen) before.close(closeTimeoutMs);
  }

  /** The number of dedicated connections and of callers that wait for one. Asking opens none. */
  get dedicated() {
    const { connections = 0, idle = 0, waiting = 0 } = this.#pool?.report ?? {};
    return { connections, busy: connections - idle, waiting, subscribers: this.#subscribers.size };
  }

  get pool() {
    this.#refuseIfClosed();
    if (this.#pool === undefined) {
      const { context } = this;
      const open = () => this.#open();
      this.#pool = new DedicatedPool({ ...this.bridge.config().dedicatedPool, open, context });
    }
    return this.#pool;
  }

  #optionsBeside() {
    return { ...this.#options, connectionName };
  }

  /**
   * Lends a connection of the pool to one caller, in the database that is selected now.
   * @returns {Promise<DedicatedConnection>}
   */
  async lend() {
    const { pool } = this;
    const database = this.#database;
    const connection = await pool.acquire();
    if (connection.database === database) return connection;
    if (database === undefined) {
      pool.discard(connection);
      return this.lend();
    }
    try {
      await connection.select(database);
      return connection;
    } catch (error) {
      pool.discard(connection);
      throw error;
    }
  }

  /**
   * A connection for subscriptions. It ends with `end` or with all other connections, and then calls `onEnd`.
   * @param {ConnectionHandlers & { onEnd: () => void }} handlers
   */
  subscriber({ onEnd, ...handlers }) {
    this.#refuseIfClosed();
    const connection = this.#open(handlers);
    const subscribers = this.#subscribers;
    subscribers.add(onEnd);
    const end = () => {
      subscribers.delete(onEnd);
      connection.close();
    };
    return { connection, end };
  }

  /**
   * A connection for MONITOR. It ends like one for subscriptions.
   * @param {ConnectionHandlers & { onEnd: () => void }} handlers
   */
  monitor(handlers) {
    return this.subscriber({ role: roles.monitor, ...handlers });
  }

  /**
   * Logs a line at the level debug.
   * @param {string} message
   */
  debug(message) {
    const { logLevel } = this.bridge.config();
    if (LEVELS_OF_DEBUG.includes(logLevel)) this.#log?.('log', JSON.stringify({ level: 'debug', message }));
  }

  /** Closes the dedicated connections for good. */
  closeDedicated() {
    this.#isClosed = true;
    this.#pool?.close();
    for (const onEnd of this.#subscribers) onEnd();
  }

  /** Closes these connections and all that were made from them. The bridge opens again with the next call. */
  reset() {
    this.closeDedicated();
    const ended = this.#family.close(0);
    this.#family.reopen();
    this.#isClosed = false;
    this.#pool = undefined;
    this.#subscribers = new Set();
    return ended;
  }

  /** @param {ConnectionHandlers} [given] */
  #open({ role = roles.dedicated, ...handlers } = {}) {
    this.#join();
    const [context, environment] = [this.context, this.#environment];
    return new DedicatedConnection(this.#optionsBeside(), {
      role: role | (this.#roleFlags & protocol.besideRoles.readOnly),
      environment,
      log: this.#onEvent,
      context,
      ...handlers,
    });
  }

  #refuseIfClosed() {
    if (this.#isClosed || this.#term?.isOver) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
  }

  /** @param {number} [timeoutMs] */
  close(timeoutMs = closeTimeoutMs) {
    this.closeDedicated();
    const closing = this.bridge.close(timeoutMs);
    if (this.#term !== undefined) closing.then(() => this.#family.remove(this));
    return closing;
  }

  /**
   * Closes these connections and all that were made from them. Answers the result of `shutdown`.
   * @param {number} timeoutMs
   */
  async shutdown(timeoutMs) {
    const ended = await Promise.all([this.close(timeoutMs), this.#family.close(timeoutMs)]);
    const results = ended.flat();
    return {
      flushed: results.every(({ flushed }) => flushed),
      journalEntries: results.reduce((sum, { journalEntries }) => sum + journalEntries, 0),
    };
  }
}

exports.Connections = Connections;
