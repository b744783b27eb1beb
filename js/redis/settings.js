'use strict';

const { Bridge } = require('../bridge.js');
const { inForce } = require('../client/endpoint.js');

/** @import { RedisConfig } from '../entry/redis.js' */
/** @import { Settings } from '../report-types.js' */

/** @typedef {InstanceType<typeof import('../environment.js').Environment>} Environment */

/**
 * Every setting from native code: variable, value, source, value in force. Asking starts nothing.
 * @param {object} options
 * @param {Environment} environment
 */
function settingsOf(options, environment) {
  return new Bridge(options, () => {}, { environment }).config().settings;
}

/**
 * The fields of `config`, each with a function that reads it from the settings. Some also have ioredis's name.
 * @type {Record<keyof RedisConfig, (settings: Settings, environment: Environment) => unknown>}
 */
const FIELDS = {
  environment: (_settings, environment) => environment.get('NODE_ENV') || 'development',
  host: ({ host }) => inForce(host),
  port: ({ port }) => inForce(port),
  username: ({ username }) => inForce(username),
  password: ({ password }) => inForce(password),
  database: ({ testDb }) => inForce(testDb),
  db: ({ testDb }) => inForce(testDb),
  tls: ({ tls }) => inForce(tls),
  minPoolSize: ({ minPoolSize }) => inForce(minPoolSize),
  poolSize: ({ poolSize }) => inForce(poolSize),
  connectTimeout: ({ connectTimeout }) => inForce(connectTimeout),
  commandTimeout: ({ commandTimeout }) => inForce(commandTimeout),
  maxRetries: ({ maxRetries }) => inForce(maxRetries),
  maxRetriesPerRequest: ({ maxRetries }) => inForce(maxRetries),
  retryDelay: ({ retryDelay }) => inForce(retryDelay),
  retryDelayOnFailover: ({ retryDelay }) => inForce(retryDelay),
  keepAlive: ({ keepAlive }) => inForce(keepAlive),
  family: ({ family }) => Number(inForce(family)),
  lazyConnect: ({ lazyConnect }) => inForce(lazyConnect),
  autoPipelining: () => true,
};

/**
 * The options behind fields with other names.
 * @type {Record<string, string>}
 */
const OPTIONS = {
  database: 'db',
  maxRetriesPerRequest: 'maxRetries',
  retryDelayOnFailover: 'retryDelay',
};
/** Read-only fields. */
const TOLD = ['environment', 'autoPipelining'];

/**
 * The configuration at the time when a field is read: servers fill their environment after the import. A value that
 * is assigned to a field counts for the next connection. `held` has the settings and their environment, and stores
 * assigned values.
 * @param {{ settings(): Settings, environment: Environment, assign(option: string, value: unknown): void }} held
 */
function liveConfig(held) {
  const config = /** @type {RedisConfig} */ ({});
  for (const [name, pick] of Object.entries(FIELDS)) {
    const set = TOLD.includes(name)
      ? undefined
      : (/** @type {unknown} */ value) => held.assign(OPTIONS[name] ?? name, value);
    Object.defineProperty(config, name, {
      get: () => pick(held.settings(), held.environment),
      set,
      enumerable: true,
      configurable: true,
    });
  }
  return config;
}

module.exports = { liveConfig, settingsOf };
