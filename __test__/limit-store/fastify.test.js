'use strict';

const { limitStoreClass } = require('../../js/limit-store/fastify-store.js');
const { commandsHere } = require('../../js/session-store/memory.js');
const { SECRET } = require('../support/limiter-contract');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const MODES = [
  ['with Redis', (options) => openPackage({ url: redis.url, logLevel: 'off', ...options })],
  ['embedded', (options) => openPackage({ useRedis: false, logLevel: 'off', ...options })],
];
const ROUTE = { routeInfo: { method: 'GET', url: '/a' } };

const called = (call) =>
  new Promise((resolve, reject) => call((error, count) => (error ? reject(error) : resolve(count))));
const incr = (store, key, window = 60_000, max = 2) => called((done) => store.incr(key, done, window, max));
const read = (store, key, window = 60_000, max = 2) => called((done) => store.read(key, done, window, max));

describe.each(MODES)('%s', (_mode, open) => {
  let made = 0;
  let instance;
  const own = (rule) => {
    const Store = limitStoreClass(instance).with({ namespace: `n${made++}`, secret: SECRET });
    return new Store(rule);
  };

  beforeAll(() => {
    instance = open();
  });

  test('counts every call of a window, and reads without counting', async () => {
    const store = own();
    expect(await read(store, 'a')).toEqual({ current: 0, ttl: 0 });
    const counts = [];
    for (let i = 0; i < 4; i++) counts.push((await incr(store, 'a')).current);
    expect(counts).toEqual([1, 2, 3, 4]);
    const { current, ttl } = await read(store, 'a');
    expect(current).toBe(4);
    expect(ttl).toBeGreaterThan(50_000);
    expect(ttl).toBeLessThanOrEqual(60_000);
    expect((await incr(store, 'b')).current).toBe(1);
  });

  test('a window ends, and another window is another count', async () => {
    const store = own();
    await incr(store, 'a', 100);
    const { current, ttl } = await incr(store, 'a', 100);
    expect(current).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, ttl + 5));
    expect((await incr(store, 'a', 100)).current).toBe(1);
    expect((await incr(store, 'a', 200)).current).toBe(1);
    expect((await incr(store, 'a', 0)).current).toBe(1);
  });

  test('routes count apart', async () => {
    const store = own();
    await incr(store, 'a');
    const [one, two] = [store.child(ROUTE), store.child({ routeInfo: { method: 'POST', url: '/a' } })];
    expect((await incr(one, 'a')).current).toBe(1);
    expect((await incr(two, 'a')).current).toBe(1);
    expect((await incr(store, 'a')).current).toBe(2);
  });
});

describe.each(MODES)('windows that go on, %s', (mode, open) => {
  let instance;
  let Store;
  const isEmbedded = mode === 'embedded';
  const commands = () => commandsHere(instance.redisManager.getClient(), 0);
  const keys = async () => (isEmbedded ? (await commands().pages('*').next()).value : redis.keys());
  const leftMs = async (key) => (isEmbedded ? (await commands().read(key))[1] : redis.command('PTTL', key));
  const expire = (key, ms) => (isEmbedded ? commands().expire(key, ms) : redis.command('PEXPIRE', key, ms));

  beforeEach(() => {
    instance = open({ prefix: 'app:' });
    Store = limitStoreClass(instance).with({ secret: SECRET });
  });

  test('continueExceeding begins the window anew with each call above the limit', async () => {
    const store = new Store({ continueExceeding: true });
    for (let i = 1; i <= 2; i++) expect((await incr(store, '203.0.113.7')).current).toBe(i);
    const [key] = await keys();
    expect(key).toMatch(/^app:fastify-rate-limit:[\w-]{22}$/);
    await expire(key, 10_000);
    expect(await incr(store, '203.0.113.7')).toEqual({ current: 3, ttl: 60_000 });
    const { current, ttl } = await read(store, '203.0.113.7');
    expect([current, ttl > 50_000]).toEqual([3, true]);
    expect(await read(store, 'b')).toEqual({ current: 0, ttl: 0 });
  });

  test('the calls within the limit share the window that the first one opened', async () => {
    const store = new Store({ continueExceeding: true });
    await incr(store, 'a');
    const [key] = await keys();
    await expire(key, 10_000);
    const { current, ttl } = await incr(store, 'a');
    expect([current, ttl > 5000, ttl <= 10_000]).toEqual([2, true, true]);
  });

  test('exponentialBackoff doubles it, on the routes that ask for it', async () => {
    const store = new Store({ continueExceeding: false });
    const route = store.child({ ...ROUTE, exponentialBackoff: true });
    const windows = [];
    for (let i = 0; i < 5; i++) windows.push((await incr(route, 'a', 1000)).ttl);
    expect(windows.slice(2)).toEqual([1000, 2000, 4000]);
    expect((await incr(store, 'a')).current).toBe(1);
    for (const key of await keys()) expect(await leftMs(key)).toBeGreaterThan(0);
  });
});

test('mistakes are refused by name', async () => {
  const instance = openPackage({ useRedis: false, logLevel: 'off' });
  const make = (options) => new (limitStoreClass(instance).with(options))();
  expect(() => make({ namespce: 'a' })).toThrow(/did you mean namespace/);
  expect(() => make({ namespace: 7 })).toThrow(/namespace/);
  expect(() => make({ instance: {} })).toThrow(/instance/);
  for (const window of [-1, Number.NaN, 'soon']) {
    expect(await rejection(incr(make({}), 'a', window))).toMatchObject({ code: 'E_CONFIG' });
  }
});
