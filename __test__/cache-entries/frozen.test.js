'use strict';

const { never, slowFactory, unique } = require('../support/entries-contract');
const { killWatchConnections, startWatchProxy } = require('../support/near');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const LASTING = { ttlSeconds: 600, jitter: 0, earlyRefresh: false, near: { share: 'frozen' } };
const VALUE = { list: [{ n: 1 }, null, 'text'], of: { more: { n: 2 } } };

function isDeepFrozen(value) {
  if (typeof value !== 'object' || value === null) return true;
  return Object.isFrozen(value) && Object.values(value).every(isDeepFrozen);
}

/** Reads until reads answer the same object. */
async function untilKept(cache, key) {
  return until(
    async () => {
      const first = await cache.get(key);
      return first !== undefined && (await cache.get(key)) === first && first;
    },
    { what: 'a value that is kept', everyMs: 2 },
  );
}

describe.each(['loop', 'thread'])('frozen values, with the %s driver', (driver) => {
  let orgcache;
  let other;
  const open = (options) =>
    openPackage({ url: redis.url, driver, logLevel: 'off', keyPrefix: `${driver}:`, ...options });

  beforeEach(() => {
    orgcache = open();
    other = open({ near: false });
  });

  function both(options) {
    const all = { name: unique('frozen'), ...LASTING, ...options };
    return [orgcache, other].map((instance) => instance.createCache(all).org('org-1'));
  }

  test('are one object for all reads of a thread, which nobody can change', async () => {
    const [cache] = both();
    await cache.set('k', VALUE);
    const kept = await untilKept(cache, 'k');
    expect(kept).toEqual(VALUE);
    expect(isDeepFrozen(kept)).toBe(true);
    expect(() => {
      kept.of.more.n = 3;
    }).toThrow(TypeError);
    expect(cache.peek('k')).toBe(kept);
    expect(await cache.getOrSet('k', never)).toBe(kept);
    expect((await cache.getMany(['k', 'k'])).every((value) => value === kept)).toBe(true);
    // A namespace of the same name is made anew for each call.
    await cache.namespace('n').set('k', VALUE);
    const inNamespace = await untilKept(cache.namespace('n'), 'k');
    expect(cache.namespace('n').peek('k')).toBe(inNamespace);
  });

  test('are frozen wherever they come from: Redis, a factory, and for all callers of it', async () => {
    const [cache, foreign] = both();
    await foreign.set('k', VALUE);
    expect(isDeepFrozen(await cache.get('k'))).toBe(true);
    const slow = slowFactory();
    const own = structuredClone(VALUE);
    const calls = [cache.getOrSet('made', slow.factory), cache.getOrSet('made', slow.factory)];
    (await slow.call()).resolve(own);
    const [first, second] = await Promise.all(calls);
    expect(first).toBe(second);
    expect(first).toEqual(VALUE);
    expect(isDeepFrozen(first)).toBe(true);
    expect(Object.isFrozen(own)).toBe(false);
  });

  test('go with every change, own or foreign, of the value or of its tags', async () => {
    const [cache, foreign] = both({ tags: ['t'] });
    const changes = [
      (changed) => changed.set('k', 'new'),
      (changed) => changed.delete('k'),
      (changed) => changed.expire('k'),
      (changed) => changed.clear(),
      (changed) => changed.invalidateTags(['t']),
      (changed) => changed.expireTags(['t']),
      (changed) => changed.mutate({ tags: ['t'] }, async () => {}),
    ];
    for (const change of changes) {
      for (const changed of [cache, foreign]) {
        await cache.set('k', VALUE);
        const kept = await untilKept(cache, 'k');
        const done = change(changed);
        if (changed === cache) expect(cache.peek('k')).not.toBe(kept);
        await done;
        if (changed === cache) expect(await cache.get('k')).not.toEqual(VALUE);
        await until(async () => ['new', undefined].includes(await cache.get('k')), { everyMs: 1 });
      }
    }
  });

  test('go with FLUSHALL and with the watch connection, and are the same object if the copy is', async () => {
    const [cache] = both();
    await cache.set('k', VALUE);
    const kept = await untilKept(cache, 'k');
    expect(await killWatchConnections(redis)).toBeGreaterThan(0);
    await until(() => cache.peek('k') === undefined, { everyMs: 1 });
    expect(await untilKept(cache, 'k')).toBe(kept);
    await redis.command('FLUSHALL');
    await until(async () => (await cache.get('k')) === undefined, { everyMs: 1 });
    expect(cache.peek('k')).toBeUndefined();
  });

  test('end with their lifetime, and are refreshed before', async () => {
    const [cache] = both({ ttlSeconds: 1 });
    await cache.set('k', VALUE);
    await untilKept(cache, 'k');
    await until(() => cache.peek('k') === undefined, { timeoutMs: 3000, everyMs: 2 });
    // A copy ends a little before the entry does.
    await until(async () => (await cache.get('k')) === undefined, { everyMs: 2 });

    // Nothing happens in Redis when a ttl ends that has a grace.
    const [graced] = both({ ttlSeconds: 1, graceSeconds: 600 });
    await graced.set('k', VALUE);
    await untilKept(graced, 'k');
    await until(() => graced.peek('k') === undefined, { timeoutMs: 3000, everyMs: 2 });

    const [early] = both({ ttlSeconds: 3, earlyRefresh: 0.2 });
    await early.set('k', 'old');
    await until(async () => {
      const value = await early.getOrSet('k', () => 'refreshed');
      return value === 'refreshed';
    });
  });

  test('never answer longer than the bound while the watch connection is cut off', async () => {
    const proxy = await startWatchProxy(redis);
    const options = { name: unique('frozen'), ...LASTING };
    const own = open({ url: proxy.url, keyPrefix: `${driver}-bound:`, near: { maxStalenessMs: 300 } });
    const writer = open({ keyPrefix: `${driver}-bound:`, near: false });
    const [cache, foreign] = [own, writer].map((one) => one.createCache(options).org('org-1'));
    await cache.set('k', VALUE);
    const kept = await untilKept(cache, 'k');
    proxy.cutWatchConnections();
    await foreign.set('k', 'new');
    // The connection itself is given up only after two seconds of silence.
    await until(() => cache.peek('k') !== kept, { timeoutMs: 1500, everyMs: 2 });
    expect(await cache.get('k')).toBe('new');
  });

  test('are counted among the hits, in native code too', async () => {
    const name = unique('frozen');
    const whole = orgcache.createCache({ name, ...LASTING });
    const cache = whole.org('org-1');
    await cache.set('k', VALUE);
    await untilKept(cache, 'k');
    const before = (await whole.stats()).hits.near;
    for (let i = 0; i < 100; i++) await cache.get('k');
    expect((await whole.stats()).hits.near).toBe(before + 100);
    await cache.set('k', 'new');
    await untilKept(cache, 'k');
    const { near } = await orgcache.cacheAdapter.getStats();
    expect(near.caches[name].hits).toBeGreaterThanOrEqual(100);
    const text = await orgcache.metrics({ organizations: 10 });
    const counted = /orgcache_organization_reads_total\{organization="org-1",result="hit"\} (\d+)/.exec(text);
    expect(Number(counted?.[1])).toBeGreaterThanOrEqual(100);
  });

  test('go with their organization when it is erased, and no others', async () => {
    const options = { name: unique('frozen'), ...LASTING };
    const whole = orgcache.createCache(options);
    const kept = {};
    for (const org of ['org-1', 'org-2']) {
      await whole.org(org).set('k', VALUE);
      kept[org] = await untilKept(whole.org(org), 'k');
    }
    await orgcache.eraseOrganization('org-1');
    expect(whole.org('org-1').peek('k')).toBeUndefined();
    expect(await whole.org('org-1').get('k')).toBeUndefined();
    expect(whole.org('org-2').peek('k')).toBe(kept['org-2']);
  });

  test('are bounded by a quarter of the budget', async () => {
    const own = open({ keyPrefix: 'small:', near: { maxBytes: 1 << 20 } });
    const cache = own.createCache({ name: unique('frozen'), ...LASTING }).org('org-1');
    const large = 'v'.repeat(100_000);
    const kept = new Map();
    for (const key of ['a', 'b', 'c', 'd']) {
      await cache.set(key, { large, key });
      kept.set(key, await untilKept(cache, key));
    }
    // Two values of 100,000 bytes fit into 256 KiB.
    const isKept = (key) => cache.peek(key) === kept.get(key);
    expect(['d', 'c', 'b', 'a'].map(isKept)).toEqual([true, true, false, false]);
    expect(cache.peek('a')).toEqual(kept.get('a'));
  });

  test('are those of the instance that read them, and end with it', async () => {
    const options = { name: unique('frozen'), ...LASTING };
    const [cache, second] = [orgcache, open()].map((one) => one.createCache(options).org('org-1'));
    await cache.set('k', VALUE);
    const kept = await untilKept(cache, 'k');
    const theirs = await untilKept(second, 'k');
    expect(theirs).toEqual(kept);
    expect(theirs).not.toBe(kept);
    await orgcache.shutdown();
    await expect(cache.get('k')).rejects.toMatchObject({ code: 'E_CLOSED' });
    expect(second.peek('k')).toBe(theirs);
  });
});

