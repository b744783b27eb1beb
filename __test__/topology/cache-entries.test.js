'use strict';

const { startCluster } = require('../support/cluster');
const { entriesContract, never, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { queriesContract } = require('../support/queries-contract');

describe('caches in a cluster', () => {
  let cluster;
  let orgcache;

  beforeAll(async () => {
    cluster = await startCluster();
    orgcache = openPackage({ clusterHosts: cluster.hosts.join(','), logLevel: 'off' });
  });

  entriesContract(() => orgcache);
  queriesContract(() => orgcache);

  test('keep what belongs to an organization in one slot, and organizations all over the cluster', async () => {
    await cluster.flush();
    const name = unique('slots');
    const cache = orgcache.createCache({ name });
    const organizations = Array.from({ length: 20 }, (_, index) => cache.org(`org-${index}`));
    const values = await Promise.all(
      organizations.map((org) =>
        org.getOrSetMany(['a', 'b'], (keys) => new Map(keys.map((key) => [key, key])), { tags: ['t'] }),
      ),
    );
    for (const both of values) expect([...both.values()]).toEqual(['a', 'b']);
    const keys = await cluster.keys('*');
    const slots = new Set(await Promise.all(keys.map((key) => cluster.slotOf(key))));
    expect(keys.length).toBeGreaterThanOrEqual(60);
    expect(slots.size).toBeLessThanOrEqual(20);
    expect(slots.size).toBeGreaterThan(10);
    for (const org of organizations) expect(await org.getOrSet('a', never)).toBe('a');
  });
});
