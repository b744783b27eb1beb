'use strict';

const { startCluster } = require('../support/cluster');
const { entriesContract, never, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { queriesContract } = require('../support/queries-contract');
const { until } = require('../support/wait');

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

describe('caches in a half-moved slot', () => {
  let cluster;

  beforeAll(async () => {
    cluster = await startCluster({ replicas: 0 });
  }, 60_000);

  test.each(['loop', 'thread'])(
    'have their script told to the node that takes the slot over, with the %s driver',
    async (driver) => {
      const orgcache = openPackage({ clusterHosts: cluster.hosts.join(','), driver, logLevel: 'off' });
      const name = unique('half-moved');
      const cache = orgcache.createCache({ name, graceSeconds: 60 });
      // Every node has a connection, and so the scripts, before one of them forgets the scripts.
      const organizations = Array.from({ length: 20 }, (_, index) => `org-${index}`);
      await Promise.all(organizations.map((organization) => cache.org(organization).set('a', organization)));
      const [key] = await cluster.keys(`*!entry:{org-7}:${name}:a`);
      const slot = await cluster.slotOf(key);
      const from = await cluster.ownerOfSlot(slot);
      const to = (await cluster.primaries()).find((node) => node !== from);
      const move = await cluster.beginMove(slot, to);
      await move.migrate([key]);
      await to.command('SCRIPT', 'FLUSH');
      await to.command('CONFIG', 'RESETSTAT');
      expect(await cache.org('org-7').get('a')).toBe('org-7');
      const stats = await to.command('INFO', 'commandstats');
      // A script that does not come behind ASKING is refused there, and the call goes round once more.
      expect(stats).toMatch(/cmdstat_eval:calls=1,.*rejected_calls=0,/);
      await move.finish();
      await orgcache.shutdown({ timeoutMs: 500 });
    },
  );

  test.each([
    ['a tag has moved before its entry', 'loop', '*!tag:{org-9}:t'],
    ['a tag has moved before its entry', 'thread', '*!tag:{org-9}:t'],
    ['an entry has moved before its tag', 'loop', '*!entry:{org-9}:*:k'],
    ['an entry has moved before its tag', 'thread', '*!entry:{org-9}:*:k'],
  ])('answer from Redis once the slot is whole where %s, with the %s driver', async (_, driver, first) => {
    const options = { clusterHosts: cluster.hosts.join(','), driver, near: false, logLevel: 'off' };
    const [writer, reader] = [openPackage(options), openPackage(options)];
    await cluster.flush();
    const name = unique('tag-moved');
    const [own, other] = [writer, reader].map((one) =>
      one.createCache({ name, graceSeconds: 60, tags: ['t'] }).org('org-9'),
    );
    await own.set('k', 'older');
    // Its memory has what was there before.
    expect(await other.get('k')).toBe('older');
    await own.set('k', 'newer');
    const [key] = await cluster.keys(first);
    const slot = await cluster.slotOf(key);
    const from = await cluster.ownerOfSlot(slot);
    const to = (await cluster.primaries()).find((node) => node !== from);
    const move = await cluster.beginMove(slot, to);
    await move.migrate([key]);
    const asked = first.includes('tag') ? from : to;
    await asked.command('CONFIG', 'RESETSTAT');
    const answer = other.get('k');
    // The script has been refused: it has asked for the tag.
    await until(async () => /cmdstat_eval(sha)?:calls=/.test(await asked.command('INFO', 'commandstats')));
    await move.finish();
    expect(await answer).toBe('newer');
    await Promise.all([writer, reader].map((one) => one.shutdown({ timeoutMs: 500 })));
  });
});
