'use strict';

const { startCluster } = require('../support/cluster');
const { erasureContract } = require('../support/erasure-contract');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');

const OPTIONS = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

/** Reads the content of every key of these servers, by its name. */
async function snapshotOf(servers) {
  const all = new Map();
  for (const server of servers) {
    for (const key of await server.keys()) all.set(key, String(await server.commandBuffer('DUMP', key)));
  }
  return all;
}

describe('an erasure in a cluster', () => {
  let cluster;

  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);

  beforeEach(() => cluster.flush());

  erasureContract(() => openPackage({ ...OPTIONS, clusterHosts: cluster.hosts }), {
    snapshot: async () => snapshotOf(await cluster.primaries()),
  });
});

describe('an erasure behind sentinels', () => {
  let sentinels;

  beforeAll(async () => {
    sentinels = await startSentinels();
  }, 60_000);

  beforeEach(async () => (await sentinels.primary()).command('FLUSHALL'));

  erasureContract(() => openPackage({ ...OPTIONS, sentinelHosts: sentinels.hosts }), {
    snapshot: async () => snapshotOf([await sentinels.primary()]),
  });
});
