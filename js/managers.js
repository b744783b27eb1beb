'use strict';

const { abortable } = require('./abort.js');
const { BEGIN_ANEW } = require('./begin-anew.js');
const { toJson } = require('./cache-calls.js');
const { SECRETS, inForce } = require('./client/endpoint.js');
const { loadNative } = require('./native.js');
const { protocol } = require('./protocol.js');

/** @import { CacheManager as Manager, CallOptions, OrganizationId, RedisClient } from '../index.js' */
/** @import { RedisManager as Connection, ShutdownOptions, ShutdownResult } from '../index.js' */

/** @typedef {InstanceType<typeof import('./bridge.js').Bridge>} Bridge */
/** @typedef {InstanceType<typeof import('./cache-calls.js').CacheCalls>} CacheCalls */
/** @typedef {InstanceType<typeof import('./inspection.js').Inspection>} Inspection */
/** @typedef {InstanceType<typeof import('./shared-client.js').SharedClient>} SharedClient */
/** @typedef {(options?: ShutdownOptions) => Promise<ShutdownResult>} Shutdown */

const { kinds } = protocol;
const { client: native } = loadNative();
/** Prefix of a long text, which follows unchanged. */
const LONG_MARK = 'compressed:';

/**
 * Values by an organization and the caller's own keys or hashes.
 * @implements {Manager}
 */
class CacheManager {
  #bridge;
  #calls;
  #inspection;

  /** @param {{ bridge: Bridge, calls: CacheCalls, inspection: Inspection }} parts */
  constructor({ bridge, calls, inspection }) {
    this.#bridge = bridge;
    this.#calls = calls;
    this.#inspection = inspection;
  }

