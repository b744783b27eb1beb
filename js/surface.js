'use strict';

const { cachesOf } = require('./cache/index.js');
const { eraserOf } = require('./erasure/index.js');
const { OrgCacheError } = require('./errors.js');
const { limitersOf, readyPolicies } = require('./limiter/index.js');
const { metricsOf } = require('./metrics/index.js');
const { protocol } = require('./protocol.js');
const { queuesOf } = require('./queue/index.js');
const { sessionsOf } = require('./session/index.js');
const { installSignalHandlers } = require('./signals.js');
const { createConsumerGroup } = require('./streams/consumer-group.js');
const { topic, topicsOf } = require('./topic/index.js');

/** @import { OrgCache, RedisManager as Manager, SignalHandlerOptions } from '../index.js' */

/**
 * Methods of the singleton that the package also exports as functions.
 * @typedef {'closeRedis' | 'getConnectionInfo' | 'getKeyPrefix' | 'getRedis' | 'prefixKey' | 'redisHealthCheck' |
 *   'unprefixKey'} Asked
 */

/**
 * Work of a room that needs the connections while it ends.
 * @typedef {object} Ending
 * @property {boolean} isIdle Whether there is nothing to end.
 * @property {(withinMs: number) => Promise<unknown>} end Ends it within that time. Never rejects.
 */

/**
 * What keeps something of organizations where native code does not erase it.
 * @typedef {object} Eraser
 * @property {string} place Its name in the report.
 * @property {(organization: string) => Promise<number>} erase Answers how many entries there were.
 * @property {(organization: string) => Promise<number>} remaining How many are left.
 */

/**
 * What an instance lends to each of its rooms.
 * @typedef {object} Foundation
 * @property {InstanceType<typeof import('./bridge.js').Bridge>} bridge
 * @property {InstanceType<typeof import('./context.js').Context>} context
 * @property {InstanceType<typeof import('./events.js').NativeEvents>} events
 * @property {() => import('../index.js').RedisClient} client Answers a client that is opened on first use.
 * @property {() => InstanceType<typeof import('./topic/hub.js').Hub>} hub The subscriptions of rooms, made on first use.
 * @property {InstanceType<typeof import('./metrics/registry.js').Registry>} metrics Rooms add their numbers to it.
 * @property {InstanceType<typeof import('./environment.js').Environment>} environment
 * @property {Set<Ending>} endings What a shutdown ends before it closes the connections.
 * @property {Set<Eraser>} erasers What an erasure of an organization asks besides native code.
 */

/**
 * Everything that an instance is made of and that is public, and what its rooms stand on.
 * @typedef {Pick<OrgCache, 'cacheAdapter' | 'cacheManager' | 'configure' | 'createClient' | 'createInstance' | 'ready' |
 *   'RedisManager' | 'redisManager' | 'redisMigrationManager' | 'reset' | 'shutdown'> &
 *   { foundation: Foundation }} Parts
 */

/**
 * The one list of public names: what `require('orgcache')` answers. `scripts/surface.mjs` writes index.mjs from it, and
 * the type `OrgCache` must have the same names.
 * @param {Parts} parts
 * @returns {OrgCache}
 */
function surfaceOf(parts) {
  const { RedisManager, shutdown } = parts;
  const ask = askerOf(RedisManager);
  return {
    cacheAdapter: parts.cacheAdapter,
    cacheManager: parts.cacheManager,
    closeRedis: ask('closeRedis'),
    configure: parts.configure,
    ...cachesOf(parts.foundation),
    createClient: parts.createClient,
    createConsumerGroup,
    createInstance: parts.createInstance,
    createLimiter: limitersOf(parts.foundation),
    ...queuesOf(parts.foundation),
    createSessions: sessionsOf(parts.foundation),
    createTopics: topicsOf(parts.foundation),
    eraseOrganization: eraserOf(parts.foundation),
    getConnectionInfo: ask('getConnectionInfo'),
    getKeyPrefix: ask('getKeyPrefix'),
    getRedis: ask('getRedis'),
    installSignalHandlers: (/** @type {SignalHandlerOptions | undefined} */ given) =>
      installSignalHandlers(shutdown, given),
    metrics: metricsOf(parts.foundation),
    // Users see no constructor.
    OrgCacheError: /** @type {OrgCache['OrgCacheError']} */ (/** @type {unknown} */ (OrgCacheError)),
    prefixKey: ask('prefixKey'),
    ready: parts.ready,
    readyPolicies,
    RedisManager,
    redisHealthCheck: ask('redisHealthCheck'),
    redisManager: parts.redisManager,
    redisMigrationManager: parts.redisMigrationManager,
    reset: parts.reset,
    shutdown,
    topic,
    unprefixKey: ask('unprefixKey'),
    version: protocol.version,
    [Symbol.asyncDispose]: () => /** @type {Promise<any>} */ (shutdown()),
  };
}

/**
 * Makes functions that call a method of the current singleton.
 * @param {OrgCache['RedisManager']} RedisManager
 */
function askerOf(RedisManager) {
  /**
   * @template {Asked} Method
   * @param {Method} method
   */
  return (method) =>
    /** @type {Manager[Method]} */ (
      (/** @type {any[]} */ ...given) => {
        const manager = /** @type {Record<Asked, (...given: any[]) => any>} */ (RedisManager.getInstance());
        return manager[method](...given);
      }
    );
}

module.exports = { surfaceOf };
