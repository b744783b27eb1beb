'use strict';

const { SessionStore: FastifyStore } = require('../../js/session-store/fastify-store.js');
const { Memory, commandsHere } = require('../../js/session-store/memory.js');
const { SessionStore } = require('../../js/session-store/stores.js');
const { cookieUntil, describeSessionStores } = require('../support/session-store-contract');
const { openPackage } = require('../support/package');
const { rejection } = require('../support/wait');

const embedded = (options) => openPackage({ useRedis: false, prefix: '', logLevel: 'off', ...options });

describe('without Redis', () => {
  let instance;
  const commands = () => commandsHere(instance.redisManager.getClient(), 0);

  const counted = [];

  beforeEach(() => {
    instance = embedded();
    counted.push(...['delete', 'expire', 'set'].map((name) => jest.spyOn(Memory.prototype, name)));
  });

  afterEach(() => {
    for (const spy of counted.splice(0)) spy.mockRestore();
  });

  describeSessionStores({
    options: () => ({ instance }),
    kept: {
      text: async (key) => (await commands().read(key))[0],
      ttl: async (key) => (await commands().read(key))[1],
      expire: (key, ms) => commands().expire(key, ms),
      keys: async () => (await commands().pages('*').next()).value,
      writes: async () => counted.reduce((sum, spy) => sum + spy.mock.calls.length, 0),
      forgetScripts: async () => {},
    },
  });

  test('stores of one instance share sessions, and those of another have none', async () => {
    await new SessionStore(instance).set('a', { n: 1, cookie: {} });
    expect(await new FastifyStore(instance).get('a')).toEqual({ n: 1, cookie: {} });
    expect(await new SessionStore(embedded()).get('a')).toBe(null);
  });

  test('a session ends with its cookie, and a tombstone in its time', async () => {
    const store = new SessionStore(instance);
    await store.set('a', { cookie: cookieUntil(40) });
    await store.set('b', { cookie: cookieUntil(60_000) });
    const deadline = performance.now() + 5000;
    while ((await store.get('a')) !== null && performance.now() < deadline);
    expect(await store.ids()).toHaveLength(1);
    const memory = new Memory(1000);
    memory.set('gone', '', 20);
    while (memory.get('gone') !== null && performance.now() < deadline);
    expect(memory.leftMs('gone')).toBe(-2);
  });
});

test('what has no room is refused, what is there stays, and what has ended makes room', async () => {
  const instance = embedded({ memoryMaxBytes: 65_536 });
  const store = new SessionStore(instance);
  const session = { text: 'x'.repeat(1000), cookie: cookieUntil(200) };
  await store.set('0', session);
  const written = performance.now();
  let refused;
  for (let made = 1; refused === undefined && made < 100; made++) {
    refused = await rejection(store.set(String(made), session)).then(
      ({ code }) => code,
      () => undefined,
    );
  }
  expect(refused).toBe('E_OVERLOADED');
  expect(await store.get('0')).toMatchObject({ text: session.text });
  while (performance.now() < written + 300) await new Promise(setImmediate);
  await store.set('later', { ...session, cookie: cookieUntil(60_000) });
  expect(await store.length()).toBe(1);
});

test('ends that were forgotten take no room for long', () => {
  const memory = new Memory(Number.MAX_SAFE_INTEGER);
  const swept = jest.spyOn(memory, 'delete');
  for (let i = 0; i < 5000; i++) memory.set(`k${i}`, '', 0.001);
  expect(swept.mock.calls.length).toBeGreaterThan(5000 + 3000);
});
