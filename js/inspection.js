'use strict';

const { ON_RESET } = require('./on-reset.js');
const { sentenceOf } = require('./errors.js');
const { protocol } = require('./protocol.js');
const { whenKnown } = require('./readiness.js');
const { now } = require('./time.js');

/** @import { Condition, RedisClient, RedisHealth } from '../index.js' */
/** @import { Failure } from './errors.js' */
/** @import { StateReport } from '../types/reports.js' */
/** @import { Report } from './report-types.js' */

/** @typedef {InstanceType<typeof import('./bridge.js').Bridge>} Bridge */
/** @typedef {InstanceType<typeof import('./client/connections.js').Connections>} Connections */

/** Statistics and health checks, made from the report of native code. */
class Inspection {
  #bridge;
  #makeClient;
  /** @type {RedisClient | undefined} */
  #client;
  #connections;

  /** @param {{ bridge: Bridge, connections: Connections, makeClient: () => RedisClient }} parts */
  constructor({ bridge, connections, makeClient }) {
    this.#bridge = bridge;
    this.#connections = connections;
    this.#makeClient = makeClient;
  }

  /** A separate client: changes that a server makes to its own client must not affect the health check. */
  get client() {
    this.#client ??= this.#makeClient();
    return this.#client;
  }

  [ON_RESET]() {
    this.#client = undefined;
  }

  report() {
    return this.#bridge.report();
  }

  /** Waits for the first attempt to connect, so that statistics do not report an outage that does not exist. */
  async known() {
    await whenKnown(this.#bridge, protocol.limits.knownWithinMs);
  }

  get usesRedis() {
    return this.#bridge.usesRedis;
  }

  set usesRedis(isOn) {
    this.#bridge.usesRedis = isOn;
  }

  /** Whether a value that is set now outlives this process, or no Redis is configured to keep it. */
  isStoring(report = this.report()) {
    return !report.config.useRedis || (report.usesRedis && isConnected(report));
  }

  get isRedisDisabled() {
    return this.#bridge.isRedisDisabled;
  }

  /** The state of the connection: state, since when, last error, journal, breaker, reconnects. */
  condition() {
    return condition(this.report());
  }

  redisMetrics(report = this.report()) {
    return {
      ...report.counters,
      avgResponseTime: report.meanResponseMs,
      isConnected: isConnected(report),
      ...condition(report),
      driver: report.driver,
      pool: { ...report.pool, dedicated: this.#connections.dedicated },
      nodes: report.nodes,
      latencies: report.latencies,
    };
  }

  cacheStats(report = this.report()) {
    return {
      redis: this.redisMetrics(report),
      fallback: { size: report.memory.entries, enabled: true, ...report.memory },
      config: {
        keyPrefix: report.config.keyPrefix,
        defaultTTL: report.config.defaultTtlSeconds,
        compressionThreshold: report.config.compressionThresholdBytes,
      },
    };
  }

  async cacheHealth() {
    const redis = await this.redisHealth();
    const { entries } = this.report().memory;
    return {
      status: overall(redis),
      redis,
      cache: { status: 'healthy', fallbackEnabled: true, fallbackSize: entries },
    };
  }

  /**
   * Asks the server, within the command timeout. Never rejects because Redis is away.
   * @returns {Promise<RedisHealth>}
   */
  async redisHealth() {
    const info = 'USE_REDIS is false';
    /** @type {Omit<RedisHealth, keyof Condition>} */
    const disabled = { status: 'disabled', message: info, responseTime: 0, memory: null, info };
    const report = this.report();
    if (!report.config.useRedis) return { ...disabled, ...condition(report) };
    const start = now();
    try {
      const answer = healthy(await this.client.info('memory'), this.report().state);
      const responseTime = elapsedMs(start);
      const message = `Redis answered within ${Math.ceil(responseTime)} ms`;
      return { ...answer, message, responseTime, ...condition(this.report()) };
    } catch (error) {
      if (/** @type {Failure} */ (error).code === 'E_CLOSED') throw error;
      return {
        status: 'unhealthy',
        message: sentenceOf(error),
        responseTime: elapsedMs(start),
        memory: null,
        error: sentenceOf(error),
        ...condition(this.report()),
      };
    }
  }
}

/**
 * If a configured Redis does not answer, the cache answers from memory, which is less than was asked for.
 * @param {RedisHealth} redis
 * @returns {'degraded' | 'healthy'}
 */
function overall({ status }) {
  return status === 'unhealthy' ? 'degraded' : 'healthy';
}

/** @param {Report} report */
function isConnected({ config, state }) {
  return config.useRedis && (state.state === 'ready' || state.state === 'recovering');
}

/**
 * The state of the connection to Redis, whether Redis answers or not.
 * @param {Report} report
 * @returns {Condition}
 */
function condition({ state, journal, breaker, counters }) {
  return {
    state: state.state,
    stateSince: state.since,
    lastError: state.lastError,
    journal,
    breaker,
    reconnects: counters.reconnects,
  };
}

/**
 * @param {string} info
 * @param {StateReport} server
 */
function healthy(info, { state, serverVersion, protocol }) {
  return {
    status: /** @type {const} */ ('healthy'),
    memory: field(info, 'used_memory_human'),
    info: { ...memoryInfo(info), state, serverVersion, protocol },
  };
}

/**
 * Rounded to three decimals, for people.
 * @param {number} start
 */
function elapsedMs(start) {
  return Math.round((now() - start) * 1000) / 1000;
}

/** @param {string} info */
function memoryInfo(info) {
  return {
    usedMemoryBytes: Number(field(info, 'used_memory')),
    maxMemoryBytes: Number(field(info, 'maxmemory')),
    maxMemoryPolicy: field(info, 'maxmemory_policy'),
  };
}

/**
 * @param {string} info
 * @param {string} name
 */
function field(info, name) {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1].trim() ?? null;
}

module.exports = { Inspection };
