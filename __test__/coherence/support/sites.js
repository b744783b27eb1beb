'use strict';

const { startProxy } = require('../../faults/support/proxy');
const { startRedis } = require('../../support/redis');

// The servers under a load. `options` are the package's. With `server` a foreign process writes there, without the package.

const SITES = {
  /** A server behind a proxy. */
  async single() {
    const redis = await startRedis();
    const proxy = await startProxy(redis);
    return {
      redis,
      proxy,
      options: { url: proxy.url },
      server: { host: redis.host, port: redis.port },
      async stop() {
        await proxy.stop();
        await redis.stop();
      },
    };
  },

  /** As `single`, with a second server, to which the proxy may lead new connections. */
  async pair() {
    const site = await SITES.single();
    const second = await startRedis();
    return {
      ...site,
      second,
      async stop() {
        await site.stop();
        await second.stop();
      },
    };
  },
};

module.exports = { SITES };
