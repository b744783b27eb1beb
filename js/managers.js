'use strict';

const { abortable } = require('./abort.js');
const { BEGIN_ANEW } = require('./begin-anew.js');
const { toJson } = require('./cache-calls.js');
const { SECRETS, inForce } = require('./client/endpoint.js');
const { loadNative } = require('./native.js');
const { protocol } = require('./protocol.js');

const { kinds } = protocol;
const { client: native } = loadNative();
/** Stands in front of a long text, which is as it was behind it. */
const LONG_MARK = 'compressed:';

/** Values by a key or hash of the caller's own and an organization. */
class CacheManager {
  #bridge;
  #calls;
  #inspection;

  constructor({ bridge, calls, inspection }) {
    this.#bridge = bridge;
    this.#calls = calls;
    this.#inspection = inspection;
  }

  generateKey(type, orgId = null, identifier = '') {
    return native.generateKey(this.#bridge.open(), type, orgId, identifier);
  }

  /** What a key names, or null where it is none of this cache. */
  decodeKey(key) {
    return JSON.parse(native.decodeKey(this.#bridge.open(), key));
  }

  /** The key that lists what an organization holds. */
  indexKey(orgId = null) {
    return native.indexKey(this.#bridge.open(), orgId);
  }

  /** The value that these bytes of Redis are; undefined where they are damaged. */
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

  /** Memory answers whenever Redis does not. */
  get enableFallback() {
    return true;
  }

  /** The text that the JavaScript layer stored for a value; a long one is marked. */
  serialize(value) {
    const text = toJson(value);
    return Buffer.byteLength(text) > this.compressionThreshold ? LONG_MARK + text : text;
  }

  /** The value of a text or of bytes of Redis, by whichever layer they were stored; null where they are damaged. */
  deserialize(stored) {
    if (stored === null || stored === undefined) return null;
    return this.decodeValue(Buffer.from(stored)) ?? null;
  }

  get(key, orgId = null, options = undefined) {
    return this.#calls.get2(kinds.managed, key, orgId, options);
  }

  set(key, value, ttlSeconds = null, orgId = null, options = undefined) {
    return this.#calls.set(kinds.managed, [key, orgId], value, options, ttlSeconds);
  }

  delete(key, orgId = null, options = undefined) {
    return this.#calls.delete(kinds.managed, [key, orgId], options);
  }

  hget(hash, field, orgId = null, options = undefined) {
    return this.#calls.hashGet(hash, orgId, field, options);
  }

  hset(hash, field, value, ttlSeconds = null, orgId = null, options = undefined) {
    return this.#calls.hashSet([hash, orgId, field], value, options, ttlSeconds);
  }

  hdel(hash, field, orgId = null, options = undefined) {
    return this.#calls.hashDelete(hash, orgId, field, options);
  }

  hgetall(hash, orgId = null, options = undefined) {
    return this.#calls.hashEntries(hash, orgId, options);
  }

  clearOrganizationCache(orgId, options) {
    return this.#calls.clearOrganization(orgId, options);
  }

  getStats() {
    return this.#inspection.cacheStats();
  }

  healthCheck(options) {
    return abortable(options, () => this.#inspection.cacheHealth());
  }
}

/** The connection, as debug endpoints and servers of the JavaScript layer read it. */
class RedisManager {
  #makeClient;
  #client;
  #inspection;
  #bridge;
  #sharedClient;
  #shutdown;

  constructor({ bridge, makeClient, inspection, sharedClient, shutdown }) {
    this.#bridge = bridge;
    this.#makeClient = makeClient;
    this.#inspection = inspection;
    this.#sharedClient = sharedClient;
    this.#shutdown = shutdown;
  }

  /** Keys go as they are. */
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

  /** The same as `getMetrics()`. */
  get metrics() {
    return this.getMetrics();
  }

  /** What is configured, by the names of `configure()`, without secrets. Asking starts nothing. */
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

  prefixKey(key) {
    return this.#sharedClient.prefixKey(key);
  }

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

  healthCheck(options) {
    return abortable(options, () => this.#inspection.redisHealth());
  }

  getMetrics() {
    return this.#inspection.redisMetrics();
  }

  recordOperation(_name, durationMs, hit) {
    native.record(
      this.#bridge.open(),
      Number(durationMs) || 0,
      hit !== undefined && hit !== null,
      Boolean(hit),
    );
  }

  shutdown(options) {
    return this.#shutdown(options);
  }

  [Symbol.asyncDispose]() {
    return this.#shutdown();
  }
}

module.exports = { CacheManager, RedisManager };
