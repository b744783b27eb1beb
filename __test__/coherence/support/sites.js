'use strict';

const { startProxy } = require('../../faults/support/proxy');
const { startCluster } = require('../../support/cluster');
const { startRedis } = require('../../support/redis');
const { startSentinels } = require('../../support/sentinel');

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

  async sentinels() {
    const group = await startSentinels({ replicas: 1 });
    return {
      group,
      options: { sentinelHosts: group.hosts },
      stop: () => Promise.all([...group.sentinels, ...group.servers].map((server) => server.stop())),
    };
  },

  async cluster() {
    const cluster = await startCluster({ replicas: 0 });
    return {
      cluster,
      options: { clusterHosts: cluster.hosts },
      stop: () => Promise.all(cluster.nodes.map((node) => node.stop())),
    };
  },
};

module.exports = { SITES };
