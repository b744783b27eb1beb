'use strict';

const { abortable } = require('./abort.js');
const { CacheAdapter } = require('./adapter.js');
const { ON_RESET } = require('./on-reset.js');
const { Bridge } = require('./bridge.js');
const { CacheCalls } = require('./cache-calls.js');
const { RedisClient } = require('./client/client.js');
const { Connections } = require('./client/connections.js');
const { Context } = require('./context.js');
const { Environment } = require('./environment.js');
const { OrgCacheError } = require('./errors.js');
const { Inspection } = require('./inspection.js');
const { CacheManager, RedisManager } = require('./managers.js');
const { RedisMigrationManager } = require('./migration.js');
const { NativeEvents } = require('./events.js');
const { limitersOf } = require('./limiter/index.js');
const { WAITING, timeoutOf } = require('./options.js');
const { protocol } = require('./protocol.js');
const { whenReady } = require('./readiness.js');
const { SharedClient } = require('./shared-client.js');
const { surfaceOf } = require('./surface.js');

/** @import { ConfigureOptions, CreateClientOptions, OrgCache, ReadyOptions, RedisClient as Client } from '../index.js' */
/** @import { RedisManager as Manager, ShutdownOptions, ShutdownResult } from '../index.js' */
/** @import { Failure } from './errors.js' */
/** @import { OnEvent } from './native-types.js' */

/** @typedef {ConfigureOptions & Record<string, unknown>} Options */
/** The methods of a logger. It must have at least one. */
const LOGGING = ['error', 'warn', 'info', 'debug', 'trace', 'log'];

/**
 * Makes one instance of the package, with its own configuration, connections and shutdown; `require('orgcache')`
 * gives the first. Starts nothing. The instance reads its `environment` on first use.
 * @param {ConfigureOptions} [given]
 * @param {InstanceType<typeof Environment>} [environment]
 * @returns {OrgCache}
 */
function createInstance(given, environment = new Environment()) {
  /** @type {Options} */
  const options = {};
  const context = new Context();
  const events = new NativeEvents(context);
  const bridge = new Bridge(options, events.take, { context, environment });
  const calls = new CacheCalls(bridge);
  const connections = new Connections({ bridge, options, environment, log: events.take, context });
  const sharedClient = new SharedClient(connections);
  const makeClient = () => asClient(new RedisClient({ connections }));
  const inspection = new Inspection({ bridge, connections, makeClient });
  /**
   * Further instances that replaced `redisManager`.
   * @type {Set<OrgCache>}
   */
  const successors = new Set();
  events.describe = () => inspection.condition();

  /**
   * Sets options. Allowed only before the first call.
   * @param {ConfigureOptions} [given]
   */
  function configure(given = {}) {
    if (bridge.isClosed || bridge.isOpen) {
      throw new OrgCacheError(
        'E_CONFIG',
        'configure() came too late: call it once, before the first call of the cache',
      );
    }
    const { logger, ...others } = checkedOptions(given, 'configure()');
    if (logger !== undefined) events.logger = logger;
    Object.assign(options, others);
    bridge.knownConfig = undefined;
    connectAtOnce();
  }

  /** Connects now if the configuration says so. The first call reports errors of the configuration. */
  function connectAtOnce() {
    try {
      if (bridge.isEager) bridge.open();
    } catch (error) {
      if (/** @type {Failure} */ (error).code !== 'E_CONFIG') throw error;
    }
  }

  /** @type {Promise<ShutdownResult> | undefined} */
  let ending;

  /**
   * Not an async function: a second call gets the same promise.
   * @param {ShutdownOptions} [options]
   */
  function shutdown(options) {
    const end = () => {
      const timeoutMs = timeoutOf(options);
      for (const successor of successors) successor.shutdown({ timeoutMs });
      ending ??= connections.shutdown(timeoutMs);
      return ending;
    };
    return abortable(options, end, WAITING);
  }

  /** Closes at once. The next `configure()` or call starts over, with the environment of that time. */
  async function reset() {
    /** @type {Promise<unknown>[]} */
    const ended = [...successors].map((successor) => successor.shutdown({ timeoutMs: 0 }));
    ended.push(connections.reset());
    successors.clear();
    await Promise.all([...ended, bridge.reset()]);
    ending = undefined;
    for (const name of Object.keys(options)) delete options[name];
    events.logger = undefined;
    for (const part of [cacheAdapter, inspection, redisManager, redisMigrationManager, sharedClient]) {
      part[ON_RESET]();
    }
    Manager.instance = redisManager;
  }

  /** @param {ReadyOptions} [options] */
  function ready(options) {
    const timeoutMs = options?.timeoutMs;
    const wait = async () =>
      whenReady(
        { bridge, client: inspection.client },
        timeoutMs === undefined ? connectTimeout() : timeoutOf(options),
      );
    return abortable(options, wait, WAITING);
  }

  const connectTimeout = () => bridge.config().settings.connectTimeout.value;

  const cacheManager = new CacheManager({ bridge, calls, inspection });
  const redisManager = new RedisManager({ bridge, makeClient, inspection, sharedClient, shutdown });
  const adapterOn = (/** @type {InstanceType<typeof CacheCalls>} */ writes) =>
    new CacheAdapter({ calls: writes, inspection, events: events.emitter, cacheManager, shutdown });
  const cacheAdapter = adapterOn(calls);
  const createLimiter = limitersOf({ bridge, context, events, client: () => inspection.client });
  const redisMigrationManager = new RedisMigrationManager({
    cacheAdapter,
    acknowledging: adapterOn(new CacheCalls(bridge, { acknowledged: true })),
    copying: adapterOn(new CacheCalls(bridge, { copied: true })),
    inspection,
    redisManager,
    events,
  });
  const Manager = singletonOf(redisManager, () => {
    const successor = context.run(createInstance, { ...options, logger: events.logger });
    successors.add(successor);
    return successor.redisManager;
  });
  if (given !== undefined) configure(given);

  return surfaceOf({
    cacheAdapter,
    cacheManager,
    configure,
    createClient,
    createInstance,
    createLimiter,
    ready,
    RedisManager: Manager,
    redisManager,
    redisMigrationManager,
    reset,
    shutdown,
  });
}

