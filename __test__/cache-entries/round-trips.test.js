'use strict';

const { never, slowFactory, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();
const READS = 40;

/** Counts the commands that clients have sent since, by name. Commands inside scripts do not count. */
async function requestsOf(work) {
  await redis.command('CONFIG', 'RESETSTAT');
  await work();
  const stats = await redis.command('INFO', 'commandstats');
  const callsOf = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  return { scripts: callsOf('evalsha'), gets: callsOf('get') };
}

/** Keys of one cache that are asked for in turn. */
function cacheOf(options = {}) {
  const instance = openPackage({ url: redis.url, near: false, logLevel: 'off' });
  const name = unique('trips');
  const cache = instance.createCache({ name, ...options });
  const entries = cache.org('org-1');
  let made = 0;
  const makeNew = async (count) => {
    for (let index = 0; index < count; index++) {
      const n = ++made;
      expect(await entries.getOrSet(`key-${n}`, () => ({ n }))).toEqual({ n });
    }
  };
  return { cache, entries, makeNew, name };
}

test('a missing key takes a look, a lease and a fill until nearly all keys are missing, then a lease and a fill', async () => {
  const { cache, makeNew } = cacheOf();
  expect(await requestsOf(() => makeNew(5))).toEqual({ scripts: 10, gets: 5 });
  await makeNew(READS);
  expect(await requestsOf(() => makeNew(5))).toEqual({ scripts: 10, gets: 0 });
  expect(await cache.stats()).toMatchObject({ misses: READS + 10, factories: { kept: READS + 10 } });
});

test('keys that are there are found in either way, and soon by GET alone again', async () => {
  const { cache, entries, makeNew } = cacheOf();
  await makeNew(READS);
  const findAll = async () => {
    for (let n = 1; n <= READS; n++) expect(await entries.getOrSet(`key-${n}`, never)).toEqual({ n });
  };
  const { scripts, gets } = await requestsOf(findAll);
  expect(scripts).toBeGreaterThan(0);
  expect(scripts).toBeLessThan(READS / 2);
  expect(scripts + gets).toBe(READS);
  expect(await requestsOf(findAll)).toEqual({ scripts: 0, gets: READS });
  expect(await cache.stats()).toMatchObject({ hits: { redis: 2 * READS }, misses: READS });
});

test('a value that is found with the wish for a lease is refreshed early, too', async () => {
  const { cache, entries, makeNew } = cacheOf({ graceSeconds: 60, earlyRefresh: 0.000_001 });
  await makeNew(1);
  const made = performance.now();
  // A value of the same millisecond has no age yet.
  await until(() => performance.now() - made > 2);
  let runs = 0;
  const again = () => {
    runs++;
    return { n: 2 };
  };
  expect(await entries.getOrSet('key-1', again)).toEqual({ n: 1 });
  expect(runs + (await cache.stats()).factories.background).toBeGreaterThan(0);
});

test('callers of one turn that join a factory read what is there together, and those of another turn once more', async () => {
  const { entries } = cacheOf({ graceSeconds: 60 });
  await entries.set('k', 'stale');
  await entries.expire('k');
  const slow = slowFactory();
  const first = entries.getOrSet('k', slow.factory);
  const { resolve } = await slow.call();
  const join = async () => {
    const callers = Array.from({ length: 10 }, () => entries.getOrSet('k', never, { softTimeoutMs: 0 }));
    expect(await Promise.all(callers)).toEqual(Array(10).fill('stale'));
  };
  const twice = async () => {
    await join();
    await join();
  };
  expect(await requestsOf(join)).toMatchObject({ gets: 1 });
  expect(await requestsOf(twice)).toMatchObject({ gets: 2 });
  resolve('new');
  expect(await first).toBe('new');
});

test('a value that nobody can read is made anew, whichever way it is found', async () => {
  const { entries, makeNew, name } = cacheOf();
  const damage = async (key) => {
    const [stored] = await redis.command('KEYS', `*!entry:org-1:${name}:${key}`);
    await redis.command('SET', stored, 'damaged', 'PX', '60000');
  };
  await makeNew(1);
  await damage('key-1');
  expect(await entries.getOrSet('key-1', () => 'new')).toBe('new');
  await makeNew(READS);
  await damage('key-3');
  expect(await entries.getOrSet('key-3', () => 'new')).toBe('new');
  expect(await entries.get('key-3')).toBe('new');
});
