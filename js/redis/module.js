'use strict';

const { Connection } = require('./connection.js');
const { Health } = require('./health.js');
const { liveConfig } = require('./settings.js');

/** @import { ConfigureOptions, ShutdownOptions } from '../../index.js' */
/** @import { RedisConnection, RedisModule } from '../entry/redis.js' */

/**
 * The process's one Redis connection with its health checks. Starts nothing.
 * @returns {RedisModule}
 */
function createRedisModule() {
  const held = new Connection();
  const config = liveConfig(held);
  const health = new Health(held, config);
  /** @type {Promise<boolean> | undefined} */
  let initializing;

  /**
   * Connects and starts the health checks. Answers true when Redis answers. Rejects with the reason if it does not
   * answer within the connect timeout; connecting then goes on.
   * @param {ConfigureOptions} [options]
   */
  function initializeRedis(options) {
    // The result of a connection that was closed meanwhile does not count for the next.
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
    // An interval that was chosen before stays.
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

  const connection = connectionOf(held);

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

/**
 * The methods that applications have of the connection.
 * @param {InstanceType<typeof Connection>} held
 * @returns {RedisConnection}
 */
function connectionOf(held) {
  return {
    connect: (options) => held.connect(options),
    getClient: () => held.getClient(),
    isRedisConnected: () => held.isRedisConnected(),
    executeCommand: (name, ...args) => /** @type {Promise<any>} */ (held.executeCommand(name, ...args)),
    disconnect: (options) => held.disconnect(options),
    ping: () => held.answers(),
    getInfo: (section) => held.getInfo(section),
  };
}

module.exports = { createRedisModule };