test('while Redis is away frozen values answer as copies do, unless the options say otherwise', async () => {
  for (const [onRedisDown, answers] of [
    ['serve', true],
    ['factory', false],
  ]) {
    const server = await startRedis();
    const own = openPackage({ url: server.url, logLevel: 'off', commandTimeout: 500 });
    const cache = own.createCache({ name: unique('frozen'), ...LASTING, onRedisDown }).org('org-1');
    await cache.set('k', VALUE);
    await untilKept(cache, 'k');
    await server.kill();
    await until(() => !own.redisManager.isReady());
    const value = await cache.get('k');
    expect(value === undefined).toBe(!answers);
    if (answers) expect(isDeepFrozen(value)).toBe(true);
    await own.shutdown({ timeoutMs: 100 });
  }
});

test('without Redis values are frozen too', async () => {
  const cache = openPackage({ useRedis: false })
    .createCache({ name: 'n', ...LASTING })
    .org('org-1');
  await cache.set('k', VALUE);
  expect(isDeepFrozen(await cache.get('k'))).toBe(true);
  expect(isDeepFrozen(cache.peek('k'))).toBe(true);
});

test('the serializer v8 has no frozen values, but queries and responses of such a cache work', async () => {
  const { createCache } = openPackage({ useRedis: false });
  expect(() => createCache({ name: 'n', ...LASTING, serializer: 'v8' })).toThrow(
    expect.objectContaining({ code: 'E_CONFIG' }),
  );
  expect(() => createCache({ name: 'n', near: { share: 'none' } })).toThrow(
    expect.objectContaining({ code: 'E_CONFIG' }),
  );
  const cache = createCache({ name: 'n', ...LASTING }).org('org-1');
  const rows = await cache.cacheQuery('SELECT 1', [], async () => [{ at: new Date(0) }], { tables: ['t'] });
  expect(rows).toEqual([{ at: new Date(0) }]);
});
