'use strict';

const { Cluster } = require('ioredis');
const { createConsumerGroup } = require('../../js/streams/consumer-group.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { until } = require('../support/wait');

const CLIENTS = [
  {
    name: 'ioredis',
    open: (hosts) => new Cluster(hosts.map(addressOf), { redisOptions: { disconnectTimeout: 100 } }),
  },
  {
    name: 'getRedis()',
    open: (hosts) =>
      openPackage({ clusterHosts: hosts.join(','), clientKeyPrefix: '', logLevel: 'off' }).getRedis(),
  },
];

describe.each(CLIENTS)('a consumer group in a cluster over $name', ({ open }) => {
  let cluster;
  let client;

  beforeAll(async () => {
    cluster = await startCluster();
    client = await open(cluster.hosts);
    onEnd(() => client.disconnect());
  });

  test('shares the work, makes dead letters in one step, and goes on when the stream’s primary dies', async () => {
    const handled = [];
    const errors = [];
    const options = {
      client,
      stream: 'orders',
      group: 'workers',
      from: '0',
      minIdleMs: 500,
      maxDeliveries: 1,
      handler({ id, fields }) {
        handled.push(id);
        if (fields.n === 'poison') throw new Error('no such order');
      },
      onError: (_error, { during }) => errors.push(during),
    };
    const groups = [createConsumerGroup(options), createConsumerGroup(options)];
    onEnd(() => Promise.all(groups.map((group) => group.stop({ timeoutMs: 500 }))));
    await Promise.all(groups.map((group) => group.start()));

    const add = (n) => client.xadd('orders', '*', 'n', n);
    const ids = [await add('poison')];
    for (let n = 0; n < 100; n += 1) ids.push(await add(n));
    await until(() => handled.length >= ids.length, { timeoutMs: 10_000 });
    expect([...handled].sort()).toEqual([...ids].sort());
    expect(await client.xlen('{orders}:dead')).toBe(1);

    const primary = await cluster.ownerOf('orders');
    const [replica] = await cluster.replicasOf(primary);
    await primary.kill();
    await cluster.hasTakenOver(replica);
    const late = [];
    for (let n = 0; n < 20; n += 1) {
      late.push(await until(() => add(n), { timeoutMs: 10_000, what: 'the new primary to take entries' }));
    }
    await until(() => late.every((id) => handled.includes(id)), { timeoutMs: 15_000 });
    expect(groups.map((group) => group.stats().state)).toEqual(['running', 'running']);
  }, 60_000);
});

function addressOf(text) {
  const [host, port] = text.split(':');
  return { host, port: Number(port) };
}
