'use strict';

const { Redis } = require('ioredis');

/** The clients that a consumer group works with: each is opened with a URL. */
const CLIENTS = [
  {
    name: 'ioredis',
    open(url, options) {
      // A connection that is gone already is otherwise waited for two seconds at the end of a file.
      const client = new Redis(url, { disconnectTimeout: 100, ...options });
      // Servers are killed on purpose, and ioredis prints what nobody listens to.
      client.on('error', () => {});
      return client;
    },
  },
];

module.exports = { CLIENTS };
