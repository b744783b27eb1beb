'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { SECRET, readable, sessionsContract, someone } = require('../support/sessions-contract');
const { until } = require('../support/wait');

describe.each(['loop', 'thread'])('sessions in a cluster with the %s driver', (driver) => {
  let cluster;
  let orgcache;
  const open = () => openPackage({ clusterHosts: cluster.hosts.join(','), driver, logLevel: 'off' });

  beforeAll(async () => {
    cluster = await startCluster();
    orgcache = open();
  });

  sessionsContract(() => orgcache, open);

  test('each user’s are in one slot, and users all over the cluster', async () => {
    await cluster.flush();
    const sessions = orgcache.createSessions({ secret: SECRET, namespace: 'spread' });
    await Promise.all(Array.from({ length: 50 }, () => sessions.create({ userId: someone() })));
    const keys = await cluster.keys('*!session:spread:{*');
    const slots = new Set(await Promise.all(keys.map((key) => cluster.slotOf(key))));
    expect(keys).toHaveLength(50);
    expect(slots.size).toBeGreaterThan(40);
  });

  test.each(['stay', 'have moved'])(
    'all of a user end while their slot is half-way and they %s',
    async (where) => {
      const namespace = `half-way-${where.length}`;
      const sessions = orgcache.createSessions({ secret: SECRET, namespace });
      const userId = someone();
      const made = await Promise.all([{ userId }, { userId }].map((given) => sessions.create(given)));
      const [key] = await cluster.keys(`*!session:${namespace}:{*`);
      const slot = await cluster.slotOf(key);
      const from = await cluster.ownerOfSlot(slot);
      const move = await cluster.beginMove(
        slot,
        (await cluster.primaries()).find((node) => node !== from),
      );
      if (where === 'have moved') await move.migrate([key]);
      expect(await sessions.destroyAll(userId)).toBe('destroyed');
      const ids = made.map(({ id }) => id);
      expect(await readable(sessions, ids)).toEqual([]);
      await move.finish();
      expect(await readable(sessions, ids)).toEqual([]);
    },
  );

  test('ends while a primary is dead are carried out by the replica that takes over', async () => {
    const sessions = orgcache.createSessions({ secret: SECRET, namespace: 'failover' });
    const made = await Promise.all(Array.from({ length: 60 }, () => sessions.create({ userId: someone() })));
    const [primary] = await cluster.primaries();
    const [replica] = await cluster.replicasOf(primary);
    await primary.kill();
    const outcomes = await Promise.all(
      made.slice(0, 30).map(({ id }) => until(() => sessions.destroy(id), { timeoutMs: 10_000 })),
    );
    expect(new Set(outcomes)).toEqual(new Set(['destroyed', 'journalled']));
    await cluster.hasTakenOver(replica);
    const elsewhere = open().createSessions({ secret: SECRET, namespace: 'failover' });
    const left = async () => {
      const ids = await readable(
        elsewhere,
        made.map(({ id }) => id),
      );
      return ids.length === 30;
    };
    await until(left, { timeoutMs: 20_000 });
    await primary.restart();
    await cluster.settled();
  }, 60_000);
});

describe('sessions behind sentinels', () => {
  let group;
  const open = () => openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });

  sessionsContract(async () => {
    group = await startSentinels();
    return open();
  }, open);

  test('that were ended stay so on the new primary after a failover', async () => {
    const sessions = open().createSessions({ secret: SECRET });
    const userId = someone();
    const [one, two, three] = await Promise.all(
      [{ userId }, { userId }, {}].map((given) => sessions.create(given)),
    );
    await group.settled();
    await sessions.destroy(one.id);
    await group.failover();
    const ids = [one, two, three].map(({ id }) => id);
    const left = () => readable(sessions, ids).catch(() => []);
    await until(async () => (await left()).length === 2, { timeoutMs: 20_000 });
    expect(await until(() => sessions.destroyAll(userId))).toBe('destroyed');
    expect(await left()).toEqual([three.id]);
  }, 60_000);
});
