'use strict';

const { failing, never, slowFactory, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis();
/** The time that a busy machine may add. */
const LATE_MS = 1500;

/** Two instances share nothing but Redis, as two processes. */
let instances;
beforeAll(() => {
  instances = [0, 1].map(() => openPackage({ url: redis.url, logLevel: 'off' }));
});

function bothOf(options = {}) {
  const name = unique('fleet');
  return instances.map((instance) => instance.createCache({ name, jitter: 0, ...options }).org('org-1'));
}

/** Runs `body` in a process with the cache that `options` describe. */
function inProcess(body, args, onReport) {
  const env = { REDIS_URL: redis.url, CACHE_LOG: 'off' };
  return inFreshProcess(body, { args, env, mayFail: true, onReport });
}

describe('what another process computes', () => {
  test('is awaited, and answered', async () => {
    const [one, other] = bothOf();
    const slow = slowFactory();
    const first = one.getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    const second = other.getOrSet('k', never);
    resolve({ n: 1 });
    expect(await first).toEqual({ n: 1 });
    const { value, ms } = await within(5000, second);
    expect(value).toEqual({ n: 1 });
    expect(ms).toBeLessThan(LATE_MS);
  });

  test('is not awaited longer than lockTimeoutMs, and an own value is not kept', async () => {
    const [one, other] = bothOf();
    const slow = slowFactory();
    const first = one.getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    const { value, ms } = await within(
      5000,
      other.getOrSet('k', () => 'own', { lockTimeoutMs: 100 }),
    );
    expect(value).toBe('own');
    expect(ms).toBeGreaterThanOrEqual(99);
    expect(await other.get('k')).toBeUndefined();
    resolve('kept');
    expect(await first).toBe('kept');
    expect(await other.get('k')).toBe('kept');
  });

  test.each([
    ['without copies', false],
    ['with copies, of which the key has none', true],
  ])(
    'answers no caller that joins a factory with a stale value that was replaced before it came, %s',
    async (_, near) => {
      const name = unique('fleet');
      const instances = [near, false].map((isNear) =>
        openPackage({ url: redis.url, logLevel: 'off', near: isNear }),
      );
      const [one, other] = instances.map((instance) =>
        instance.createCache({ name, jitter: 0, graceSeconds: 60 }).org('org-1'),
      );
      await one.set('k', 'stale');
      await one.expire('k');
      const slow = slowFactory();
      const first = one.getOrSet('k', slow.factory);
      const { resolve } = await slow.call();
      await other.set('k', 'newer');
      await other.expire('k');
      const stale = { softTimeoutMs: 0 };
      expect(await one.getOrSet('k', never, stale)).toBe('newer');
      await other.set('k', 'newest');
      expect(await one.get('k')).toBe('newest');
      expect(await one.getOrSet('k', never, stale)).toBe('newest');
      expect(await one.getOrSet('k', never)).toBe('newest');
      resolve('late');
      expect(await first).toBe('late');
      expect(await one.get('k')).toBe('newest');
    },
  );

  test('lets a stale value answer after softTimeoutMs, and after lockTimeoutMs', async () => {
    const [one, other] = bothOf({ graceSeconds: 60 });
    await one.set('k', 'stale');
    await one.expire('k');
    const slow = slowFactory();
    const first = one.getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    for (const options of [{ softTimeoutMs: 0 }, { softTimeoutMs: 30 }, { lockTimeoutMs: 30 }]) {
      const { value, ms } = await within(5000, other.getOrSet('k', never, options));
      expect(value).toBe('stale');
      expect(ms).toBeLessThan(LATE_MS);
    }
    resolve('new');
    await first;
    expect(await other.getOrSet('k', never)).toBe('new');
  });

  test('is computed by the next process if its factory throws', async () => {
    const [one, other] = bothOf();
    const slow = slowFactory();
    const first = rejection(one.getOrSet('k', slow.factory));
    const { reject } = await slow.call();
    const second = other.getOrSet('k', () => 'second');
    reject(new Error('broken'));
    expect(await first).toMatchObject({ message: 'broken' });
    expect((await within(5000, second)).value).toBe('second');
  });

  test('rests in every process after a failure that a stale value hid', async () => {
    const [one, other] = bothOf({ graceSeconds: 60, retryAfterErrorSeconds: 60 });
    await one.set('k', 'stale');
    await one.expire('k');
    expect(await one.getOrSet('k', failing)).toBe('stale');
    expect(await other.getOrSet('k', never)).toBe('stale');
    await other.delete('k');
    expect(await one.getOrSet('k', () => 'new')).toBe('new');
  });

  test('is kept after a hard timeout that a stale value hid', async () => {
    const [one, other] = bothOf({ graceSeconds: 60, retryAfterErrorSeconds: 60 });
    await one.set('k', 'stale');
    await one.expire('k');
    const slow = slowFactory();
    expect(await one.getOrSet('k', slow.factory, { hardTimeoutMs: 50 })).toBe('stale');
    expect((await within(2000, other.getOrSet('k', never))).value).toBe('stale');
    slow.calls[0].resolve('late');
    await until(async () => (await other.get('k')) === 'late');
  });

  test.each([
    ['set', (cache) => cache.set('k', 'set'), 'set'],
    ['delete', (cache) => cache.delete('k'), undefined],
    ['refresh', (cache) => cache.refresh('k', () => 'refreshed'), 'refreshed'],
    ['clear', (cache) => cache.clear(), undefined],
    ['invalidateTags', (cache) => cache.invalidateTags(['t']), undefined],
    ['mutate', (cache) => cache.mutate({ keys: ['k'] }, async () => {}), undefined],
    ['mutate of a tag', (cache) => cache.mutate({ tags: ['t'] }, async () => {}), undefined],
  ])('is not kept after %s', async (_name, change, expected) => {
    const [one, other] = bothOf({ tags: ['t'] });
    const slow = slowFactory();
    const first = one.getOrSet('k', slow.factory);
    const { resolve } = await slow.call();
    await change(other);
    resolve('old');
    expect(await first).toBe('old');
    expect(await one.get('k')).toBe(expected);
    expect(await other.get('k')).toBe(expected);
  });

  test('is sent again if it was not modified, but has gone meanwhile', async () => {
    const [one, other] = bothOf({ graceSeconds: 60 });
    await one.set('gone', { n: 1 });
    await one.expire('gone');
    const [key] = await redis.keys('*:gone');
    const answer = await one.getOrSet('gone', async ({ stale, notModified }) => {
      expect(stale.value).toEqual({ n: 1 });
      expect(await redis.command('DEL', key)).toBe(1);
      return notModified();
    });
    expect(answer).toEqual({ n: 1 });
    expect(await other.get('gone')).toEqual({ n: 1 });
  });

  test('is refreshed early by one process', async () => {
    const both = bothOf({ ttlSeconds: 20, graceSeconds: 60, earlyRefresh: 0.001 });
    await both[0].set('k', 1);
    const slow = slowFactory();
    await until(async () => {
      expect(await Promise.all(both.map((cache) => cache.getOrSet('k', slow.factory)))).toEqual([1, 1]);
      return slow.calls.length > 0;
    });
    await Promise.all(both.map((cache) => cache.getOrSet('k', slow.factory)));
    expect(slow.calls).toHaveLength(1);
    slow.calls[0].resolve(2);
    await until(async () => (await both[1].get('k')) === 2);
  });

  test('is computed in parts by getOrSetMany of two processes', async () => {
    const [one, other] = bothOf();
    const asked = [];
    const factory = (name) => async (missing) => {
      asked.push([name, missing]);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return new Map(missing.map((key) => [key, name]));
    };
    const first = one.getOrSetMany(['a', 'b'], factory('one'));
    await until(() => asked.length === 1, { everyMs: 1 });
    const second = other.getOrSetMany(['b', 'c'], factory('other'));
    expect([...(await first)]).toEqual([
      ['a', 'one'],
      ['b', 'one'],
    ]);
    expect([...(await second)]).toEqual([
      ['b', 'one'],
      ['c', 'other'],
    ]);
    expect(asked).toEqual([
      ['one', ['a', 'b']],
      ['other', ['c']],
    ]);
  });
});

test('thousands of callers in three processes share one factory', async () => {
  const name = unique('fleet');
  const runs = await Promise.all(
    [0, 1, 2].map(() =>
      inProcess(
        async ({ load, report, args }) => {
          const { createCache, getRedis, shutdown } = load();
          const client = await getRedis();
          const cache = createCache({ name: args.name }).org('org-1');
          await client.incr('ready');
          while (Number(await client.get('ready')) < 3) await new Promise(setImmediate);
          const factory = async () => {
            const run = await client.incr('factories');
            await new Promise((resolve) => setTimeout(resolve, 300));
            return { run };
          };
          const calls = Array.from({ length: 1000 }, () => cache.getOrSet('cold', factory));
          const answers = await Promise.all(calls);
          report({ runs: [...new Set(answers.map(({ run }) => run))], count: answers.length });
          await shutdown();
        },
        { name },
      ),
    ),
  );
  for (const { report } of runs) expect(report).toEqual({ runs: [1], count: 1000 });
});

test('a killed process costs the others no more than its lease', async () => {
  const name = unique('fleet');
  const leaseMs = 500;
  const [cache] = instances.map((one) => one.createCache({ name, leaseMs }).org('org-1'));
  const { signal } = await inProcess(
    async ({ load, args }) => {
      const cache = load().createCache(args).org('org-1');
      cache.getOrSet('k', () => {
        process.kill(process.pid, 'SIGKILL');
        return new Promise(() => {});
      });
    },
    { name, leaseMs },
  );
  expect(signal).toBe('SIGKILL');
  const { value, ms } = await within(
    leaseMs + LATE_MS,
    cache.getOrSet('k', () => 'again'),
  );
  expect(value).toBe('again');
  expect(ms).toBeLessThan(leaseMs + 300);
  expect(await cache.get('k')).toBe('again');
});

test('a process whose thread is blocked loses its lease, and its value goes to its callers alone', async () => {
  const name = unique('fleet');
  const leaseMs = 200;
  const [cache] = instances.map((one) => one.createCache({ name, leaseMs }).org('org-1'));
  let isComputing = false;
  const blocked = inProcess(
    async ({ load, report, args }) => {
      const { createCache, shutdown } = load();
      const cache = createCache(args).org('org-1');
      const value = await cache.getOrSet('k', async () => {
        report('computing');
        await new Promise((resolve) => setTimeout(resolve, 50));
        const until = performance.now() + 1500;
        while (performance.now() < until);
        return 'late';
      });
      report({ value, kept: await cache.get('k') });
      await shutdown();
    },
    { name, leaseMs },
    () => {
      isComputing = true;
    },
  );
  await until(() => isComputing, { timeoutMs: 10_000 });
  expect(
    (
      await within(
        5000,
        cache.getOrSet('k', () => 'other'),
      )
    ).value,
  ).toBe('other');
  expect((await blocked).report).toEqual({ value: 'late', kept: 'other' });
});

test('a process keeps its lease through a factory that takes several times as long', async () => {
  const [one, other] = bothOf({ leaseMs: 150 });
  const slow = slowFactory();
  const first = one.getOrSet('k', slow.factory);
  const { resolve } = await slow.call();
  const second = other.getOrSet('k', never);
  await new Promise((done) => setTimeout(done, 700));
  resolve('slow');
  expect(await first).toBe('slow');
  expect(await second).toBe('slow');
  expect(await other.get('k')).toBe('slow');
});

test('a change that a dead process guarded is soon a miss, and then kept again', async () => {
  const name = unique('fleet');
  const [cache] = instances.map((one) => one.createCache({ name, tags: ['t'] }).org('org-1'));
  await inProcess(
    async ({ load, args }) => {
      const cache = load().createCache(args).org('org-1');
      await cache.mutate({ keys: ['k'], tags: ['t'] }, async () => process.kill(process.pid, 'SIGKILL'));
    },
    { name, tags: ['t'] },
  );
  // While the guard lives, nothing is kept under the key.
  expect(await cache.getOrSet('k', () => 'during')).toBe('during');
  expect(await cache.get('k')).toBeUndefined();
  await until(
    async () => {
      await cache.getOrSet('k', () => 'afterwards');
      return (await cache.get('k')) === 'afterwards';
    },
    { timeoutMs: 15_000, everyMs: 100 },
  );
}, 20_000);
