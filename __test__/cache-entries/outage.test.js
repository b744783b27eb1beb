'use strict';

const { never, slowFactory, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

afterEach(async () => {
  if (!redis.isUp) await redis.restart();
});

/** A cache whose Redis is there, and afterwards is not. */
async function duringOutage(options, before) {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off', commandTimeout: 500 });
  const cache = orgcache.createCache({ name: unique('outage'), jitter: 0, ...options }).org('org-1');
  await before?.(cache);
  await redis.kill();
  await until(() => !orgcache.redisManager.isReady());
  return { orgcache, cache };
}

test('with `serve` what this process has answers, and else the factory, once in a thread', async () => {
  const { cache } = await duringOutage({ graceSeconds: 60 }, async (entries) => {
    await entries.set('fresh', 1);
    await entries.set('short', 2, { ttlSeconds: 0.2 });
    await until(async () => !(await entries.has('short')));
    await entries.set('deleted', 3, { tags: ['t'] });
  });
  const { value } = await within(2000, cache.getOrSet('fresh', never));
  expect(value).toBe(1);
  expect(await cache.get('fresh')).toBe(1);
  expect(await cache.getOrSet('short', never)).toBe(2);
  await cache.delete('deleted');
  const slow = slowFactory();
  const both = ['deleted', 'deleted'].map((key) => cache.getOrSet(key, slow.factory));
  (await slow.call()).resolve('made');
  expect(await Promise.all(both)).toEqual(['made', 'made']);
  expect(slow.calls).toHaveLength(1);
  expect(await cache.getOrSet('deleted', never)).toBe('made');
});

test('with `factory` the factory answers', async () => {
  const { cache } = await duringOutage({ onRedisDown: 'factory' }, (entries) => entries.set('k', 1));
  expect(
    (
      await within(
        2000,
        cache.getOrSet('k', () => 2),
      )
    ).value,
  ).toBe(2);
  expect(await cache.get('k')).toBeUndefined();
});

test('with `reject` calls reject with E_CONNECT', async () => {
  const { cache } = await duringOutage({ onRedisDown: 'reject' }, (entries) => entries.set('k', 1));
  for (const call of [
    cache.getOrSet('k', never),
    cache.get('k'),
    cache.has('k'),
    cache.getOrSetMany(['k'], never),
  ]) {
    expect((await within(2000, rejection(call))).value).toMatchObject({ code: 'E_CONNECT' });
  }
});

test('an invalidation that this process knows counts at once', async () => {
  const { cache } = await duringOutage({}, async (entries) => {
    await entries.set('tagged', 1, { tags: ['t'] });
    await entries.set('cleared', 1);
  });
  await cache.invalidateTags(['t']);
  expect(await cache.getOrSet('tagged', () => 'new')).toBe('new');
  await cache.clear();
  expect(await cache.getOrSet('cleared', () => 'new')).toBe('new');
});

test('writes are made when Redis is back, and what factories computed meanwhile is not', async () => {
  const { cache, orgcache } = await duringOutage({}, (entries) => entries.set('k', 1));
  expect(await cache.set('written', 'during')).toBe(true);
  await cache.getOrSet('computed', () => 'during');
  await redis.restart();
  await until(() => orgcache.redisManager.isReady(), { timeoutMs: 10_000 });
  await until(async () => (await redis.keys('*written*')).length === 1);
  expect(await cache.get('written')).toBe('during');
  expect(await redis.keys('*computed*')).toEqual([]);
  expect(await cache.getOrSet('computed', () => 'afterwards')).toBe('afterwards');
});

test('mutate runs its change, and what it names is forgotten', async () => {
  const { cache } = await duringOutage({}, (entries) => entries.set('k', 1));
  expect(
    (
      await within(
        5000,
        cache.mutate({ keys: ['k'] }, async () => 'done'),
      )
    ).value,
  ).toBe('done');
  expect(await cache.getOrSet('k', () => 2)).toBe(2);
});

test('keys rejects with E_CONNECT', async () => {
  const { cache } = await duringOutage({});
  const all = async () => {
    for await (const key of cache.keys()) return key;
    return undefined;
  };
  expect((await within(2000, rejection(all()))).value).toMatchObject({ code: 'E_CONNECT' });
});

test('a factory that was under way when Redis went answers its callers', async () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off', commandTimeout: 500 });
  const cache = orgcache.createCache({ name: unique('outage') }).org('org-1');
  const slow = slowFactory();
  const call = cache.getOrSet('k', slow.factory);
  const { resolve } = await slow.call();
  await redis.kill();
  resolve('made');
  expect((await within(5000, call)).value).toBe('made');
});

test('a server that stops answering holds no call up, and its factories are asked', async () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off', commandTimeout: 500 });
  const cache = orgcache.createCache({ name: unique('outage'), leaseMs: 500 }).org('org-1');
  await cache.set('k', 'kept');
  redis.pause();
  try {
    const calls = [
      cache.getOrSet('k', () => 'factory'),
      cache.getOrSet('new', () => 'factory'),
      cache.getOrSetMany(['a', 'b'], (keys) => new Map(keys.map((key) => [key, 'factory']))),
      cache.set('other', 1),
    ];
    const { value } = await within(6000, Promise.all(calls));
    expect(['kept', 'factory']).toContain(value[0]);
    expect(value[1]).toBe('factory');
    expect([...value[2].values()]).toEqual(['factory', 'factory']);
  } finally {
    redis.resume();
  }
  await until(async () => (await cache.get('other')) === 1, { timeoutMs: 10_000 });
});

test('a server that was flushed keeps nothing of a factory that began before', async () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off' });
  const cache = orgcache.createCache({ name: unique('outage'), tags: ['t'] }).org('org-1');
  const slow = slowFactory();
  const call = cache.getOrSet('k', slow.factory);
  const { resolve } = await slow.call();
  await redis.command('FLUSHALL');
  resolve('old');
  expect(await call).toBe('old');
  expect(await cache.get('k')).toBeUndefined();
  expect(await cache.getOrSet('k', () => 'new')).toBe('new');
  expect(await cache.getOrSet('k', never)).toBe('new');
});
