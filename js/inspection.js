'use strict';

const { performance } = require('node:perf_hooks');

/** What stats and health checks show, from the report of native code. */
class Inspection {
  #bridge;
  #client;

  constructor(bridge, client) {
    this.#bridge = bridge;
    this.#client = client;
  }

  report() {
    return this.#bridge.report();
  }

  get usesRedis() {
    return this.#bridge.usesRedis;
  }

  set usesRedis(isOn) {
    this.#bridge.usesRedis = isOn;
  }

  redisMetrics(report = this.report()) {
    const { counters, state } = report;
    return {
      ...counters,
      avgResponseTime: report.meanResponseMs,
      isConnected: report.config.useRedis && (state.state === 'ready' || state.state === 'recovering'),
      state: state.state,
      stateSince: state.since,
      lastError: state.lastError,
      driver: report.driver,
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
    return { redis, cache: { status: 'healthy', fallbackEnabled: true, fallbackSize: entries } };
  }

  /** Asks the server, within the command timeout. Never rejects because Redis is away. */
  async redisHealth() {
    if (!this.report().config.useRedis)
      return { status: 'disabled', responseTime: 0, memory: null, info: 'USE_REDIS is false' };
    const start = performance.now();
    try {
      const info = await this.#client.info('memory');
      const responseTime = Math.round((performance.now() - start) * 1000) / 1000;
      const { state } = this.report();
      const memory = field(info, 'used_memory_human');
      return {
        status: 'healthy',
        responseTime,
        memory,
        info: {
          ...memoryInfo(info),
          state: state.state,
          serverVersion: state.serverVersion,
          protocol: state.protocol,
        },
      };
    } catch (error) {
      if (error.code === 'E_CLOSED') throw error;
      const responseTime = Math.round((performance.now() - start) * 1000) / 1000;
      return {
        status: 'unhealthy',
        responseTime,
        memory: null,
        error: `${error.redisCode ?? error.code}: ${error.message}`,
      };
    }
  }
}

function memoryInfo(info) {
  return {
    usedMemoryBytes: Number(field(info, 'used_memory')),
    maxMemoryBytes: Number(field(info, 'maxmemory')),
    maxMemoryPolicy: field(info, 'maxmemory_policy'),
  };
}

function field(info, name) {
  return new RegExp(`^${name}:(.*)$`, 'm').exec(info)?.[1].trim() ?? null;
}

module.exports = { Inspection };
