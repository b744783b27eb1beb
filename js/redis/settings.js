'use strict';

const { Bridge } = require('../bridge.js');
const { inForce } = require('../client/endpoint.js');

/** @import { RedisConfig } from '../entry/redis.js' */
/** @import { Settings } from '../report-types.js' */

/** @typedef {InstanceType<typeof import('../environment.js').Environment>} Environment */

/**
 * Every setting as native code tells it: variable, value, source, what counts. Asking starts nothing.
 * @param {object} options
 * @param {Environment} environment
 */
function settingsOf(options, environment) {
  return new Bridge(options, () => {}, { environment }).config().settings;
}

/**
 * The fields of `config`, each by how it is read from the settings. Some have the name that ioredis gives them, too.
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
 * The options that fields with other names stand for.
 * @type {Record<string, string>}
 */
const OPTIONS = {
  database: 'db',
  maxRetriesPerRequest: 'maxRetries',
  retryDelayOnFailover: 'retryDelay',
};
/** They are told, and cannot be chosen. */
const TOLD = ['environment', 'autoPipelining'];

/**
 * The configuration as it is when a field is read: servers fill their environment after they import. A value that is
 * assigned to a field counts for the next connection. `held` knows the settings and the environment that they come from,
 * and is given what is assigned.
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