  /**
   * @param {string} type
   * @param {OrganizationId} [orgId]
   * @param {string | null} [identifier]
   */
  generateKey(type, orgId = null, identifier = '') {
    return native.generateKey(this.#bridge.open(), type, orgId, identifier);
  }

  /**
   * The parts of a key, or null if the key is not of this cache.
   * @param {string} key
   */
  decodeKey(key) {
    return JSON.parse(native.decodeKey(this.#bridge.open(), key));
  }

  /**
   * The key of an organization's index, which lists its keys.
   * @param {OrganizationId} [orgId]
   */
  indexKey(orgId = null) {
    return native.indexKey(this.#bridge.open(), orgId);
  }

  /**
   * The value of these bytes from Redis; undefined if they are damaged.
   * @param {Uint8Array} bytes
   */
  decodeValue(bytes) {
    const json = native.decodeValue(this.#bridge.open(), bytes);
    if (json === null) return undefined;
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
  }

  get keyPrefix() {
    return this.#bridge.config().keyPrefix;
  }

  /** Seconds. */
  get defaultTTL() {
    return this.#bridge.config().defaultTtlSeconds;
  }

  /** Bytes. */
  get compressionThreshold() {
    return this.#bridge.config().compressionThresholdBytes;
  }

  /**
   * Memory answers whenever Redis does not.
   * @returns {true}
   */
  get enableFallback() {
    return true;
  }

  /**
   * The text that the JavaScript layer stored for a value. A long one is marked.
   * @param {unknown} value
   */
  serialize(value) {
    const text = toJson(value);
    return Buffer.byteLength(text) > this.compressionThreshold ? LONG_MARK + text : text;
  }

  /**
   * The value of a text or of bytes from Redis, whichever layer stored them. null if they are damaged.
   * @param {string | Uint8Array | null | undefined} stored
   */
  deserialize(stored) {
    if (stored === null || stored === undefined) return null;
    return this.decodeValue(Buffer.from(stored)) ?? null;
  }

  /**
   * @param {string} key
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  get(key, orgId = null, options = undefined) {
    return this.#calls.get2(kinds.managed, key, orgId, options);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number | null} [ttlSeconds]
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  set(key, value, ttlSeconds = null, orgId = null, options = undefined) {
    return this.#calls.set(kinds.managed, [key, orgId], value, options, ttlSeconds);
  }

  /**
   * @param {string} key
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  delete(key, orgId = null, options = undefined) {
    return this.#calls.delete(kinds.managed, [key, orgId], options);
  }

  /**
   * @param {string} hash
   * @param {string} field
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  hget(hash, field, orgId = null, options = undefined) {
    return this.#calls.hashGet(hash, orgId, field, options);
  }

  /**
   * @param {string} hash
   * @param {string} field
   * @param {unknown} value
   * @param {number | null} [ttlSeconds]
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  hset(hash, field, value, ttlSeconds = null, orgId = null, options = undefined) {
    return this.#calls.hashSet([hash, orgId, field], value, options, ttlSeconds);
  }

  /**
   * @param {string} hash
   * @param {string} field
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  hdel(hash, field, orgId = null, options = undefined) {
    return this.#calls.hashDelete(hash, orgId, field, options);
  }

  /**
   * @param {string} hash
   * @param {OrganizationId} [orgId]
   * @param {CallOptions} [options]
   */
  hgetall(hash, orgId = null, options = undefined) {
    return this.#calls.hashEntries(hash, orgId, options);
  }

  /**
   * @param {OrganizationId} orgId
   * @param {CallOptions} [options]
   */
  clearOrganizationCache(orgId, options) {
    return this.#calls.clearOrganization(orgId, options);
  }

  getStats() {
    return this.#inspection.cacheStats();
  }

  /** @param {CallOptions} [options] */
  healthCheck(options) {
    return abortable(options, () => this.#inspection.cacheHealth());
  }
}

/**
 * The connection in the form that debug endpoints and servers of the JavaScript layer read.
 * @implements {Connection}
 */
class RedisManager {
  #makeClient;
  /** @type {RedisClient | undefined} */
  #client;
  #inspection;
  #bridge;
  #sharedClient;
  #shutdown;

  /**
   * @param {{
   *   bridge: Bridge,
   *   makeClient: () => RedisClient,
   *   inspection: Inspection,
   *   sharedClient: SharedClient,
   *   shutdown: Shutdown,
   * }} parts
   */
  constructor({ bridge, makeClient, inspection, sharedClient, shutdown }) {
    this.#bridge = bridge;
    this.#makeClient = makeClient;
    this.#inspection = inspection;
    this.#sharedClient = sharedClient;
    this.#shutdown = shutdown;
  }

  /** Keys get no prefix. */
  getClient() {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  [BEGIN_ANEW]() {
    this.#client = undefined;
  }

  /** Keys get the client's prefix. */
  getRedis() {
    return this.#sharedClient.getRedis();
  }

  closeRedis() {
    return this.#sharedClient.closeRedis();
  }

  /** Asking does not connect. */
  get isConnected() {
    return this.#bridge.isOpen && this.#inspection.redisMetrics().isConnected;
  }

  get connectionAttempts() {
    return this.#bridge.isOpen ? this.#inspection.report().counters.connectionAttempts : 0;
  }

  get maxConnectionAttempts() {
    return this.#bridge.config().maxRetries;
  }

  /** Same as `getMetrics()`. */
  get metrics() {
    return this.getMetrics();
  }

  /** The settings in force, by the names of `configure()`, without secrets. Asking starts nothing. */
  get config() {
    const settings = Object.entries(this.#bridge.config().settings);
    return Object.fromEntries(
      settings.filter(([name]) => !SECRETS.includes(name)).map(([name, setting]) => [name, inForce(setting)]),
    );
  }

  get poolConfig() {
    const { minPoolSize: min, poolSize: max } = this.#bridge.config();
    return { min, max };
  }

  getKeyPrefix() {
    return this.#sharedClient.getKeyPrefix();
  }

  /** @param {string | number} key */
  prefixKey(key) {
    return this.#sharedClient.prefixKey(key);
  }

  /** @param {string | number} key */
  unprefixKey(key) {
    return this.#sharedClient.unprefixKey(key);
  }

  getConnectionInfo() {
    return this.#sharedClient.getConnectionInfo();
  }

  redisHealthCheck() {
    return this.#sharedClient.redisHealthCheck();
  }

  isReady() {
    return this.isConnected;
  }

  /** @param {CallOptions} [options] */
  healthCheck(options) {
    return abortable(options, () => this.#inspection.redisHealth());
  }

  getMetrics() {
    return this.#inspection.redisMetrics();
  }

  /**
   * @param {string} _name
   * @param {number} durationMs
   * @param {boolean} [hit]
   */
  recordOperation(_name, durationMs, hit) {
    native.record(
      this.#bridge.open(),
      Number(durationMs) || 0,
      hit !== undefined && hit !== null,
      Boolean(hit),
    );
  }

  /** @param {ShutdownOptions} [options] */
  shutdown(options) {
    return this.#shutdown(options);
  }

  /** @returns {Promise<any>} `await using` ignores the result. */
  [Symbol.asyncDispose]() {
    return this.#shutdown();
  }
}

module.exports = { CacheManager, RedisManager };
