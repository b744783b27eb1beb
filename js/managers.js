'use strict';

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

  get(key, orgId = null) {
    return this.#calls.get2(kinds.managed, key, orgId);
  }

  set(key, value, ttlSeconds = null, orgId = null) {
    return this.#calls.set(kinds.managed, [key, orgId], value, ttlSeconds);
  }

  delete(key, orgId = null) {
    return this.#calls.delete(kinds.managed, [key, orgId]);
  }

  hget(hash, field, orgId = null) {
    return this.#calls.hashGet(hash, orgId, field);
  }

  hset(hash, field, value, ttlSeconds = null, orgId = null) {
    return this.#calls.hashSet(hash, orgId, field, value, ttlSeconds);
  }

  hdel(hash, field, orgId = null) {
    return this.#calls.hashDelete(hash, orgId, field);
  }

  hgetall(hash, orgId = null) {
    return this.#calls.hashEntries(hash, orgId);
  }

  clearOrganizationCache(orgId) {
    return this.#calls.clearOrganization(orgId);
  }

  getStats() {
    return this.#inspection.cacheStats();
  }

  healthCheck() {
    return this.#inspection.cacheHealth();
  }
}

/** The connection, as debug endpoints and servers of the JavaScript layer read it. */
class RedisManager {
  #client;
  #inspection;
  #bridge;
  #shutdown;

  constructor({ bridge, client, inspection, shutdown }) {
    this.#bridge = bridge;
    this.#client = client;
    this.#inspection = inspection;
    this.#shutdown = shutdown;
  }

  getClient() {
    return this.#client;
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

  healthCheck() {
    return this.#inspection.redisHealth();
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
}

module.exports = { CacheManager, RedisManager };
