'use strict';

const { startCluster } = require('../support/cluster');
const { near, untilNear } = require('../support/near');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { until } = require('../support/wait');

const OPTIONS = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

describe('copies of a cluster', () => {
  let cluster;

  beforeAll(async () => {
    cluster = await startCluster();
  }, 60_000);

  describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
    let orgcache;
    let adapter;

    beforeEach(async () => {
      await cluster.flush();
      orgcache = openPackage({ ...OPTIONS, clusterHosts: cluster.hosts, driver });
      adapter = orgcache.cacheAdapter;
    });

    afterEach(() => orgcache.shutdown({ timeoutMs: 500 }));

    const keyOf = async (name) => {
      const keys = await cluster.keys(`*kv:*${name}*`);
      return keys[0];
    };

    test('come from each primary', async () => {
      const names = [...'abcdefghijkl'].map((letter) => `name-${letter}`);
      for (const name of names) {
        await adapter.set(name, name);
        expect(await untilNear(orgcache, () => adapter.get(name))).toBe(name);
      }
      expect(await near(orgcache)).toMatchObject({ mode: 'tracking', sessions: 3, entries: 12 });
      for (const name of names) {
        const key = await keyOf(name);
        await cluster.commandAt(key, 'SET', key, '1', 'PX', '60000');
        await until(async () => (await adapter.get(name)) === 1, { timeoutMs: 1000, everyMs: 1 });
      }
    });

    test('do not outlive a move of their slot, there and back', async () => {
      await adapter.set('moving', 0);
      const key = await keyOf('moving');
      const slot = await cluster.slotOf(key);
      for (let round = 1; round <= 2; round++) {
        expect(await untilNear(orgcache, () => adapter.get('moving'))).toBe(round - 1);
        const from = await cluster.ownerOfSlot(slot);
        const to = (await cluster.primaries()).find((node) => node !== from);
        const move = await cluster.beginMove(slot, to);
        await move.finish();
        await to.command('SET', key, String(round), 'PX', '60000');
        await until(async () => (await adapter.get('moving')) === round, { timeoutMs: 2000, everyMs: 1 });
      }
      expect(await untilNear(orgcache, () => adapter.get('moving'))).toBe(2);
    }, 60_000);

    test('are those of the new primary after a failover', async () => {
      await adapter.set('kept', 1);
      const key = await keyOf('kept');
      await untilNear(orgcache, () => adapter.get('kept'));
      const primary = await cluster.ownerOf(key);
      const [replica] = await cluster.replicasOf(primary);
      await cluster.failover(replica);
      await cluster.hasTakenOver(replica);
      await replica.command('SET', key, '2', 'PX', '60000');
      await until(async () => (await adapter.get('kept')) === 2, { timeoutMs: 15_000, everyMs: 5 });
      expect(await untilNear(orgcache, () => adapter.get('kept'))).toBe(2);
      await cluster.settled();
    }, 60_000);
  });
});

describe('copies behind sentinels', () => {
  test.each(['loop', 'thread'])(
    'are those of the new primary after a failover, with the %s driver',
    async (driver) => {
      const group = await startSentinels();
      const orgcache = openPackage({ ...OPTIONS, sentinelHosts: group.hosts, driver });
      const { cacheAdapter: adapter } = orgcache;
      await adapter.set('a', 1);
      await untilNear(orgcache, () => adapter.get('a'));
      await group.failover();
      const primary = await group.primary();
      const [key] = await until(async () => {
        const keys = await primary.keys('*kv:a*');
        return keys.length > 0 && keys;
      });
      await primary.command('SET', key, '2', 'PX', '60000');
      await until(async () => (await adapter.get('a')) === 2, { timeoutMs: 15_000, everyMs: 5 });
      expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(2);
    },
    60_000,
  );
});
