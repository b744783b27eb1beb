'use strict';

const { Context } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { MAX_TIMER_MS, clearInterval, now, setInterval, today } = require('../time.js');

/** @import { HealthMetrics, HealthReport, HealthStatus, RedisConfig, RedisHealthChecks } from '../entry/redis.js' */
/** @import { Failure } from '../errors.js' */

/**
 * Numbers of the server that are reported unchanged.
 * @typedef {'uptime' | 'memoryUsageBytes' | 'connectedClients' | 'totalCommandsProcessed' | 'keyspaceHits' |
 *   'keyspaceMisses'} ServerNumber
 */
/** @typedef {Pick<HealthStatus, ServerNumber | 'memoryUsage' | 'redisVersion'>} ServerFacts */
/** @typedef {Omit<HealthStatus, 'errorCount' | 'isConnected'>} Found The result of a check. */

const { healthCheckIntervalMs } = protocol.limits;

/**
 * Fields of INFO for each reported value.
 * @type {Record<ServerNumber, string>}
 */
const SERVER_NUMBERS = {
  uptime: 'uptime_in_seconds',
  memoryUsageBytes: 'used_memory',
  connectedClients: 'connected_clients',
  totalCommandsProcessed: 'total_commands_processed',
  keyspaceHits: 'keyspace_hits',
  keyspaceMisses: 'keyspace_misses',
};
const NUMBERS = /** @type {[ServerNumber, string][]} */ (Object.entries(SERVER_NUMBERS));
/** @type {ServerFacts} */
const UNKNOWN_SERVER = {
  ...eachNumber(() => null),
  memoryUsage: null,
  redisVersion: null,
};

/**
 * Checks the server's health at intervals. Never rejects because Redis is away.
 * @implements {RedisHealthChecks}
 */