/**
 * A client with its own configuration and connections, which end with it. `options` are those of `configure()`, or
 * a URL. `keyPrefix` is the prefix of its keys.
 * @param {CreateClientOptions | string} [given]
 */
function createClient(given = {}) {
  const asked = typeof given === 'string' ? { url: given } : checkedOptions(given, 'createClient()');
  const { keyPrefix: clientKeyPrefix, logger, ...others } = asked;
  const options = clientKeyPrefix === undefined ? others : { ...others, clientKeyPrefix };
  const events = new NativeEvents();
  if (logger !== undefined) events.logger = logger;
  /** @type {OnEvent} */
  const log = (name, json) => name === protocol.events.log && events.take(name, json);
  const [context, environment] = [new Context(), new Environment()];
  const asConfigured = new Bridge(options, log, { hasJournal: false, context, environment }).config();
  const { settings, prefixChannels, lazyConnect } = asConfigured;
  // The default is that of the shared client.
  const keyPrefix = settings.clientKeyPrefix.source === 'default' ? '' : asConfigured.clientKeyPrefix;
  options.clientKeyPrefix = keyPrefix;
  const connections = new Connections({ options, environment, log, context });
  const client = new RedisClient({ connections, keyPrefix, prefixesChannels: prefixChannels, isOwner: true });
  if (!lazyConnect) client.connect().catch(() => {});
  return asClient(client);
}

/**
 * The client with its public type: its commands are methods that are defined at run time.
 * @param {unknown} client
 */
function asClient(client) {
  return /** @type {Client} */ (client);
}

/**
 * Checks the shape of options for `configure()`. Native code checks their values.
 * @template {ConfigureOptions} Given
 * @param {Given} given
 * @param {string} what
 */
function checkedOptions(given, what) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', `${what} takes an object of options`);
  }
  const logger = /** @type {Record<string, unknown> | undefined} */ (given.logger);
  const isLogger = logger === undefined || LOGGING.some((method) => typeof logger?.[method] === 'function');
  if (isLogger) return given;
  throw new OrgCacheError(
    'E_CONFIG',
    `the option logger must have a method named ${LOGGING.slice(0, -1).join(', ')} or ${LOGGING.at(-1)}`,
  );
}

/**
 * The class through which servers get the one manager: `getInstance()`, and `instance`, which tests assign to.
 * Without an instance, the next call makes one that reads the environment anew.
 * @param {Manager} own
 * @param {() => Manager} makeAnother
 * @returns {OrgCache['RedisManager']}
 */
function singletonOf(own, makeAnother) {
  function Singleton() {
    return makeAnother();
  }
  const Manager = /** @type {OrgCache['RedisManager']} */ (/** @type {unknown} */ (Singleton));
  Manager.instance = own;
  Manager.getInstance = () => {
    Manager.instance ??= makeAnother();
    return Manager.instance;
  };
  return Object.defineProperty(Manager, Symbol.hasInstance, {
    value: (/** @type {unknown} */ value) => value instanceof RedisManager,
  });
}

module.exports = { createInstance };
