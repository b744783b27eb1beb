'use strict';

const { CacheService } = require('../../js/cache-service/service.js');
const { Keyv5Store } = require('../../js/keyv/keyv5-store.js');
const { KeyvStore } = require('../../js/keyv/keyv-store.js');
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

test('metrics() has each primary of a cluster', async () => {
  await orgcache.ready();
  const families = parseExposition(await orgcache.metrics(), 'prometheus');
  const nodesOf = (name) => new Set(families.get(name).samples.map(({ labels }) => labels.node));
  expect(nodesOf('orgcache_node_state').size).toBe(3);
  expect(nodesOf('orgcache_redis_memory_bytes')).toEqual(nodesOf('orgcache_node_state'));
  expect(families.get('orgcache_redis_up').samples.map(({ value }) => value)).toEqual([1, 1, 1]);
});
