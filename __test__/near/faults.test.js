'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { near, startWatchProxy, untilNear } = require('../support/near');
const { until } = require('../support/wait');

const MAX_STALENESS_MS = 600;
/** A busy machine adds this to a time limit. */
const SLACK_MS = 150;
const OPTIONS = {
  logLevel: 'off',
  commandTimeout: 500,
  connectTimeout: 2000,
  near: { maxStalenessMs: MAX_STALENESS_MS },
};

describe.each(['loop', 'thread'])('copies and faults, with the %s driver', (driver) => {
  test('no copy is older than the bound while the watch connection is cut off, and copies come back', async () => {
    const redis = await startRedis();
    const proxy = await startWatchProxy(redis);
    const orgcache = openPackage({ ...OPTIONS, url: proxy.url, driver });
    const { cacheAdapter: adapter } = orgcache;
    await adapter.set('a', 0);
    await untilNear(orgcache, () => adapter.get('a'));
    const [key] = await redis.keys('*kv:a*');
    proxy.cutWatchConnections();
    await redis.command('SET', key, '1', 'PX', '60000');
    const writtenAt = performance.now();
    const late = [];
    let answers = 0;
    await until(
      async () => {
        const beganAt = performance.now();
        const value = await adapter.get('a');
        answers += 1;
        if (value !== 1 && beganAt - writtenAt > MAX_STALENESS_MS + SLACK_MS) late.push(beganAt - writtenAt);
        return beganAt - writtenAt > 3 * MAX_STALENESS_MS;
      },
      { everyMs: 1, timeoutMs: 10_000 },
    );
    expect({ late, answers }).toEqual({ late: [], answers: expect.any(Number) });
    await until(async () => (await near(orgcache)).mode === 'off', { timeoutMs: 10_000 });
    expect(await adapter.get('a')).toBe(1);
    proxy.heal();
    expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(1);
  }, 40_000);

  test('a server that is stopped is answered for by copies, and its own answers count afterwards', async () => {
    const redis = await startRedis();
    const orgcache = openPackage({ ...OPTIONS, url: redis.url, driver, memoryMaxBytes: 1024 });
    const { cacheAdapter: adapter } = orgcache;
    const keys = Array.from({ length: 50 }, (_, index) => `k${index}`);
    await Promise.all(keys.map((key) => adapter.set(key, `value of ${key}`.repeat(4))));
    for (const key of keys) await untilNear(orgcache, () => adapter.get(key));
    redis.pause();
    try {
      const pausedAt = performance.now();
      while (performance.now() - pausedAt < 3 * MAX_STALENESS_MS) {
        expect(await adapter.get('k7')).toBe('value of k7'.repeat(4));
      }
      const values = await adapter.getMany(keys);
      expect(values).toEqual(keys.map((key) => `value of ${key}`.repeat(4)));
      await adapter.set('k1', 'newer');
      expect(await adapter.get('k1')).toBe('newer');
    } finally {
      redis.resume();
    }
    await until(async () => (await adapter.healthCheck()).redis.state === 'ready', { timeoutMs: 15_000 });
    expect(await adapter.get('k1')).toBe('newer');
    expect(await untilNear(orgcache, () => adapter.get('k2'))).toBe('value of k2'.repeat(4));
  }, 40_000);

  test('a server that comes back empty has no values, in copies either', async () => {
    const redis = await startRedis();
    const orgcache = openPackage({ ...OPTIONS, url: redis.url, driver });
    const { cacheAdapter: adapter } = orgcache;
    await adapter.set('a', 1);
    await untilNear(orgcache, () => adapter.get('a'));
    await redis.restart();
    await until(async () => (await adapter.healthCheck()).redis.state === 'ready', { timeoutMs: 15_000 });
    expect(await adapter.get('a')).toBeNull();
    await adapter.set('a', 2);
    expect(await untilNear(orgcache, () => adapter.get('a'))).toBe(2);
  }, 40_000);
});
