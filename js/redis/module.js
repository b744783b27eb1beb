'use strict';

const { Connection } = require('./connection.js');
const { Health } = require('./health.js');
const { liveConfig } = require('./settings.js');

/** @import { ConfigureOptions, ShutdownOptions } from '../../index.js' */
/** @import { RedisConnection, RedisModule } from '../entry/redis.js' */

/**
 * The process's one Redis connection with its health checks. Nothing is started.
 * @returns {RedisModule}
 */
function createRedisModule() {
  const held = new Connection();
  const config = liveConfig(held);
  const health = new Health(held, config);
  /** @type {Promise<boolean> | undefined} */
  let initializing;

  /**
   * Connects and begins to check the server's health. Answers true when Redis is there; rejects with the reason where it
   * is not within the connect timeout. Connecting goes on then.
   * @param {ConfigureOptions} [options]
   */
  function initializeRedis(options) {
    // One that was closed meanwhile tells nothing of the next.
    if (!held.isOpen) initializing = undefined;
    if (initializing !== undefined) return initializing;
    const own = initialize(options).finally(() => {
      if (initializing === own) initializing = undefined;
    });
    initializing = own;
    return own;
  }

  /** @param {ConfigureOptions} [options] */
  async function initialize(options) {
    held.open(options);
    // An interval that somebody has chosen stays.
    if (health.healthCheckInterval === null) health.startHealthChecks();
    await held.whenConnected();
    await health.performHealthCheck();
    return held.isRedisConnected();
  }

  /** @param {ShutdownOptions} [options] */
  function shutdownRedis(options) {
    const closing = held.disconnect(options);
    if (!held.isOpen) health.stopHealthChecks();
    return closing;
  }

  /** @type {RedisConnection} */
  const connection = {
    connect: (options) => held.connect(options),
    getClient: () => held.getClient(),
    isRedisConnected: () => held.isRedisConnected(),
    executeCommand: (name, ...args) => /** @type {Promise<any>} */ (held.executeCommand(name, ...args)),
    disconnect: (options) => held.disconnect(options),
    ping: () => held.answers(),
    getInfo: (section) => held.getInfo(section),
  };

  return {
    initializeRedis,
    shutdownRedis,
    getRedisClient: connection.getClient,
    isRedisConnected: connection.isRedisConnected,
    getRedisHealth: () => health.getHealthStatus(),
    performHealthCheck: () => health.performHealthCheck(),
    connection,
    health,
    config,
  };
}

module.exports = { createRedisModule };