class Health {
  #connection;
  #config;
  #context = new Context();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {number | null} */
  #intervalMs = null;
  /** @type {Promise<HealthStatus> | undefined} */
  #checking;
  #errorCount = 0;
  #checks = 0;
  #failedChecks = 0;
  #consecutiveFailures = 0;
  #answered = 0;
  #totalResponseMs = 0;
  /** @type {Found} */
  #last = {
    isHealthy: false,
    lastCheck: null,
    responseTime: null,
    ...UNKNOWN_SERVER,
    error: null,
  };

  /**
   * @param {InstanceType<typeof import('./connection.js').Connection>} connection
   * @param {RedisConfig} config
   */
  constructor(connection, config) {
    this.#connection = connection;
    this.#config = config;
  }

  /** Milliseconds between checks; null if there are none. */
  get healthCheckInterval() {
    return this.#intervalMs;
  }

  /** Checks at once and then at every interval. The interval does not keep the process alive. */
  startHealthChecks(intervalMs = healthCheckIntervalMs) {
    if (!Number.isInteger(intervalMs) || intervalMs < 1 || intervalMs > MAX_TIMER_MS) {
      throw new OrgCacheError(
        'E_CONFIG',
        `the interval of health checks must be an integer from 1 to ${MAX_TIMER_MS} (milliseconds)`,
      );
    }
    if (this.#intervalMs === intervalMs) return;
    this.stopHealthChecks();
    this.#intervalMs = intervalMs;
    const check = () => this.performHealthCheck();
    this.#timer = this.#context.run(() => setInterval(check, intervalMs)).unref();
    this.performHealthCheck();
  }

  stopHealthChecks() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = null;
  }

  /** Asks the server, within the command timeout. Concurrent calls share one check. */
  performHealthCheck() {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check() {
    const start = now();
    /** @type {Omit<Found, 'lastCheck' | 'responseTime'>} */
    const found = { isHealthy: false, ...UNKNOWN_SERVER, error: null };
    /** @type {number | null} */
    let responseTime = null;
    try {
      await this.#connection.ping();
      responseTime = Math.round((now() - start) * 1000) / 1000;
      found.isHealthy = true;
      Object.assign(found, serverFacts(await this.#connection.getInfo()));
    } catch (thrown) {
      const error = /** @type {Failure} */ (thrown);
      // A server that answers PING but not INFO works all the same. An ACL may forbid INFO.
      found.error = { code: /** @type {string} */ (error.redisCode ?? error.code), message: error.message };
      if (error.code !== 'E_REPLY') found.isHealthy = false;
    }
    this.#last = { ...found, lastCheck: today(), responseTime };
    this.#count(found.isHealthy, responseTime);
    return this.getHealthStatus();
  }

  /**
   * @param {boolean} isHealthy
   * @param {number | null} responseTime
   */
  #count(isHealthy, responseTime) {
    this.#checks++;
    if (responseTime !== null) {
      this.#answered++;
      this.#totalResponseMs += responseTime;
    }
    if (isHealthy) {
      this.#consecutiveFailures = 0;
      return;
    }
    this.#errorCount++;
    this.#failedChecks++;
    this.#consecutiveFailures++;
  }

  /**
   * The result of the last check. After a loss of the connection it is not healthy.
   * @returns {HealthStatus}
   */
  getHealthStatus() {
    const isConnected = this.#connection.isRedisConnected();
    const { isHealthy, lastCheck, ...found } = this.#last;
    return {
      isHealthy: isHealthy && isConnected,
      isConnected,
      lastCheck: lastCheck && new Date(lastCheck),
      errorCount: this.#errorCount,
      ...found,
    };
  }

  /** Same as `getHealthStatus()`. */
  get healthStatus() {
    return this.getHealthStatus();
  }

  isHealthy() {
    return this.getHealthStatus().isHealthy;
  }

  /** @returns {HealthMetrics} */
  getMetrics() {
    const { isHealthy, responseTime, errorCount, ...found } = this.getHealthStatus();
    return {
      isHealthy,
      responseTime,
      errorCount,
      ...eachNumber((name) => found[name]),
      memoryUsage: found.memoryUsage,
      checks: this.#checks,
      failedChecks: this.#failedChecks,
      consecutiveFailures: this.#consecutiveFailures,
      averageResponseTime: this.#answered === 0 ? null : this.#totalResponseMs / this.#answered,
      hitRate: percentage(found.keyspaceHits, found.keyspaceMisses),
    };
  }

  resetErrorCount() {
    this.#errorCount = 0;
  }

  /**
   * A new check, with details that help to interpret it.
   * @returns {Promise<HealthReport>}
   */
  async getDetailedReport() {
    const status = await this.performHealthCheck();
    return {
      timestamp: today().toISOString(),
      environment: this.#config.environment,
      status,
      metrics: this.getMetrics(),
      connection: this.#connection.condition(),
      config: { ...this.#config },
      healthCheckInterval: this.#intervalMs,
    };
  }
}

/**
 * Each of the server's numbers by its name.
 * @param {(name: ServerNumber, line: string) => number | null} numberOf
 */
function eachNumber(numberOf) {
  const numbers = NUMBERS.map(([name, line]) => [name, numberOf(name, line)]);
  return /** @type {Record<ServerNumber, number | null>} */ (Object.fromEntries(numbers));
}

/**
 * @param {string} info
 * @returns {ServerFacts}
 */
function serverFacts(info) {
  const pairs = info.split('\r\n').map((line) => line.split(/:(.*)/s, 2));
  const lines = new Map(/** @type {[string, string][]} */ (pairs));
  return {
    redisVersion: lines.get('redis_version') ?? null,
    memoryUsage: lines.get('used_memory_human') ?? null,
    ...eachNumber((_name, line) => (lines.has(line) ? Number(lines.get(line)) : null)),
  };
}

/**
 * The share of lookups that found a key; null if there were none.
 * @param {number | null} hits
 * @param {number | null} misses
 */
function percentage(hits, misses) {
  const all = (hits ?? 0) + (misses ?? 0);
  return all === 0 ? null : (100 * (hits ?? 0)) / all;
}

module.exports = { Health };
