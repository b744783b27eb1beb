'use strict';

const { abortable } = require('./abort.js');
const { protocol } = require('./protocol.js');

const { kinds } = protocol;

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
    return this.#bridge.open().generateKey(type, orgId, identifier);
  }

  /** What a key names, or null where it is none of this cache. */
  decodeKey(key) {
    return JSON.parse(this.#bridge.open().decodeKey(key));
  }

  /** The key that lists what an organization holds. */
  indexKey(orgId = null) {
    return this.#bridge.open().indexKey(orgId);
  }

  /** The value that these bytes of Redis are; undefined where they are damaged. */
  decodeValue(bytes) {
    const json = this.#bridge.open().decodeValue(bytes);
    if (json === null) return undefined;
    try {
      return JSON.parse(json);
    } catch {
      return undefined;
    }
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
  #client;
  #inspection;
  #bridge;
  #sharedClient;
  #shutdown;

  constructor({ bridge, client, inspection, sharedClient, shutdown }) {
    this.#bridge = bridge;
    this.#client = client;
    this.#inspection = inspection;
    this.#sharedClient = sharedClient;
    this.#shutdown = shutdown;
  }

  /** Keys go as they are. */
  getClient() {
    return this.#client;
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
    this.#bridge.open().record(Number(durationMs) || 0, hit !== undefined && hit !== null, Boolean(hit));
  }

  shutdown(options) {
    return this.#shutdown(options);
  }

  [Symbol.asyncDispose]() {
    return this.#shutdown();
  }
}

module.exports = { CacheManager, RedisManager };
