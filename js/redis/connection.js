'use strict';

const { Context } = require('../context.js');
const { Environment } = require('../environment.js');
const { OrgCacheError } = require('../errors.js');
const { createInstance } = require('../instance.js');
const { WAITING, signalOf, timeoutOf } = require('../options.js');
const { inForce } = require('../client/endpoint.js');
const { settingsOf } = require('./settings.js');

/** @import { ConfigureOptions, OrgCache, RedisMetrics, ShutdownOptions, ShutdownResult } from '../../index.js' */
/** @import { ConnectionReport } from '../entry/redis.js' */

/** @typedef {InstanceType<typeof Environment>} Environment */

/** One connection for the process, opened and closed by name. It may be opened again. */
class Connection {
  /** @type {OrgCache | undefined} */
  #instance;
  #context = new Context();
  /** @type {ConfigureOptions} */
  #options = {};
  /**
   * Options that were assigned to the configuration. They count for the next connection.
   * @type {Record<string, unknown>}
   */
  #assigned = {};
  /** @type {Environment | undefined} */
  #environment;
  /** @type {Promise<ShutdownResult> | undefined} */
  #closing;

  /** The settings of the open connection, else those of the next one. */
  settings() {
    return settingsOf(this.isOpen ? this.#options : this.#assigned, this.environment);
  }

  /** The environment of the open connection, else the current one. */
  get environment() {
    return this.#environment ?? new Environment();
  }

  /**
   * @param {string} option
   * @param {unknown} value
   */
  assign(option, value) {
    this.#assigned[option] = value;
  }

  get isOpen() {
    return this.#instance !== undefined;
  }

  /** The longest time for opening, in milliseconds. */
  get connectTimeoutMs() {
    return /** @type {number} */ (inForce(this.settings().connectTimeout));
  }

  /**
   * An open connection keeps its options. Throws `E_CONFIG`.
   * @param {ConfigureOptions} [given]
   */
  open(given = {}) {
    if (this.#instance !== undefined) return this.#instance;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new OrgCacheError('E_CONFIG', 'opening a connection takes an object of options');
    }
    const { logger, ...others } = given;
    const options = { ...this.#assigned, ...others };
    const environment = new Environment();
    const db = /** @type {number} */ (inForce(settingsOf(options, environment).testDb));
    // The instance outlives the request that opens it.
    const instance = this.#context.run(() => createInstance(undefined, environment));
    instance.configure({ ...options, db, ...(logger === undefined ? {} : { logger }) });
    this.#options = { ...options, db };
    this.#environment = environment;
    this.#instance = instance;
    return instance;
  }

  /**
   * Opens the connection. Answers the client when the server answers. Rejects with the reason if it does not answer
   * within the connect timeout; connecting then goes on.
   * @param {ConfigureOptions} [options]
   */
  async connect(options) {
    const { redisManager } = this.open(options);
    await this.whenConnected();
    return redisManager.getClient();
  }

  /** Rejects with the reason if the server does not answer within the connect timeout. */
  async whenConnected() {
    await this.#opened.ready({ timeoutMs: this.connectTimeoutMs });
  }

  /** The open instance. Throws `E_CLOSED` if there is none. */
  get #opened() {
    if (this.#instance !== undefined) return this.#instance;
    throw new OrgCacheError('E_CLOSED', 'Redis is not initialized: call initializeRedis() first');
  }

  getClient() {
    return this.#opened.redisManager.getClient();
  }

  isRedisConnected() {
    return this.#instance?.redisManager.isConnected ?? false;
  }

  /**
   * The state of the connection, whether the server answers or not; null if it is not open.
   * @returns {ConnectionReport | null}
   */
  condition() {
    if (this.#instance === undefined) return null;
    const { state, stateSince, lastError, reconnects, connectionAttempts } = /** @type {RedisMetrics} */ (
      this.#instance.redisManager.getMetrics()
    );
    return { state, stateSince, lastError, reconnects, connectionAttempts };
  }

  /**
   * @param {string} name
   * @param {any[]} args
   */
  async executeCommand(name, ...args) {
    return this.getClient().call(name, ...args);
  }

  async ping() {
    return this.getClient().ping();
  }

  /** Whether the server answers PING. */
  async answers() {
    const client = this.getClient();
    try {
      await client.ping();
      return true;
    } catch {
      return false;
    }
  }

  /**
   * The text of INFO or of one of its sections.
   * @param {string} [section]
   */
  async getInfo(section) {
    return section === undefined ? this.getClient().info() : this.getClient().info(section);
  }

  /**
   * Lets calls in flight settle, then closes. Does nothing to a closed connection.
   * @param {ShutdownOptions} [options]
   * @returns {Promise<ShutdownResult>}
   */
  async disconnect(options) {
    // An error in the options leaves the connection open.
    signalOf(options, WAITING);
    timeoutOf(options);
    const instance = this.#instance;
    if (instance === undefined) return this.#closing ?? { flushed: true, journalEntries: 0 };
    this.#closing = instance.shutdown(options);
    this.#instance = undefined;
    this.#environment = undefined;
    this.#options = {};
    return this.#closing;
  }
}

module.exports = { Connection };
