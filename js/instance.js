'use strict';

const { abortable } = require('./abort.js');
const { CacheAdapter, forgetInMaps } = require('./adapter.js');
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
const { WAITING, timeoutOf } = require('./options.js');
const { Registry } = require('./metrics/registry.js');
const { protocol } = require('./protocol.js');
const { whenReady } = require('./readiness.js');
const { SharedClient } = require('./shared-client.js');
const { surfaceOf } = require('./surface.js');
const { hubOf } = require('./topic/hub.js');
const { MAX_TIMER_MS, now } = require('./time.js');

/** @import { ConfigureOptions, CreateClientOptions, OrgCache, ReadyOptions, RedisClient as Client } from '../index.js' */
/** @import { RedisManager as Manager, ShutdownOptions, ShutdownResult } from '../index.js' */
/** @import { Failure } from './errors.js' */
/** @import { OnEvent } from './native-types.js' */

/** @typedef {ConfigureOptions & Record<string, unknown>} Options */
/** The methods of a logger. It must have at least one. */
const LOGGING = ['error', 'warn', 'info', 'debug', 'trace', 'log'];

/** One instance of the package: its parts, and what concerns all of them. */
class Instance {
  /** @type {Options} */
  #options = {};
  #context = new Context();
  /** @type {InstanceType<typeof NativeEvents>} */
  #events;
  /** @type {InstanceType<typeof Bridge>} */
  #bridge;
  /** @type {InstanceType<typeof Connections>} */
  #connections;
  /** @type {InstanceType<typeof Inspection>} */
  #inspection;
  #cacheAdapter;
  #cacheManager;
  #redisManager;
  #redisMigrationManager;
  /** @type {InstanceType<typeof SharedClient>} */
  #sharedClient;
  #Manager;
  /**
   * Instances that were made because a test cleared `RedisManager.instance`.
   * @type {Set<OrgCache>}
   */
  #successors = new Set();
  /** @type {Promise<ShutdownResult> | undefined} */
  #ending;
  /**
   * What a shutdown ends before it closes the connections.
   * @type {Set<import('./surface.js').Ending>}
   */
  #endings = new Set();
  /**
   * Rooms of JavaScript that keep something of organizations.
   * @type {Set<import('./surface.js').Eraser>}
   */
  #erasers = new Set();
  #environment;

