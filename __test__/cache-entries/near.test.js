'use strict';

const { channel } = require('node:diagnostics_channel');
const { setTimeout: delay } = require('node:timers/promises');
const v8 = require('node:v8');
const { never, slowFactory, unique } = require('../support/entries-contract');
const { killWatchConnections, startWatchProxy, watchConnections } = require('../support/near');
const { openPackage } = require('../support/package');
const { runProgram } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const LASTING = { ttlSeconds: 600, jitter: 0, earlyRefresh: false };

/** Reads until a copy answers. */
async function untilCopied(cache, key, value) {
  await until(
    async () => {
      await cache.get(key);
      return cache.peek(key) !== undefined;
    },
    { what: 'a copy', everyMs: 2 },
  );
  if (value !== undefined) expect(cache.peek(key)).toEqual(value);
}

describe.each(['loop', 'thread'])('copies of entries, with the %s driver', (driver) => {
  let orgcache;
  let other;
  const open = (options) =>
    openPackage({ url: redis.url, driver, logLevel: 'off', keyPrefix: `${driver}:`, ...options });

  beforeEach(() => {
    orgcache = open();
    // It shares nothing with the first but Redis, as another process does.
    other = open({ near: false });
  });

  /** Opens one cache in both instances. */
  function both(options) {
    const all = { name: unique('near'), ...LASTING, ...options };
    return [orgcache, other].map((instance) => instance.createCache(all).org('org-1'));
  }

  /** Commands that the server has carried out for scripts and reads of the caches. */
  const asked = async () => {
    const stats = await redis.command('INFO', 'commandstats');
    return [...stats.matchAll(/cmdstat_(?:get|evalsha):calls=(\d+)/g)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
  };

  test('answer every read after the second without a word to Redis, and are counted', async () => {
    const [cache] = both();
    await cache.set('k', { n: 1 });
    expect(cache.peek('k')).toBeUndefined();
    await untilCopied(cache, 'k', { n: 1 });
    const before = await asked();
    for (let i = 0; i < 50; i++) {
      expect(await cache.get('k')).toEqual({ n: 1 });
      expect(await cache.getOrSet('k', never)).toEqual({ n: 1 });
      expect(await cache.has('k')).toBe(true);
      expect(await cache.getMany(['k', 'k'])).toEqual([{ n: 1 }, { n: 1 }]);
    }
    expect(await asked()).toBe(before);
    expect(cache.peek('k')).not.toBe(cache.peek('k'));
  });

  test('are told of as `near`, by stats, metrics, reports and the channel', async () => {
    const name = unique('near');
    const whole = orgcache.createCache({ name, ...LASTING });
    const cache = whole.org('org-1');
    await cache.set('k', 1);
    await untilCopied(cache, 'k', 1);
    const before = (await whole.stats()).hits;
    const told = [];
    const listener = (message) => message.cache === name && told.push(message);
    channel('orgcache:operation').subscribe(listener);
    await cache.get('k');
    await cache.getOrSet('k', never);
    cache.peek('k');
    await Promise.all([cache.set('unrelated', 1), cache.get('k')]);
    channel('orgcache:operation').unsubscribe(listener);
    expect(told.map(({ operation, tier, hit }) => [operation, tier, hit])).toEqual([
      ['get', 'near', true],
      ['getOrSet', 'near', true],
      ['peek', 'near', true],
      ['get', 'near', true],
    ]);
    const { hits } = await whole.stats();
    expect([hits.near - before.near, hits.redis - before.redis]).toEqual([4, 0]);
    const { near } = await orgcache.cacheAdapter.getStats();
    expect(near.caches[name]).toMatchObject({ entries: 1, hits: expect.any(Number), sparse: false });
    expect(near.caches[name].hits).toBeGreaterThanOrEqual(4);
    const text = await orgcache.metrics();
    const counted = new RegExp(`orgcache_requests_total\\{cache="${name}",result="near"\\} (\\d+)`).exec(
      text,
    );
    expect(Number(counted[1])).toBe(hits.near);
  });

  test('show what another process writes, deletes, expires, clears and invalidates', async () => {
    const [cache, foreign] = both({ tags: ['t'] });
    const changes = [
      [() => foreign.set('k', 2), 2],
      [() => foreign.delete('k'), undefined],
      [() => foreign.expire('k'), undefined],
      [() => foreign.pull('k'), undefined],
      [() => foreign.clear(), undefined],
      [() => foreign.invalidateTags(['t']), undefined],
      [() => foreign.expireTags(['t']), undefined],
      [() => foreign.mutate({ tags: ['t'] }, async () => {}), undefined],
      [() => foreign.refresh('k', () => 3), 3],
    ];
    for (const [change, value] of changes) {
      await cache.set('k', 1);
      await untilCopied(cache, 'k', 1);
      await change();
      await until(async () => (await cache.get('k')) === value, { timeoutMs: 500, everyMs: 1 });
    }
  });

  test('never answer what this process has replaced, whether it was waited for or not', async () => {
    const [cache] = both({ tags: ['t'] });
    const changes = [
      (value) => cache.set('k', value),
      () => cache.delete('k'),
      () => cache.expire('k'),
      () => cache.pull('k'),
      () => cache.clear(),
      () => cache.invalidateTags(['t']),
      () => cache.expireTags(['t']),
      () => cache.mutate({ keys: ['k'] }, async () => {}),
    ];
    const refresh = (value) => cache.refresh('k', () => value);
    for (const change of [...changes, refresh]) {
      await cache.set('k', 'old');
      await untilCopied(cache, 'k', 'old');
      const changed = change('new');
      // A refresh changes the entry after its factory.
      if (change !== refresh) expect(cache.peek('k')).not.toBe('old');
      const atOnce = await cache.get('k');
      await changed;
      expect(['new', undefined]).toContain(await cache.get('k'));
      expect(cache.peek('k')).not.toBe('old');
      // `mutate`, `refresh` and `clear` take more than one round trip.
      if (atOnce !== undefined) expect(['new', 'old']).toContain(atOnce);
    }
    await cache.set('k', 'old');
    await untilCopied(cache, 'k', 'old');
    const written = cache.set('k', 'new');
    expect(await cache.get('k')).toBe('new');
    await written;
  });

  test('are told apart by organization, namespace and cache', async () => {
    const [cache] = both();
    const [second] = both();
    const theirs = orgcache.createCache({ name: unique('near'), ...LASTING });
    const all = [cache, second, cache.namespace('n'), theirs.org('org-2'), theirs.global()];
    for (const [index, one] of all.entries()) await one.set('k', index);
    for (const [index, one] of all.entries()) await untilCopied(one, 'k', index);
    await cache.set('k', 'changed');
    for (const [index, one] of all.slice(1).entries()) expect(one.peek('k')).toBe(index + 1);
  });

  test('keep what the serializer v8 keeps, and a kept undefined', async () => {
    const [cache] = both({ serializer: 'v8', negativeSeconds: 600 });
    const value = { at: new Date(0), bytes: Buffer.from('b'), big: 5n, map: new Map([[1, undefined]]) };
    await cache.set('k', value);
    await untilCopied(cache, 'k');
    // They are of another realm than the test.
    expect(v8.serialize(cache.peek('k'))).toEqual(v8.serialize(value));
    await cache.getOrSet('nothing', () => undefined);
    await until(
      async () => {
        const before = await asked();
        expect(await cache.getOrSet('nothing', never)).toBeUndefined();
        return (await asked()) === before;
      },
      { what: 'a copy of a kept undefined' },
    );
  });

  test('are refreshed before they end, without grace and tags', async () => {
    const [cache] = both({ ttlSeconds: 3, earlyRefresh: 0.2 });
    await cache.set('k', 'old');
    await untilCopied(cache, 'k');
    let runs = 0;
    await until(async () => {
      const value = await cache.getOrSet('k', () => {
        runs++;
        return 'new';
      });
      expect(['old', 'new']).toContain(value);
      return value === 'new';
    });
    expect(runs).toBe(1);
  });

  test('end after maxTtlSeconds, when Redis is asked again', async () => {
    const [cache] = both({ near: { maxTtlSeconds: 0.3 } });
    await cache.set('k', 1);
    await untilCopied(cache, 'k', 1);
    await until(() => cache.peek('k') === undefined, { timeoutMs: 2000, everyMs: 2 });
    expect(await cache.get('k')).toBe(1);
  });

  test('end with the watch connection, and come back with the next one', async () => {
    const [cache, foreign] = both();
    await cache.set('k', 1);
    await untilCopied(cache, 'k', 1);
    expect(await killWatchConnections(redis)).toBeGreaterThan(0);
    await foreign.set('k', 2);
    await until(async () => (await cache.get('k')) === 2, { timeoutMs: 1500, everyMs: 1 });
    await untilCopied(cache, 'k', 2);
  });

  test('answer nobody while they are switched off, for a cache or for the instance', async () => {
    const name = unique('near');
    const caches = [
      orgcache.createCache({ name, near: false, ...LASTING }),
      other.createCache({ name, near: true, ...LASTING }),
    ];
    for (const whole of caches) {
      const cache = whole.org('org-1');
      await cache.set('k', 1);
      for (let i = 0; i < 5; i++) expect(await cache.get('k')).toBe(1);
      expect(cache.peek('k')).toBeUndefined();
      expect((await whole.stats()).hits).toMatchObject({ near: 0, redis: 5 });
    }
    const copying = orgcache.createCache({ name, ...LASTING }).org('org-1');
    await untilCopied(copying, 'k', 1);
    await caches[0].org('org-1').set('k', 2);
    expect(copying.peek('k')).toBeUndefined();
  });

  test('a flight is not joined once another thread has written its key', async () => {
    const options = { name: unique('near'), ...LASTING };
    const [cache, thread] = [orgcache, open()].map((one) => one.createCache(options).org('org-1'));
    const slow = slowFactory();
    const first = cache.getOrSet('k', slow.factory);
    const joined = cache.getOrSet('k', never);
    const { resolve } = await slow.call();
    await thread.set('k', 'written');
    expect(await cache.getOrSet('k', never)).toBe('written');
    resolve('made');
    expect([await first, await joined]).toEqual(['made', 'made']);
    expect(await cache.get('k')).toBe('written');
  });

  test('callers wait for the factory of another process without asking, and hear of its end', async () => {
    const name = unique('near');
    const options = { name, ...LASTING, leaseMs: 60_000 };
    const [holder, waiting] = [orgcache, open({ keyPrefix: `${driver}:` })];
    const slow = slowFactory();
    const first = holder.createCache(options).org('org-1').getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    const held = async () =>
      Number(/orgcache_lease_total\{outcome="held"\} (\d+)/.exec(await waiting.metrics())[1]);
    const second = waiting.createCache(options).org('org-1').getOrSet('k', never);
    await until(async () => (await watchConnections(redis)).length > 0 && (await held()) > 0);
    // Longer than a caller that polls pauses.
    await delay(600);
    expect(await held()).toBeLessThanOrEqual(2);
    resolve('made');
    expect(await first).toBe('made');
    const { value, ms } = await within(10_000, second);
    expect(value).toBe('made');
    expect(ms).toBeLessThan(1500);
  });

  test('callers poll for the factory of another process where Redis does not tell of changes', async () => {
    const server = await startRedis({ users: ['user plain on >secret ~* &* +@all -client|tracking'] });
    const url = `redis://plain:secret@127.0.0.1:${server.port}`;
    const options = { name: unique('near'), ...LASTING, leaseMs: 60_000 };
    const [holder, waiting] = [0, 1].map(() => open({ url }).createCache(options).org('org-1'));
    const slow = slowFactory();
    const first = holder.getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    const second = waiting.getOrSet('k', never);
    resolve('made');
    expect(await first).toBe('made');
    expect((await within(10_000, second)).value).toBe('made');
  });

  test('answer an outage in their ttl, then in their grace, unless a known invalidation hits them', async () => {
    const server = await startRedis();
    const own = open({ url: server.url, memoryMaxBytes: 1024, commandTimeout: 500 });
    const cache = own
      .createCache({ name: unique('near'), ...LASTING, ttlSeconds: 3, graceSeconds: 600, tags: ['t'] })
      .org('org-1');
    await cache.set('k', 'v'.repeat(2000));
    await untilCopied(cache, 'k');
    await server.kill();
    await until(() => !own.redisManager.isReady());
    expect(await cache.getOrSet('k', never)).toHaveLength(2000);
    await until(async () => (await cache.get('k'))?.length === 2000 && cache.peek('k') === undefined);
    expect(await cache.getOrSet('k', never)).toHaveLength(2000);
    await cache.invalidateTags(['t']);
    expect(await cache.get('k')).toBeUndefined();
  });

  test('never answer longer than the bound while the watch connection is cut off', async () => {
    const proxy = await startWatchProxy(redis);
    const own = open({ url: proxy.url });
    const options = { name: unique('near'), ...LASTING };
    const [cache, foreign] = [own, other].map((one) => one.createCache(options).org('org-1'));
    await cache.set('k', 1);
    await untilCopied(cache, 'k', 1);
    proxy.cutWatchConnections();
    await foreign.set('k', 2);
    await until(async () => (await cache.get('k')) === 2, { timeoutMs: 3000, everyMs: 5 });
    expect(cache.peek('k')).not.toBe(1);
    proxy.heal();
    await untilCopied(cache, 'k', 2);
  });
});

test.each(['copy', 'frozen'])(
  'a write of another thread is never answered by an older value once it is acknowledged, with share %s',
  async (share) => {
    const { report } = await runProgram('near-threads.cjs', {
      env: { REDIS_URL: redis.url, CACHE_LOG: 'off' },
      args: { rounds: 400, share },
      timeoutMs: 60_000,
    });
    expect(report).toMatchObject({ rounds: 400, older: 0 });
    expect(report.hits).toBeGreaterThan(100);
  },
  70_000,
);

test('the option near is checked', () => {
  const { createCache } = openPackage({ useRedis: false });
  for (const near of [1, 'yes', null, [], { maxTtl: 1 }, { maxTtlSeconds: 0 }, { maxTtlSeconds: 86_401 }]) {
    expect(() => createCache({ name: 'n', near })).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  }
  for (const near of [true, false, {}, { maxTtlSeconds: 0.001 }]) createCache({ name: 'n', near });
});
