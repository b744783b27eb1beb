'use strict';

const { once } = require('node:events');
const express = require('express');
const { MemoryStore, rateLimit } = require('express-rate-limit');
const { LimitStore } = require('../../js/limit-store/express-store.js');
const { onEnd } = require('../support/cleanup');
const { SECRET } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { startSilentServer } = require('../support/silent-server');
const { rejection, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const MODES = [
  ['with Redis', () => openPackage({ url: redis.url, logLevel: 'off' })],
  ['embedded', () => openPackage({ useRedis: false, logLevel: 'off' })],
];

/** An application with the middleware. Its answers, and what it has logged. */
async function serve(store, options) {
  const logged = [];
  const log = (...line) => logged.push(line);
  const logger = { debug: () => {}, info: () => {}, warn: log, error: log };
  const app = express();
  const limit = rateLimit({
    windowMs: 60_000,
    limit: 3,
    store,
    logger,
    standardHeaders: 'draft-8',
    ...options,
  });
  app.use(limit);
  app.get('/{*path}', (request, response) =>
    response.status(request.path === '/bad' ? 400 : 200).json(request.rateLimit),
  );
  app.use((error, _request, response, _next) => response.status(500).json({ code: error.code }));
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onEnd(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  const ask = (path = '/') => fetch(`http://127.0.0.1:${server.address().port}${path}`);
  const statuses = async (count, path) => {
    const found = [];
    for (let i = 0; i < count; i++) found.push((await ask(path)).status);
    return found;
  };
  return { ask, statuses, logged, limit };
}

describe.each(MODES)('%s', (mode, open) => {
  let instance;

  beforeAll(() => {
    instance = open();
  });

  const makeStore = (options) => {
    const store = new LimitStore(instance, { secret: SECRET, ...options });
    onEnd(() => store.shutdown());
    return store;
  };
  /** Embedded nothing is flushed between tests. */
  let made = 0;
  const own = (options) => makeStore({ prefix: `t${made++}`, ...options });

  test('a middleware admits its limit, and its own checks find nothing wrong', async () => {
    const { ask, statuses, logged, limit } = await serve(own());
    const first = await ask();
    expect(await first.json()).toMatchObject({ limit: 3, used: 1, remaining: 2 });
    expect(first.headers.get('ratelimit')).toMatch(/r=2; t=\d+/);
    expect(await statuses(4)).toEqual([200, 200, 429, 429]);
    const refused = await ask();
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(logged).toEqual([]);
    const key = '127.0.0.1';
    expect(await limit.getKey(key)).toMatchObject({ totalHits: 3, resetTime: expect.any(Date) });
    await limit.resetKey(key);
    expect(await limit.getKey(key)).toBeUndefined();
    expect(await statuses(1)).toEqual([200]);
  });

  test('more hits than the limit mean exactly a refusal, which ends at resetTime', async () => {
    const store = own();
    store.init({ windowMs: 600, limit: 2 });
    const hits = [];
    for (let i = 0; i < 5; i++) hits.push((await store.increment('a')).totalHits);
    expect(hits).toEqual([1, 2, 3, 3, 3]);
    const { resetTime } = await store.increment('a');
    await new Promise((resolve) => setTimeout(resolve, resetTime.getTime() - Date.now() + 5));
    expect((await store.increment('a')).totalHits).toBe(1);
    expect((await store.increment('b')).totalHits).toBe(1);
  });

  test.each(['fixed', 'sliding', 'log', 'gcra'])('counts by the algorithm %s', async (algorithm) => {
    const store = own({ algorithm });
    store.init({ windowMs: 60_000, limit: 3 });
    const hits = [];
    for (let i = 0; i < 5; i++) hits.push((await store.increment('a')).totalHits);
    expect(hits).toEqual([1, 2, 3, 4, 4]);
    expect((await store.get('a')).totalHits).toBe(3);
    await store.decrement('a');
    expect((await store.increment('a')).totalHits).toBe(3);
    await store.resetKey('a');
    expect(await store.get('a')).toBeUndefined();
  });

  test('a function as limit has the counts of the own store of the middleware', async () => {
    const [store, theirs] = [own(), new MemoryStore()];
    const options = { windowMs: 60_000, limit: () => 2 };
    for (const each of [store, theirs]) each.init(options);
    for (let i = 0; i < 5; i++) {
      const [mine, expected] = [await store.increment('a'), await theirs.increment('a')];
      expect(mine.totalHits).toBe(expected.totalHits);
      expect(Math.abs(mine.resetTime - expected.resetTime)).toBeLessThan(2000);
    }
    await Promise.all([store, theirs].map((each) => each.decrement('a')));
    expect((await store.get('a')).totalHits).toBe((await theirs.get('a')).totalHits);
    theirs.shutdown();
    const { statuses, logged } = await serve(own(), { limit: async () => 2 });
    expect(await statuses(4)).toEqual([200, 200, 429, 429]);
    expect(logged).toEqual([]);
  });

  test('calls that are skipped by their outcome leave room for others, refused ones for none', async () => {
    const { statuses } = await serve(own(), { skipFailedRequests: true });
    expect(await statuses(6, '/bad')).toEqual([400, 400, 400, 400, 400, 400]);
    expect(await statuses(6)).toEqual([200, 200, 200, 429, 429, 429]);
    const other = await serve(own(), { skipSuccessfulRequests: true });
    expect(await other.statuses(5)).toEqual([200, 200, 200, 200, 200]);
    expect(await other.statuses(5, '/bad')).toEqual([400, 400, 400, 429, 429]);
  });

  test('decrement makes no key and falls below nothing', async () => {
    for (const limit of [5, () => 5]) {
      const store = own();
      store.init({ windowMs: 60_000, limit });
      await store.decrement('a');
      expect(await store.get('a')).toBeUndefined();
      if (mode === 'with Redis')
        expect((await redis.keys()).filter((key) => !key.includes('instances'))).toEqual([]);
      await store.increment('a');
      for (let i = 0; i < 3; i++) await store.decrement('a');
      expect((await store.increment('a')).totalHits).toBe(1);
      await store.resetKey('a');
    }
  });

  test('resetAll forgets the keys of its prefix alone, also those that this process refuses', async () => {
    const [store, other] = [own(), own({ prefix: 'b*?[1]' })];
    for (const each of [store, other]) {
      each.init({ windowMs: 60_000, limit: 1 });
      for (const key of ['a', 'b', 'a']) await each.increment(key);
    }
    await store.resetAll();
    expect((await store.increment('a')).totalHits).toBe(1);
    expect((await other.increment('a')).totalHits).toBe(2);
  });

  test('a limit of 0 refuses all, one without bound none', async () => {
    const [none, all] = [own(), own()];
    none.init({ windowMs: 1000, limit: 0 });
    all.init({ windowMs: 1000, limit: Number.POSITIVE_INFINITY });
    expect((await none.increment('a')).totalHits).toBe(1);
    expect((await all.increment('a')).totalHits).toBe(1);
    expect((await all.increment('a')).totalHits).toBe(2);
  });
});

test('two processes share a limit, and no address is in Redis', async () => {
  const stores = [1, 2].map(() => {
    const store = new LimitStore(openPackage({ url: redis.url, logLevel: 'off' }), { secret: SECRET });
    store.init({ windowMs: 60_000, limit: 3 });
    return store;
  });
  const hits = [];
  for (let i = 0; i < 4; i++) hits.push((await stores[i % 2].increment('203.0.113.7')).totalHits);
  expect(hits).toEqual([1, 2, 3, 4]);
  const keys = await redis.keys();
  expect(keys.some((key) => key.includes('!limit:express-rate-limit.rl:fixed.60000:'))).toBe(true);
  expect(keys.some((key) => key.includes('203'))).toBe(false);
  for (const key of keys) expect(await redis.command('PTTL', key)).toBeGreaterThan(0);
});

test('while Redis is away a decision comes in time, by onRedisDown', async () => {
  const { port } = await startSilentServer();
  const expected = { local: [200, 200, 200, 429], open: [200, 200, 200, 200], closed: [429, 429, 429, 429] };
  for (const [onRedisDown, statuses] of Object.entries(expected)) {
    const instance = openPackage({ host: '127.0.0.1', port, logLevel: 'off' });
    const store = new LimitStore(instance, { onRedisDown, decisionMs: 50, secret: SECRET });
    const app = await serve(store);
    expect((await within(3000, app.statuses(4))).value).toEqual(statuses);
  }
});

test('mistakes are refused by name', async () => {
  const instance = openPackage({ useRedis: false, logLevel: 'off' });
  const make = (options) => new LimitStore(instance, options);
  expect(await rejection(make().increment('a'))).toMatchObject({ code: 'E_CONFIG' });
  for (const windowMs of [0, -1, 1.5, Number.NaN, undefined, '60']) {
    expect(() => make().init({ windowMs, limit: 1 })).toThrow(/windowMs/);
  }
  for (const algorithm of ['bucket', 'calendar', 'concurrency']) {
    expect(() => make({ algorithm })).toThrow(/algorithm/);
  }
  expect(() => make({ prefx: 'a' })).toThrow(/did you mean prefix/);
  expect(() => make({ prefix: 1 })).toThrow(/prefix/);
  expect(() => make({ secret: 7 })).toThrow(/secret/);
  expect(() => make({ secret: 'short' }).init({ windowMs: 1000, limit: 1 })).toThrow(/secret/);
  expect(() => make({ instance: {} })).toThrow(/instance/);
  expect(() => make([])).toThrow(/options/);
});