  /** @param {InstanceType<typeof Environment>} environment */
  constructor(environment) {
    this.#environment = environment;
    const [options, context] = [this.#options, this.#context];
    const events = new NativeEvents(context);
    const bridge = new Bridge(options, events.take, { context, environment });
    const connections = new Connections({ bridge, options, environment, log: events.take, context });
    const makeClient = () => asClient(new RedisClient({ connections }));
    const inspection = new Inspection({ bridge, connections, makeClient });
    const sharedClient = new SharedClient(connections);
    const calls = new CacheCalls(bridge);
    const shutdown = this.shutdown;
    events.describe = () => inspection.condition();

    [this.#events, this.#bridge, this.#connections] = [events, bridge, connections];
    [this.#inspection, this.#sharedClient] = [inspection, sharedClient];
    this.#cacheManager = new CacheManager({ bridge, calls, inspection });
    this.#redisManager = new RedisManager({ bridge, makeClient, inspection, sharedClient, shutdown });
    const adapter = this.#adapterOn(calls);
    this.#cacheAdapter = adapter;
    bridge.onErase((organization) => ({
      name: 'maps',
      entries: forgetInMaps(adapter.fallbackMaps, organization),
    }));
    this.#redisMigrationManager = new RedisMigrationManager({
      cacheAdapter: this.#cacheAdapter,
      acknowledging: this.#adapterOn(new CacheCalls(bridge, { acknowledged: true })),
      copying: this.#adapterOn(new CacheCalls(bridge, { copied: true })),
      inspection,
      redisManager: this.#redisManager,
      events,
    });
    this.#Manager = singletonOf(this.#redisManager, () => this.#successor());
  }

  /** What applications see. */
  get surface() {
    const [bridge, context, events] = [this.#bridge, this.#context, this.#events];
    const metrics = new Registry(() => ({ report: bridge.report(), dedicated: this.#connections.dedicated }));
    return surfaceOf({
      cacheAdapter: this.#cacheAdapter,
      cacheManager: this.#cacheManager,
      configure: this.configure,
      createClient,
      createInstance,
      foundation: {
        bridge,
        context,
        events,
        client: () => this.#inspection.client,
        hub: hubOf({ bridge, connections: this.#connections, events }),
        metrics,
        environment: this.#environment,
        endings: this.#endings,
        erasers: this.#erasers,
      },
      ready: this.ready,
      RedisManager: this.#Manager,
      redisManager: this.#redisManager,
      redisMigrationManager: this.#redisMigrationManager,
      reset: this.reset,
      shutdown: this.shutdown,
    });
  }

  /** @param {InstanceType<typeof CacheCalls>} calls */
  #adapterOn(calls) {
    const [inspection, cacheManager] = [this.#inspection, this.#cacheManager];
    const events = this.#events.emitter;
    return new CacheAdapter({ calls, inspection, events, cacheManager, shutdown: this.shutdown });
  }

  #successor() {
    const given = { ...this.#options, logger: this.#events.logger };
    const successor = this.#context.run(createInstance, given);
    this.#successors.add(successor);
    return successor.redisManager;
  }

  /**
   * Sets options. Allowed only before the first call.
   * @param {ConfigureOptions} [given]
   */
  configure = (given = {}) => {
    const bridge = this.#bridge;
    if (bridge.isClosed || bridge.isOpen) {
      throw new OrgCacheError(
        'E_CONFIG',
        'configure() came too late: call it once, before the first call of the cache',
      );
    }
    const { logger, ...others } = checkedOptions(given, 'configure()');
    if (logger !== undefined) this.#events.logger = logger;
    Object.assign(this.#options, others);
    bridge.knownConfig = undefined;
    this.#connectAtOnce();
  };

  /** Connects now if the configuration says so. The first call reports errors of the configuration. */
  #connectAtOnce() {
    try {
      if (this.#bridge.isEager) this.#bridge.open();
    } catch (error) {
      if (/** @type {Failure} */ (error).code !== 'E_CONFIG') throw error;
    }
  }

  /**
   * Not an async function: a second call gets the same promise.
   * @param {ShutdownOptions} [options]
   */
  shutdown = (options) => {
    const end = () => {
      const ending = this.#ending ?? this.#end(timeoutOf(options));
      this.#ending = ending;
      return ending;
    };
    return abortable(options, end, WAITING);
  };

  /**
   * Workers of queues are closed while their handlers can still use everything else.
   * @param {number} timeoutMs
   */
  async #end(timeoutMs) {
    const endings = [...this.#endings].filter(({ isIdle }) => !isIdle);
    if (endings.length === 0) return this.#close(timeoutMs);
    const until = now() + timeoutMs;
    const withinMs = Math.min(timeoutMs, MAX_TIMER_MS);
    await Promise.all(endings.map((ending) => ending.end(withinMs)));
    return this.#close(Math.max(0, until - now()));
  }

  /** @param {number} timeoutMs */
  async #close(timeoutMs) {
    const others = [...this.#successors].map((successor) => successor.shutdown({ timeoutMs }));
    const ended = await Promise.all([this.#connections.shutdown(timeoutMs), ...others]);
    return {
      flushed: ended.every(({ flushed }) => flushed),
      journalEntries: ended.reduce((sum, { journalEntries }) => sum + journalEntries, 0),
    };
  }

  /** Closes at once. The next `configure()` or call starts over, with the environment of that time. */
  reset = async () => {
    /** @type {Promise<unknown>[]} */
    const ended = [...this.#successors].map((successor) => successor.shutdown({ timeoutMs: 0 }));
    ended.push(this.#connections.reset());
    this.#successors.clear();
    await Promise.all([...ended, this.#bridge.reset()]);
    this.#ending = undefined;
    for (const name of Object.keys(this.#options)) delete this.#options[name];
    this.#events.logger = undefined;
    const [adapter, migration] = [this.#cacheAdapter, this.#redisMigrationManager];
    for (const part of [adapter, this.#inspection, this.#redisManager, migration, this.#sharedClient]) {
      part[ON_RESET]();
    }
    this.#Manager.instance = this.#redisManager;
  };

  /** @param {ReadyOptions} [options] */
  ready = (options) => {
    const timeoutMs = options?.timeoutMs;
    const connectTimeout = () => this.#bridge.config().settings.connectTimeout.value;
    const wait = async () =>
      whenReady(
        { bridge: this.#bridge, client: this.#inspection.client },
        timeoutMs === undefined ? connectTimeout() : timeoutOf(options),
      );
    return abortable(options, wait, WAITING);
  };
}

/**
 * Makes one instance of the package, with its own configuration, connections and shutdown; `require('orgcache')`
 * gives the first. Starts nothing, unless `given` has `lazyConnect: false`. The instance reads its `environment` on first use.
 * @param {ConfigureOptions} [given]
 * @param {InstanceType<typeof Environment>} [environment]
 * @returns {OrgCache}
 */
function createInstance(given, environment = new Environment()) {
  const instance = new Instance(environment);
  if (given !== undefined) instance.configure(given);
  return instance.surface;
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
  // The configured default is the prefix of the shared client; a client of its own has none unless it asks.
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
 * If `instance` was cleared, the next `getInstance()` makes one, which reads the environment anew.
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
