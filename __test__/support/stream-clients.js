'use strict';

const { Redis } = require('ioredis');
const { openPackage } = require('./package');

/**
 * The clients that a consumer group works with. `open(url, { failsAtOnce })` answers one; with `failsAtOnce` its
 * commands fail as soon as no connection could be made.
 */
const CLIENTS = [
  {
    name: 'ioredis',
    open(url, { failsAtOnce = false } = {}) {
      // A connection that is gone already is otherwise waited for two seconds at the end of a file.
      const retries = failsAtOnce ? { maxRetriesPerRequest: 0 } : {};
      const client = new Redis(url, { disconnectTimeout: 100, ...retries });
      // Servers are killed on purpose, and ioredis prints errors without a listener.
      client.on('error', () => {});
      return client;
    },
  },
  {
    name: 'getRedis()',
    open(url, { failsAtOnce = false, clientKeyPrefix = '' } = {}) {
      const retries = failsAtOnce ? { maxRetries: 0 } : {};
      return openPackage({ url, clientKeyPrefix, logLevel: 'off', ...retries }).getRedis();
    },
  },
];

module.exports = { CLIENTS };
