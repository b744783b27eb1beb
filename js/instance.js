'use strict';

const { abortable } = require('./abort.js');
const { CacheAdapter } = require('./adapter.js');
const { Bridge } = require('./bridge.js');
const { CacheCalls } = require('./cache-calls.js');
const { RedisClient } = require('./client/client.js');
const { Connections } = require('./client/connections.js');
const { OrgCacheError } = require('./errors.js');
const { Inspection } = require('./inspection.js');
const { CacheManager, RedisManager } = require('./managers.js');
const { RedisMigrationManager } = require('./migration.js');
const { Notices } = require('./notices.js');
const { timeoutOf } = require('./options.js');
const { protocol } = require('./protocol.js');
const { SharedClient } = require('./shared-client.js');
const { installSignalHandlers } = require('./signals.js');
const { createConsumerGroup } = require('./streams/consumer-group.js');

/** One instance of the package: what `require('orgcache')` gives. Nothing is started. */
function createInstance() {
  const options = {};
  const notices = new Notices();
  const bridge = new Bridge(options, notices.take);
  const calls = new CacheCalls(bridge);
  const connections = new Connections({ bridge, options, log: notices.take });
  const sharedClient = new SharedClient(connections);
  const client = new RedisClient({ connections });
  // A client of its own: what a server does with the one that it was given must not blind the health check.
  const inspection = new Inspection({ bridge, connections, client: new RedisClient({ connections }) });
  notices.describe = () => inspection.condition();

  /** Sets options. Only before the first call. */
  function configure(given = {}) {
    if (bridge.isClosed || bridge.isOpen) {
      throw new OrgCacheError(
        'E_CONFIG',
        'configure() came too late: call it once, before the first call of the cache',
      );
    }
    if (typeof given !== 'object' || given === null || Array.isArray(given)) {
      throw new OrgCacheError('E_CONFIG', 'configure() takes an object of options');
    }
    const { logger, ...others } = given;
    if (logger !== undefined) notices.logger = logger;
    Object.assign(options, others);
    connectAtOnce();
  }

  /** Where the configuration says so. What is wrong with it is the first call's to tell. */
  function connectAtOnce() {
    try {
      if (!bridge.config().lazyConnect) bridge.open();
    } catch (error) {
      if (error.code !== 'E_CONFIG') throw error;
    }
  }

  /** Not an async function: a second call gets the same promise. */
  function shutdown(options) {
    return abortable(options, () => {
      const timeoutMs = timeoutOf(options);
      connections.closeDedicated();
      return bridge.close(timeoutMs);
    });
  }

  const cacheManager = new CacheManager({ bridge, calls, inspection });
  const redisManager = new RedisManager({ bridge, client, inspection, sharedClient, shutdown });
  const adapterOn = (writes) =>
    new CacheAdapter({ calls: writes, inspection, events: notices.events, cacheManager, shutdown });
  const cacheAdapter = adapterOn(calls);
  const acknowledging = adapterOn(new CacheCalls(bridge, { acknowledged: true }));
  const redisMigrationManager = new RedisMigrationManager({
    cacheAdapter,
    acknowledging,
    inspection,
    redisManager,
    notices,
  });

  const { closeRedis, getConnectionInfo, getKeyPrefix, getRedis, prefixKey, redisHealthCheck, unprefixKey } =
    sharedClient;

  return {
    cacheAdapter,
    cacheManager,
    closeRedis,
    configure,
    createConsumerGroup,
    getConnectionInfo,
    getKeyPrefix,
    getRedis,
    installSignalHandlers: (given) => installSignalHandlers(shutdown, given),
    OrgCacheError,
    prefixKey,
    RedisManager: Object.freeze({ getInstance: () => redisManager }),
    redisHealthCheck,
    redisManager,
    redisMigrationManager,
    shutdown,
    unprefixKey,
    version: protocol.version,
    [Symbol.asyncDispose]: () => shutdown(),
  };
}

module.exports = { createInstance };
