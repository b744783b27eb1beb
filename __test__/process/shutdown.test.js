'use strict';

const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { withRedis } = require('../support/redis');
const { startSilentServer } = require('../support/silent-server');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis();

const STORES = [
  ['Redis, thread driver', () => ({ url: redis.url, driver: 'thread' })],
  ['Redis, loop driver', () => ({ url: redis.url, driver: 'loop' })],
  ['the memory store', () => ({ useRedis: false })],
];

describe.each(STORES)('shutdown with %s', (_name, options) => {
  test('may be called twice, and at the same time', async () => {
    const orgcache = openPackage(options());
    await orgcache.cacheAdapter.set('a', 1);
    await Promise.all([orgcache.shutdown(), orgcache.shutdown()]);
    await orgcache.shutdown({ timeoutMs: 100 });
  });

  test('may be called before anything else', async () => {
    const orgcache = openPackage(options());
    await orgcache.shutdown();
    expect(await rejection(orgcache.cacheAdapter.get('a'))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('makes every later call reject with E_CLOSED', async () => {
    const orgcache = openPackage(options());
    const { cacheAdapter, cacheManager, redisMigrationManager } = orgcache;
    await cacheAdapter.set('a', 1);
    await orgcache.shutdown();
    const calls = [
      cacheAdapter.get('a'),
      cacheAdapter.set('a', 1),
      cacheAdapter.delete('a'),
      cacheAdapter.getConversationContext('org-1', PHONE),
      cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES),
      cacheAdapter.setPhoneToLeadMapping(PHONE, 'lead-1'),
      cacheAdapter.clearOrganizationCache('org-1'),
      cacheManager.get('a', 'org-1'),
      cacheManager.hset('a', 'b', 1, 60, 'org-1'),
      redisMigrationManager.getConversationContext('org-1', PHONE),
    ];
    for (const error of await Promise.all(calls.map(rejection))) {
      expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_CLOSED', retryable: false });
    }
  });

  test('keeps the Map entry of a call that came too late', async () => {
    const orgcache = openPackage(options());
    await orgcache.shutdown();
    const map = new Map([['org-1:1234567890', MESSAGES]]);
    await orgcache.redisMigrationManager.getConversationContext('org-1', PHONE, map).catch(() => {});
    await orgcache.redisMigrationManager
      .setConversationContext('org-2', PHONE, MESSAGES, map)
      .catch(() => {});
    expect(map.get('org-1:1234567890')).toEqual(MESSAGES);
  });

  test('lets every call that was made before it settle', async () => {
    const orgcache = openPackage(options());
    const calls = Array.from({ length: 2000 }, (_, index) =>
      orgcache.cacheAdapter.set(`flight-${index}`, index),
    );
    const down = orgcache.shutdown({ timeoutMs: 5000 });
    const { value } = await within(6000, Promise.allSettled([...calls, down]), 'the calls and the shutdown');
    for (const result of value) {
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'E_CLOSED' });
    }
    expect(value.at(-1).status).toBe('fulfilled');
  });
});

test('a shutdown writes acknowledged values and those in flight', async () => {
  await redis.command('FLUSHALL');
  const orgcache = openPackage({ url: redis.url });
  await orgcache.cacheAdapter.get('connected');
  const sets = Array.from({ length: 500 }, (_, index) => orgcache.cacheAdapter.set(`flight-${index}`, index));
  await orgcache.shutdown({ timeoutMs: 5000 });
  const answers = await Promise.allSettled(sets);
  const acknowledged = answers.filter(({ value }) => value === true).length;
  expect(acknowledged).toBe(500);
  expect((await redis.keys('jack:dev:kv:flight-*')).length).toBe(500);
});

test('a shutdown closes the connections', async () => {
  const connections = async () => (await redis.command('CLIENT', 'LIST')).trim().split('\n').length;
  const before = await connections();
  const orgcache = openPackage({ url: redis.url });
  await orgcache.cacheAdapter.get('a');
  expect(await connections()).toBeGreaterThan(before);
  await orgcache.shutdown();
  await until(async () => (await connections()) === before, { what: 'the connections to close' });
});

test('a shutdown takes no longer than its timeout when the server is silent', async () => {
  const { port } = await startSilentServer();
  const orgcache = openPackage({
    host: '127.0.0.1',
    port,
    logLevel: 'off',
    commandTimeout: 10_000,
    connectTimeout: 10_000,
  });
  const call = orgcache.cacheAdapter.set('a', 1);
  const { value } = await within(
    2000,
    Promise.allSettled([orgcache.shutdown({ timeoutMs: 300 }), call]),
    'the shutdown',
  );
  expect(value[0].status).toBe('fulfilled');
});

test('a shutdown of one instance leaves another alone', async () => {
  const [first, second] = [openPackage({ url: redis.url }), openPackage({ url: redis.url })];
  await first.cacheAdapter.set('shared', 1);
  await second.cacheAdapter.get('shared');
  await first.shutdown();
  expect(await second.cacheAdapter.get('shared')).toBe(1);
  expect(await second.cacheAdapter.set('shared', 2)).toBe(true);
});

describe.each(['loop', 'thread'])('shutdown and duplicates, %s driver', (driver) => {
  test('closes duplicates of its clients, and refuses new ones', async () => {
    const orgcache = openPackage({ url: redis.url, driver });
    const client = await orgcache.getRedis();
    const [subscribed, selected, idle, ofCopy] = [
      client.duplicate(),
      client.duplicate(),
      client.duplicate({ lazyConnect: true }),
      client.duplicate().duplicate(),
    ];
    await Promise.all([subscribed.subscribe('news'), selected.select(1), ofCopy.ping()]);
    const blocked = rejection(selected.blpop('nothing', 0));
    const ends = [subscribed, selected, ofCopy].map(
      (copy) => new Promise((resolve) => copy.once('end', resolve)),
    );
    expect(await orgcache.shutdown()).toEqual({ flushed: true, journalEntries: 0 });
    await within(5000, Promise.all(ends), 'the events');
    expect([subscribed, selected, idle, ofCopy].map(({ status }) => status)).toEqual(Array(4).fill('end'));
    expect(await blocked).toMatchObject({ code: 'E_CLOSED' });
    for (const copy of [subscribed, selected, idle, ofCopy]) {
      expect(await rejection(copy.get('a'))).toMatchObject({ code: 'E_CLOSED' });
    }
    expect(() => client.duplicate()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
  });

  test('lets calls of a duplicate in flight settle', async () => {
    const orgcache = openPackage({ url: redis.url, driver });
    const copy = (await orgcache.getRedis()).duplicate();
    const set = copy.set('under way', 1);
    const [, answer] = await Promise.all([orgcache.shutdown(), set]);
    expect(answer).toBe('OK');
  });

  test('lets the process of a subscribed duplicate end', async () => {
    const { code } = await inFreshProcess(
      async ({ load, args }) => {
        const { configure, getRedis, shutdown } = load();
        configure(args.options);
        await (await getRedis()).duplicate().subscribe('news');
        await shutdown();
      },
      { args: { options: { url: redis.url, driver } } },
    );
    expect(code).toBe(0);
  });
});
