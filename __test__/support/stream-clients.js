'use strict';

const { Redis } = require('ioredis');

/** The clients that a consumer group works with: each is opened with a URL. */
const CLIENTS = [
  {
    name: 'ioredis',
    open(url, options) {
      const client = new Redis(url, options);
      // Servers are killed on purpose, and ioredis prints what nobody listens to.
      client.on('error', () => {});
      return client;
    },
  },
];

module.exports = { CLIENTS };
