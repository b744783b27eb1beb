'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const LARGE_BYTES = 8 * 1024 * 1024;
const SMALL_CALLS = 200;

const redis = withRedis({ flushBeforeEach: true });

const poolOf = ({ redisManager }) => redisManager.getMetrics().pool;

async function connections() {
  const list = await redis.command('CLIENT', 'LIST');
  return list.split('\n').filter((line) => line.includes(' name=orgcache ')).length;
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const open = (options) => openPackage({ url: redis.url, driver, logLevel: 'off', ...options });

  test('one connection serves all small calls', async () => {
    const orgcache = open();
    const client = orgcache.redisManager.getClient();
    await Promise.all(Array.from({ length: SMALL_CALLS }, (_, i) => client.set(`k${i}`, 'v')));
    expect(poolOf(orgcache)).toMatchObject({ lanes: 1, busy: 0 });
    expect(await connections()).toBe(1);
    await orgcache.shutdown();
  });

  test('reads of a value that is known to be large use auxiliary connections, within the limit', async () => {
    const orgcache = open({ poolSize: 3, minPoolSize: 1 });
    const client = orgcache.redisManager.getClient();
    const value = 'x'.repeat(LARGE_BYTES);
    await client.set('large', value);
    expect((await client.get('large')).length).toBe(LARGE_BYTES);
    expect(poolOf(orgcache).lanes).toBe(1);
    const reads = await Promise.all(Array.from({ length: 6 }, () => client.get('large')));
    expect(reads.every((read) => read === value)).toBe(true);
    expect(poolOf(orgcache)).toMatchObject({ lanes: 3, min: 1, max: 3 });
    expect(await connections()).toBe(3);
    await orgcache.shutdown();
  });

  test('a read after an unawaited write of its key sees the written value', async () => {
    const orgcache = open();
    const client = orgcache.redisManager.getClient();
    for (let round = 0; round < 20; round += 1) {
      const value = `${round}:${'y'.repeat(LARGE_BYTES)}`;
      const [, read] = await Promise.all([client.set('large', value), client.get('large')]);
      expect(read.slice(0, 4)).toBe(value.slice(0, 4));
    }
    await orgcache.shutdown();
  });

  test('the loss of an auxiliary connection loses no read', async () => {
    const orgcache = open();
    const { cacheAdapter } = orgcache;
    const value = { text: 'z'.repeat(200 * 1024), noise: [] };
    for (let i = 0; i < 30_000; i += 1) value.noise.push(Math.random());
    expect(await cacheAdapter.set('large', value)).toBe(true);
    await cacheAdapter.get('large');
    await Promise.all([cacheAdapter.get('large'), cacheAdapter.get('large')]);
    await until(() => poolOf(orgcache).lanes > 1, { what: 'a connection beside' });
    for (let round = 0; round < 10; round += 1) {
      const reads = [cacheAdapter.get('large'), cacheAdapter.get('large')];
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      for (const read of await Promise.all(reads)) expect(read).toEqual(value);
      await until(async () => (await cacheAdapter.get('large')) !== null, { what: 'the next connection' });
    }
    await orgcache.shutdown();
  });
});

test('connections that callers have alone are counted apart', async () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off', poolSize: 2 });
  const client = orgcache.redisManager.getClient();
  expect(poolOf(orgcache).dedicated).toEqual({ connections: 0, busy: 0, waiting: 0, subscribers: 0 });
  const popped = ['a', 'b', 'c'].map((list) => client.blpop(list, 10));
  await client.subscribe('channel');
  await until(() => poolOf(orgcache).dedicated.waiting === 1, { what: 'a caller that waits' });
  expect(poolOf(orgcache).dedicated).toEqual({ connections: 2, busy: 2, waiting: 1, subscribers: 1 });
  for (const list of ['a', 'b', 'c']) await client.rpush(list, 'item');
  await Promise.all(popped);
  expect(poolOf(orgcache).dedicated).toMatchObject({ connections: 2, busy: 0, waiting: 0 });
  await orgcache.shutdown();
});

test('a raw command that only reads survives the loss of its connection', async () => {
  const orgcache = openPackage({ url: redis.url, logLevel: 'off' });
  const client = orgcache.redisManager.getClient();
  await client.set('k', 'v');
  await redis.command('CLIENT', 'PAUSE', '300', 'ALL');
  const read = client.get('k');
  const write = client.set('k', 'w').catch(({ code }) => code);
  await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  expect(await read).toBe('v');
  expect(await write).toBe('E_UNKNOWN_OUTCOME');
  await orgcache.shutdown();
});
