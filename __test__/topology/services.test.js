'use strict';

const { Cluster: IoCluster } = require('ioredis');
const { CacheService } = require('../../js/cache-service/service.js');
const { Keyv5Store } = require('../../js/keyv/keyv5-store.js');
const { KeyvStore } = require('../../js/keyv/keyv-store.js');
const { Cluster: OwnCluster } = require('../../js/ioredis/index.js');
const { LimitStore } = require('../../js/limit-store/express-store.js');
const { RedisStore, SessionStore } = require('../../js/session-store/stores.js');
const { onEnd } = require('../support/cleanup');
const { startCluster } = require('../support/cluster');
const { parseExposition } = require('../support/exposition');
const { openPackage } = require('../support/package');

/** Enough for keys on every primary, and for several pages of SCAN. */
const MANY = 2000;
const KEYS = Array.from({ length: MANY }, (_, i) => `k${i}`);

let cluster;
let orgcache;

beforeAll(async () => {
  cluster = await startCluster();
  orgcache = openPackage({ clusterHosts: cluster.hosts.join(','), logLevel: 'off' });
});

beforeEach(() => cluster.flush());

test('the cache service reads, writes and invalidates on all primaries of a cluster', async () => {
  const service = new CacheService(orgcache);
  await service.mset(Object.fromEntries(KEYS.map((key, i) => [key, i])));
  expect(await service.mget(KEYS)).toEqual([...KEYS.keys()]);
  expect(await service.deleteMany(KEYS.slice(0, 100))).toBe(100);
  await service.set('other', 1);
  expect(await service.invalidatePattern('k*')).toBe(MANY - 100);
  expect(await cluster.keys('*')).toEqual(['other']);
  expect(await service.healthCheck()).toMatchObject({ status: 'healthy', connected: true });
  expect(await service.getMemoryUsage()).toBeGreaterThan(100_000);
  expect(await service.clearAll()).toBe(true);
  expect(await cluster.keys('*')).toEqual([]);
});

test.each([
  ['Keyv 6', KeyvStore],
  ['Keyv 5', Keyv5Store],
])('the store for %s lists and clears its namespace on all primaries of a cluster', async (_name, Store) => {
  const [store, other] = [new Store(orgcache, { namespace: 'a' }), new Store(orgcache, { namespace: 'b' })];
  await Promise.all(KEYS.map((key) => store.set(key, key)));
  await other.set('kept', '1');
  expect(await store.getMany(KEYS)).toEqual(KEYS);
  const seen = new Set();
  for await (const [key] of store.iterator()) seen.add(key);
  expect(seen.size).toBe(MANY);
  await store.clear();
  expect(await store.getMany(KEYS.slice(0, 10))).toEqual(Array(10).fill(undefined));
  expect(await cluster.keys('*')).toHaveLength(1);
});

const nodesOf = () =>
  cluster.hosts.map((host) => ({ host: host.split(':')[0], port: Number(host.split(':')[1]) }));
const CLIENTS = [
  ['the client of the package', () => orgcache.redisManager.getClient()],
  ['a cluster of ioredis', () => new IoCluster(nodesOf())],
  ['a cluster of ioredis with a prefix', () => new IoCluster(nodesOf(), { keyPrefix: 'app:' })],
  ['a cluster of orgcache/ioredis', () => new OwnCluster(nodesOf())],
];

test.each(CLIENTS)('stores of sessions over %s work on all primaries of a cluster', async (name, make) => {
  const client = make();
  if (name !== CLIENTS[0][0]) onEnd(() => client.disconnect());
  const store = new RedisStore(undefined, { client });
  const names = KEYS.slice(0, 300);
  await Promise.all(names.map((id) => store.set(id, { id, cookie: {} })));
  expect(await store.length()).toBe(300);
  expect((await store.all()).map(({ id }) => id).sort()).toEqual([...names].sort());
  for (const id of names.slice(0, 20)) {
    const [one, two] = [await store.get(id), await store.get(id)];
    one.one = two.two = true;
    await store.set(id, one);
    await store.set(id, two);
    expect(await store.get(id)).toMatchObject({ one: true, two: true });
    await store.destroy(id);
    await store.set(id, { cookie: {} });
    expect(await store.get(id)).toBe(null);
  }
  await store.clear();
  expect(await store.ids()).toEqual([]);
  expect((await cluster.keys('*')).filter((key) => !key.endsWith('}:gone'))).toEqual([]);
});

test('stores of sessions read from primaries, wherever other reads go', async () => {
  const options = { clusterHosts: cluster.hosts.join(','), scaleReads: 'replica', logLevel: 'off' };
  const store = new SessionStore(openPackage(options));
  for (const [n, id] of KEYS.slice(0, 200).entries()) {
    await store.set(id, { n, cookie: {} });
    // A replica would not have it yet, or would once not.
    expect(await store.get(id)).toMatchObject({ n });
  }
});

test('the store for express-rate-limit counts in a cluster, and forgets all of its prefix', async () => {
  const [store, other] = ['a', 'b'].map((prefix) => new LimitStore(orgcache, { prefix }));
  for (const each of [store, other]) each.init({ windowMs: 60_000, limit: 1 });
  const hits = async (each) => {
    const counts = await Promise.all(KEYS.slice(0, 100).map((key) => each.increment(key)));
    return new Set(counts.map(({ totalHits }) => totalHits));
  };
  expect([await hits(store), await hits(store), await hits(other)]).toEqual([
    new Set([1]),
    new Set([2]),
    new Set([1]),
  ]);
  await store.resetAll();
  expect([await hits(store), await hits(other)]).toEqual([new Set([1]), new Set([2])]);
});

test('metrics() has each primary of a cluster', async () => {
  await orgcache.ready();
  const families = parseExposition(await orgcache.metrics(), 'prometheus');
  const nodesOf = (name) => new Set(families.get(name).samples.map(({ labels }) => labels.node));
  expect(nodesOf('orgcache_node_state').size).toBe(3);
  expect(nodesOf('orgcache_redis_memory_bytes')).toEqual(nodesOf('orgcache_node_state'));
  expect(families.get('orgcache_redis_up').samples.map(({ value }) => value)).toEqual([1, 1, 1]);
});
