'use strict';

const { startCluster } = require('../support/cluster');
const { leasesContract } = require('../support/leases-contract');
const { LONG, SECRET, limiterContract, someone } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { until } = require('../support/wait');

const DECISION_MS = 200;
const LATE_MS = 100;

describe.each(['loop', 'thread'])('a limiter in a cluster with the %s driver', (driver) => {
  let cluster;
  let orgcache;

  beforeAll(async () => {
    cluster = await startCluster();
    orgcache = openPackage({ clusterHosts: cluster.hosts.join(','), driver, logLevel: 'off' });
  });

  limiterContract(() => orgcache, { isShared: true });
  leasesContract(() => orgcache, { isShared: true });

  test('keeps the limits of an organization in one slot, and others all over the cluster', async () => {
    await cluster.flush();
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      decisionMs: 2000,
      policies: { p: { limit: 9, windowSeconds: LONG }, q: { limit: 9, windowSeconds: LONG } },
    });
    const slotsOf = async () => {
      const keys = (await cluster.keys('*!limit:*')).filter((key) => /:[pq]:/.test(key));
      return [keys.length, new Set(await Promise.all(keys.map((key) => cluster.slotOf(key)))).size];
    };
    for (let i = 0; i < 5; i += 1) {
      const who = { ...someone(), organizationId: 'org-1' };
      await limiter.consume([
        { policy: 'p', ...who },
        { policy: 'q', ...who },
      ]);
    }
    expect(await slotsOf()).toEqual([10, 1]);
    await cluster.flush();
    await Promise.all(Array.from({ length: 50 }, () => limiter.consume({ policy: 'p', ...someone() })));
    const [keys, slots] = await slotsOf();
    expect(keys).toBe(50);
    expect(slots).toBeGreaterThan(40);
  });

  test('admits no more than the limit where each call counts in two slots', async () => {
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      decisionMs: 5000,
      localDenySeconds: 0,
      policies: { user: { limit: 5, windowSeconds: LONG }, address: { limit: 40, windowSeconds: LONG } },
    });
    const address = { policy: 'address', kind: 'ip', id: `203.0.113.${driver === 'loop' ? 1 : 2}` };
    const people = Array.from({ length: 20 }, () => ({ policy: 'user', ...someone() }));
    const calls = people.flatMap((user) => Array.from({ length: 5 }, () => limiter.consume([user, address])));
    const admitted = (await Promise.all(calls)).filter(({ allowed }) => allowed).length;
    expect(admitted).toBe(40);
    // The users get back the cost of refused calls.
    const taken = async () => {
      const states = await Promise.all(people.map((user) => limiter.peek(user)));
      return states.reduce((sum, { remaining }) => sum + 5 - remaining, 0);
    };
    await until(async () => (await taken()) === 40);
  });

  test('gives back all that a refused call took, also of two checks that are one', async () => {
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      decisionMs: 5000,
      localDenySeconds: 0,
      policies: { user: { limit: 9, windowSeconds: LONG }, closed: { limit: 0, windowSeconds: LONG } },
    });
    const [user, other] = [
      { policy: 'user', ...someone() },
      { policy: 'closed', ...someone() },
    ];
    const decision = await limiter.consume([{ ...user, cost: 1 }, { ...user, cost: 5 }, other]);
    expect(decision.violated).toEqual(['closed']);
    await until(async () => (await limiter.peek(user)).remaining === 9);
  });

  test('counts the checks of a call over several slots as admitted if all of them are', async () => {
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      namespace: 'counted',
      decisionMs: 5000,
      localDenySeconds: 0,
      policies: {
        user: { limit: 100, windowSeconds: LONG },
        watched: { limit: 0, windowSeconds: LONG, mode: 'shadow' },
        narrow: { limit: 2, windowSeconds: LONG },
      },
    });
    const [user, watched, narrow] = ['user', 'watched', 'narrow'].map((policy) => ({ policy, ...someone() }));
    const checks = [{ ...user, cost: 4 }, user, watched, { ...narrow, cost: 0 }, narrow];
    for (let i = 0; i < 5; i += 1) {
      const { allowed } = await limiter.consume(checks);
      expect(allowed).toBe(i < 2);
      await until(async () => (await limiter.peek(user)).remaining === (i === 0 ? 96 : 92));
    }
    const { policies } = limiter.stats();
    expect(policies.user).toMatchObject({ allowed: 2, near: 0, limited: 0 });
    expect(policies.watched).toMatchObject({ allowed: 0, shadow: 5 });
    expect(policies.narrow).toMatchObject({ allowed: 2, near: 1, limited: 3 });
  });

  test('decides in time while a primary is dead, and by Redis once a replica has taken over', async () => {
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      decisionMs: DECISION_MS,
      policies: { p: { limit: 9, windowSeconds: LONG } },
    });
    const decide = async () => {
      const started = performance.now();
      const { allowed, source } = await limiter.consume({ policy: 'p', ...someone() });
      return { allowed, source, ms: performance.now() - started };
    };
    await until(async () => (await decide()).source === 'redis');
    const [primary] = await cluster.primaries();
    const [replica] = await cluster.replicasOf(primary);
    await primary.kill();
    const takingOver = cluster.hasTakenOver(replica);
    let isOver = false;
    takingOver.finally(() => {
      isOver = true;
    });
    const decisions = [];
    while (!isOver) decisions.push(await decide());
    await takingOver;
    expect(decisions.every(({ allowed }) => allowed)).toBe(true);
    expect(Math.max(...decisions.map(({ ms }) => ms))).toBeLessThan(DECISION_MS + LATE_MS);
    expect(new Set(decisions.map(({ source }) => source))).toEqual(new Set(['redis', 'local']));
    const areAllByRedis = async () => {
      const all = await Promise.all(Array.from({ length: 50 }, decide));
      return all.every(({ source }) => source === 'redis');
    };
    await until(areAllByRedis, { timeoutMs: 15_000 });
    await primary.restart();
    await cluster.settled();
  }, 60_000);
});

describe('a limiter behind sentinels', () => {
  let group;

  const open = async () => {
    group = await startSentinels();
    return openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });
  };
  limiterContract(open, { isShared: true });
  leasesContract(() => openPackage({ sentinelHosts: group.hosts, logLevel: 'off' }), { isShared: true });

  test('keeps counting on the new primary after a failover', async () => {
    const orgcache = openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });
    const limiter = orgcache.createLimiter({
      secret: SECRET,
      localDenySeconds: 0,
      policies: { p: { limit: 3, windowSeconds: LONG, algorithm: 'log' } },
    });
    const check = { policy: 'p', ...someone() };
    for (let i = 0; i < 3; i += 1) await until(async () => (await limiter.consume(check)).source === 'redis');
    await group.settled();
    await group.failover();
    const decision = await until(
      async () => {
        const next = await limiter.consume(check);
        return next.source === 'redis' && next;
      },
      { timeoutMs: 20_000 },
    );
    expect(decision).toMatchObject({ allowed: false, reason: 'limit' });
  }, 60_000);
});
