'use strict';

const { Bridge } = require('../bridge.js');
const { inForce } = require('../client/endpoint.js');

/** Every setting as native code tells it: variable, value, source, what counts. Asking starts nothing. */
function settingsOf(options) {
  return new Bridge(options, () => {}).config().settings;
}

/** The fields of `config`, each by how it is read from the settings. */
const FIELDS = {
  environment: () => process.env.NODE_ENV || 'development',
  host: ({ host }) => inForce(host),
  port: ({ port }) => inForce(port),
  username: ({ username }) => inForce(username),
  password: ({ password }) => inForce(password),
  database: ({ testDb }) => inForce(testDb),
  tls: ({ tls }) => inForce(tls),
  minPoolSize: ({ minPoolSize }) => inForce(minPoolSize),
  poolSize: ({ poolSize }) => inForce(poolSize),
  connectTimeout: ({ connectTimeout }) => inForce(connectTimeout),
  commandTimeout: ({ commandTimeout }) => inForce(commandTimeout),
  maxRetries: ({ maxRetries }) => inForce(maxRetries),
  retryDelay: ({ retryDelay }) => inForce(retryDelay),
  keepAlive: ({ keepAlive }) => inForce(keepAlive),
  family: ({ family }) => Number(inForce(family)),
  lazyConnect: ({ lazyConnect }) => inForce(lazyConnect),
  autoPipelining: () => true,
};

/** The configuration as it is when a field is read: servers fill their environment after they import. */
function liveConfig(read) {
  const config = {};
  for (const [name, pick] of Object.entries(FIELDS)) {
    Object.defineProperty(config, name, { get: () => pick(read()), enumerable: true });
  }
  return Object.freeze(config);
}

module.exports = { liveConfig, settingsOf };
