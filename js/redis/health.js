'use strict';

const { Context } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { clearInterval, now, setInterval, today } = require('../time.js');

const DEFAULT_INTERVAL_MS = 30_000;
/** The longest that a timer of Node waits. */
const MAX_INTERVAL_MS = 2 ** 31 - 1;

/** What the server says of itself, by the line of INFO. */
const SERVER_NUMBERS = {
  uptime: 'uptime_in_seconds',
  memoryUsageBytes: 'used_memory',
  connectedClients: 'connected_clients',
  totalCommandsProcessed: 'total_commands_processed',
  keyspaceHits: 'keyspace_hits',
  keyspaceMisses: 'keyspace_misses',
};
const UNKNOWN_SERVER = {
  ...Object.fromEntries(Object.keys(SERVER_NUMBERS).map((name) => [name, null])),
  memoryUsage: null,
  redisVersion: null,
};

/** Asks the server how it is, now and then. Never rejects because Redis is away. */
class Health {
  #connection;
  #config;
  #context = new Context();
  #timer;
  #intervalMs = null;
  #checking;
  #errorCount = 0;
  #checks = 0;
  #failedChecks = 0;
  #consecutiveFailures = 0;
  #answered = 0;
  #totalResponseMs = 0;
  #last = {
    isHealthy: false,
    lastCheck: null,
    responseTime: null,
    ...UNKNOWN_SERVER,
    error: null,
  };

  constructor(connection, config) {
    this.#connection = connection;
    this.#config = config;
  }

  /** Milliseconds between checks; null while none are made. */
  get healthCheckInterval() {
    return this.#intervalMs;
  }

  /** Checks at once and then at every interval, which does not keep the process alive. */
  startHealthChecks(intervalMs = DEFAULT_INTERVAL_MS) {
    if (!Number.isInteger(intervalMs) || intervalMs < 1 || intervalMs > MAX_INTERVAL_MS) {
      throw new OrgCacheError(
        'E_CONFIG',
        `the interval of health checks must be an integer from 1 to ${MAX_INTERVAL_MS} (milliseconds)`,
      );
    }
    if (this.#intervalMs === intervalMs) return;
    this.stopHealthChecks();
    this.#intervalMs = intervalMs;
    const check = () => this.performHealthCheck();
    this.#timer = this.#context.run(setInterval, check, intervalMs).unref();
    this.performHealthCheck();
  }

  stopHealthChecks() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#intervalMs = null;
  }

  /** Asks the server, within the command timeout. A check that is under way is everybody's. */
  performHealthCheck() {
    this.#checking ??= this.#check().finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  async #check() {
    const start = now();
    const found = { isHealthy: false, ...UNKNOWN_SERVER, error: null };
    let responseTime = null;
    try {
      await this.#connection.ping();
      responseTime = Math.round((now() - start) * 1000) / 1000;
      found.isHealthy = true;
      Object.assign(found, serverFacts(await this.#connection.getInfo()));
    } catch (error) {
      // A server that answers PING and not INFO, as an ACL user may find it, serves all the same.
      found.error = { code: error.redisCode ?? error.code, message: error.message };
      if (error.code !== 'E_REPLY') found.isHealthy = false;
    }
    this.#last = { ...found, lastCheck: today(), responseTime };
    this.#count(found.isHealthy, responseTime);
    return this.getHealthStatus();
  }

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

  /** What the last check found; a connection that was lost since is not healthy. */
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

  /** The same as `getHealthStatus()`. */
  get healthStatus() {
    return this.getHealthStatus();
  }

  isHealthy() {
    return this.getHealthStatus().isHealthy;
  }

  getMetrics() {
    const { isHealthy, responseTime, errorCount, ...found } = this.getHealthStatus();
    const numbers = Object.keys(SERVER_NUMBERS).map((name) => [name, found[name]]);
    return {
      isHealthy,
      responseTime,
      errorCount,
      ...Object.fromEntries(numbers),
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

  /** A fresh check with everything that helps to read it. */
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

function serverFacts(info) {
  const lines = new Map(info.split('\r\n').map((line) => line.split(/:(.*)/s, 2)));
  const facts = {
    redisVersion: lines.get('redis_version') ?? null,
    memoryUsage: lines.get('used_memory_human') ?? null,
  };
  for (const [name, line] of Object.entries(SERVER_NUMBERS)) {
    facts[name] = lines.has(line) ? Number(lines.get(line)) : null;
  }
  return facts;
}

/** Of the server's lookups those that found a key; null before there were any. */
function percentage(hits, misses) {
  const all = (hits ?? 0) + (misses ?? 0);
  return all === 0 ? null : (100 * hits) / all;
}

module.exports = { Health };
