'use strict';

const { CacheService } = require('../../js/cache-service/service.js');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const NOTHING = { hits: 0, misses: 0, sets: 0, deletes: 0, hitRatio: 0 };
/** More keys than a page of SCAN or a command that removes them has. */
const MANY = 1300;

function openService(options = { url: redis.url }) {
  const orgcache = openPackage({ logLevel: 'off', ...options });
  return { orgcache, service: new CacheService(orgcache) };
}

/** How often each command was sent since the last call. */
async function commandsSent() {
  const stats = await redis.command('INFO', 'commandstats');
  await redis.command('CONFIG', 'RESETSTAT');
  return Object.fromEntries(
    [...stats.matchAll(/^cmdstat_([\w|]+):calls=(\d+)/gm)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

describe('a script that checks a cache service finds that it', () => {
  let service;

  beforeEach(() => {
    ({ service } = openService());
  });

  test('stores, reads and removes values', async () => {
    const value = { name: 'Ada', tags: ['a', 'b'], nested: { n: 1.5 } };
    expect(await service.set('test:key', value, { ttl: 60 })).toBe(true);
    expect(await service.get('test:key')).toEqual(value);
    expect(await service.exists('test:key')).toBe(true);
    expect(await service.delete('test:key')).toBe(true);
    expect(await service.delete('test:key')).toBe(false);
    expect(await service.get('test:key')).toBeNull();
    expect(await service.exists('test:key')).toBe(false);
  });

  test('stores and reads many values', async () => {
    expect(await service.mset({ 'test:a': 1, 'test:b': { two: 2 } }, { ttl: 60 })).toBe(true);
    expect(await service.mget(['test:a', 'test:none', 'test:b'])).toEqual([1, null, { two: 2 }]);
    expect(await service.deleteMany(['test:a', 'test:b', 'test:none'])).toBe(2);
    expect(await service.mget([])).toEqual([]);
    expect(await service.deleteMany([])).toBe(0);
    expect(await service.mset({})).toBe(true);
  });

  test('caches the result of a query', async () => {
    let calls = 0;
    const query = () =>
      service.cacheQuery('SELECT * FROM users WHERE id = $1', [1], async () => {
        calls += 1;
        return [{ id: 1 }];
      });
    expect(await query()).toEqual([{ id: 1 }]);
    expect(await query()).toEqual([{ id: 1 }]);
    expect(calls).toBe(1);
  });

  test('removes what matches a pattern, a user, an item, and everything', async () => {
    await service.mset({ 'search:1': 1, 'search:2': 2, 'other:1': 3, 'item:7': 4, 'item:77': 5 });
    expect(await service.invalidatePattern('search:*')).toBe(2);
    expect(await service.invalidatePattern('other:1')).toBe(1);
    expect(await service.invalidateItem('7')).toBe(1);
    await service.cacheUserProfile('u1', { name: 'Ada' });
    await service.cacheUserBalance('u1', 12.5);
    expect(await service.invalidateUser('u1')).toBe(2);
    expect(await redis.keys()).toEqual(['item:77']);
    expect(await service.clearAll()).toBe(true);
    expect(await redis.keys()).toEqual([]);
    expect(service.getStats()).toEqual(NOTHING);
  });

  test('counts hits and misses', async () => {
    await service.set('test:a', 1);
    await service.get('test:a');
    await service.mget(['test:a', 'test:b']);
    await service.get('test:b');
    await service.deleteMany(['test:a', 'test:b']);
    expect(service.getStats()).toEqual({ hits: 2, misses: 2, sets: 1, deletes: 1, hitRatio: 0.5 });
    service.resetStats();
    expect(service.getStats()).toEqual(NOTHING);
  });

  test('has profiles, balances and answers of an API', async () => {
    await service.cacheUserProfile('u1', { name: 'Ada' });
    await service.cacheUserBalance('u1', 12.5);
    await service.cacheApiResponse('/items', 'page=1', [1]);
    await service.cacheApiResponse('/items', { page: 2 }, [2]);
    expect(await service.getCachedUserProfile('u1')).toEqual({ name: 'Ada' });
    expect(await service.getCachedUserBalance('u1')).toBe(12.5);
    expect(await service.getCachedApiResponse('/items', 'page=1')).toEqual([1]);
    expect(await service.getCachedApiResponse('/items', { page: 2 })).toEqual([2]);
    expect(await service.getCachedUserProfile('u2')).toBeNull();
    expect(await service.getCachedUserBalance('u2')).toBeNull();
    expect(await service.getCachedApiResponse('/items', 'page=3')).toBeNull();
  });

  test('is healthy, and tells what the server says', async () => {
    const { memoryUsage, ...health } = await service.healthCheck();
    expect(health).toEqual({ status: 'healthy', connected: true, stats: NOTHING });
    expect(memoryUsage).toBeGreaterThan(100_000);
    expect(await service.getMemoryUsage()).toBeGreaterThan(100_000);
    expect(await service.getInfo()).toMatchObject({ redis_mode: 'standalone', tcp_port: String(redis.port) });
  });
});

test('the script of a server passes with the import of this package, and its process ends', async () => {
  const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port), REDIS_CACHE_DB: '2' };
  const { report } = await runNode(['__test__/programs/cache-service-script.mjs'], { env });
  expect(Object.entries(report).filter(([, passed]) => passed !== true)).toEqual([]);
  expect(Object.keys(report)).toHaveLength(13);
  expect(await redis.keys()).toEqual([]);
});

test('keys have no prefix, and values are plain JSON with the lifetimes of the seed', async () => {
  const { service } = openService();
  await service.set('test:a', { a: 1 });
  await service.set('test:text', 'as it is', { serialize: false, ttl: 60 });
  await service.cacheUserProfile('u1', null);
  await service.cacheUserBalance('u1', 1);
  await service.cacheApiResponse('/items', 'page=1', []);
  await service.cacheQuery('SELECT 1', [], () => 1, { ttl: 120 });
  const keys = await redis.keys();
  const stored = await Promise.all(
    keys.map(async (key) => [
      key,
      await redis.command('GET', key),
      Math.ceil((await redis.command('PTTL', key)) / 1000),
    ]),
  );
  expect(stored).toEqual([
    ['api:/items:page=1', '[]', 60],
    [expect.stringMatching(/^query:[0-9a-f]{32}$/), '1', 120],
    ['test:a', '{"a":1}', 300],
    ['test:text', 'as it is', 60],
    ['user:balance:u1', '1', 300],
    ['user:profile:u1', 'null', 1800],
  ]);
});

test('values of processes with such a service are read', async () => {
  await redis.command('SETEX', 'user:profile:u1', '1800', '{"name":"Ada"}');
  const { service } = openService();
  expect(await service.getCachedUserProfile('u1')).toEqual({ name: 'Ada' });
});

describe('faults of the service that it replaces are not there:', () => {
  test('the first call connects', async () => {
    const { service } = openService();
    expect(await service.set('first', 1)).toBe(true);
    const other = openService().service;
    expect(await other.get('first')).toBe(1);
    expect(await openService().service.healthCheck()).toMatchObject({ status: 'healthy' });
  });

  test('a cached null is a result', async () => {
    const { service } = openService();
    const fetch = jest.fn(async () => null);
    for (let i = 0; i < 3; i += 1) expect(await service.cacheQuery('SELECT 1', [], fetch)).toBeNull();
    expect(fetch).toHaveBeenCalledTimes(1);
    await service.set('nothing', null);
    expect(await service.exists('nothing')).toBe(true);
    expect(service.getStats()).toMatchObject({ hits: 2, misses: 1 });
  });

  test('a text that was stored as it is is read as it is', async () => {
    const { service } = openService();
    await service.set('text', 'no JSON: {', { serialize: false });
    expect(await service.get('text')).toBe('no JSON: {');
    expect(await service.mget(['text'])).toEqual(['no JSON: {']);
    await service.set('count', 5, { serialize: false });
    expect(await service.get('count')).toBe(5);
  });

  test('concurrent callers share one fetch, also while Redis is away', async () => {
    const away = { host: '127.0.0.1', port: await closedPort() };
    for (const options of [{ url: redis.url }, away]) {
      const { service } = openService(options);
      const fetch = jest.fn(async () => ({ n: 1 }));
      const calls = Array.from({ length: 20 }, () => service.cacheQuery('SELECT 1', [1], fetch));
      expect(await Promise.all(calls)).toEqual(Array(20).fill({ n: 1 }));
      expect(fetch).toHaveBeenCalledTimes(1);
    }
  });

  test('a fetch that fails rejects for all that share it, and the next caller tries again', async () => {
    const { service } = openService();
    const failure = new Error('no database');
    const calls = Array.from({ length: 3 }, () =>
      rejection(
        service.cacheQuery('SELECT 1', [], async () => {
          throw failure;
        }),
      ),
    );
    expect(await Promise.all(calls)).toEqual([failure, failure, failure]);
    expect(await service.cacheQuery('SELECT 1', [], () => 2)).toBe(2);
  });

  test('invalidating a user spares other users and sessions', async () => {
    const { service } = openService();
    await service.mset({ 'session:other': 1, 'session:u1': 1, 'user:profile:u2': 1, 'user:profile:u1': 1 });
    await service.cacheUserBalance('u1', 5);
    expect(await service.invalidateUser('u1')).toBe(3);
    expect(await redis.keys()).toEqual(['session:other', 'user:profile:u2']);
  });

  test('an id is no pattern', async () => {
    const { service } = openService();
    await service.mset({ 'item:1': 1, 'item:*': 1, 'user:profile:u1': 1, 'user:profile:?1': 1 });
    expect(await service.invalidateItem('*')).toBe(1);
    expect(await service.invalidateUser('?1')).toBe(1);
    expect(await redis.keys()).toEqual(['item:1', 'user:profile:u1']);
  });

  test.each([0, -1, Number.NaN, 1e12, '60', null])(
    'a lifetime of %p is refused, and no other taken',
    async (ttl) => {
      const { service } = openService();
      expect(await rejection(service.set('a', 1, { ttl }))).toMatchObject({ code: 'E_ARGUMENT' });
      expect(await rejection(service.mset({ a: 1 }, { ttl }))).toMatchObject({ code: 'E_ARGUMENT' });
      const fetch = jest.fn();
      expect(await rejection(service.cacheQuery('SELECT 1', [], fetch, { ttl }))).toMatchObject({
        code: 'E_ARGUMENT',
      });
      expect(fetch).not.toHaveBeenCalled();
      expect(await redis.keys()).toEqual([]);
    },
  );

  test('parts of a second count', async () => {
    const { service } = openService();
    expect(await service.set('a', 1, { ttl: 1.5 })).toBe(true);
    const left = await redis.command('PTTL', 'a');
    expect(left).toBeGreaterThan(1000);
    expect(left).toBeLessThanOrEqual(1500);
  });

  test('undefined is not reported as stored', async () => {
    const { service } = openService();
    expect(await rejection(service.set('a', undefined))).toMatchObject({ code: 'E_SERIALIZE' });
    expect(await rejection(service.set('a', 1n))).toMatchObject({ code: 'E_SERIALIZE' });
    expect(await rejection(service.set('a', {}, { serialize: false }))).toMatchObject({
      code: 'E_SERIALIZE',
    });
    expect(await service.cacheQuery('SELECT 1', [], () => undefined)).toBeUndefined();
    expect(await service.cacheQuery('SELECT 2', [], () => 5n)).toBe(5n);
    expect(await redis.keys()).toEqual([]);
  });

  test('nothing blocks the server: it scans, and unlinks in pages', async () => {
    const { service } = openService();
    const entries = Array.from({ length: MANY }, (_, i) => [`search:${i}`, i]);
    await service.mset({ ...Object.fromEntries(entries), keep: 1 });
    await commandsSent();
    expect(await service.invalidatePattern('search:*')).toBe(MANY);
    const sent = await commandsSent();
    expect(sent.scan).toBeGreaterThan(1);
    expect(sent.unlink).toBeGreaterThan(1);
    expect(sent).not.toMatchObject({ keys: expect.any(Number) });
    expect(sent).not.toMatchObject({ del: expect.any(Number) });
    expect(await redis.keys()).toEqual(['keep']);
    await commandsSent();
    expect(await service.invalidatePattern('keep')).toBe(1);
    expect(await commandsSent()).not.toMatchObject({ scan: expect.any(Number) });
    await service.mset(Object.fromEntries(entries));
    expect(await service.deleteMany(entries.map(([key]) => key))).toBe(MANY);
  });

  test('different queries and parameters have different keys', async () => {
    const { service } = openService();
    const asked = [
      ['SELECT 1', []],
      ['SELECT 1[', [']']],
      ['SELECT 1', [1]],
      ['SELECT 1', ['1']],
      ['SELECT 1', [1n]],
      ['SELECT 1', ['n1']],
      ['SELECT 1', [null]],
      ['SELECT 1', [undefined]],
      ['SELECT 1', [Number.NaN]],
      ['SELECT 1', [new Date(0)]],
      ['SELECT 1', [new Date(0).toISOString()]],
      ['SELECT 1', [{ toJSON: () => 's1' }]],
      ['SELECT 1', [Buffer.from('a')]],
      ['SELECT 1', [{ type: 'Buffer', data: [97] }]],
      ['SELECT 1', [1, 1]],
      ['SELECT 1', [[1], 1]],
    ];
    for (const [index, [query, params]] of asked.entries()) {
      expect(await service.cacheQuery(query, params, () => index)).toBe(index);
    }
    for (const [index, [query, params]] of asked.entries()) {
      expect(await service.cacheQuery(query, params, () => 'fetched')).toBe(index);
    }
    expect(await redis.keys()).toHaveLength(asked.length);
  });

  test('options and arguments that mean nothing are refused', async () => {
    const { service } = openService();
    for (const [call, code] of [
      [() => service.set('a', 1, { prefix: 'x' }), 'E_ARGUMENT'],
      [() => service.set('a', 1, 60), 'E_CONFIG'],
      [() => service.set('a', 1, { serialize: 'no' }), 'E_ARGUMENT'],
      [() => service.set(undefined, 1), 'E_KEY'],
      [() => service.get(''), 'E_KEY'],
      [() => service.delete({}), 'E_KEY'],
      [() => service.exists(null), 'E_KEY'],
      [() => service.mget('a'), 'E_KEY'],
      [() => service.deleteMany([undefined]), 'E_KEY'],
      [() => service.mset(['a']), 'E_ARGUMENT'],
      [() => service.mset({ '': 1 }), 'E_KEY'],
      [() => service.invalidateUser(undefined), 'E_KEY'],
      [() => service.invalidateItem(''), 'E_KEY'],
      [() => service.invalidatePattern(''), 'E_KEY'],
      [() => service.cacheUserProfile(undefined, {}), 'E_KEY'],
      [() => service.getCachedUserBalance(null), 'E_KEY'],
      [() => service.cacheApiResponse('', {}, {}), 'E_KEY'],
      [() => service.cacheQuery('', [], () => 1), 'E_KEY'],
      [() => service.cacheQuery('SELECT 1', [], 'no function'), 'E_ARGUMENT'],
    ]) {
      expect([String(call), (await rejection(call())).code]).toEqual([String(call), code]);
    }
    expect(await redis.keys()).toEqual([]);
  });

  test('parameters with a cycle are refused, and nothing is fetched', async () => {
    const { service } = openService();
    const cycle = [];
    cycle.push(cycle);
    const fetch = jest.fn();
    expect(await rejection(service.cacheQuery('SELECT 1', cycle, fetch))).toMatchObject({
      code: 'E_SERIALIZE',
    });
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe('a fetch that began before', () => {
  /** A query whose fetch waits: the call, and a function that lets the fetch end. */
  function slowQuery(service) {
    let end;
    const ended = new Promise((resolve) => {
      end = () => resolve('old');
    });
    let started;
    const hasStarted = new Promise((resolve) => {
      started = resolve;
    });
    const call = service.cacheQuery('SELECT 1', [], () => {
      started();
      return ended;
    });
    return { call, end, hasStarted };
  }

  test.each([
    ['an invalidation of all queries', (service) => service.invalidatePattern('query:*')],
    ['a clearing', (service) => service.clearAll()],
  ])('%s is neither kept nor shared afterwards', async (_name, invalidate) => {
    const { service } = openService();
    const { call, end, hasStarted } = slowQuery(service);
    await hasStarted;
    await invalidate(service);
    const after = service.cacheQuery('SELECT 1', [], () => 'new');
    expect(await after).toBe('new');
    end();
    expect(await call).toBe('old');
    expect(await service.cacheQuery('SELECT 1', [], () => 'fetched')).toBe('new');
  });

  test('a write of its key does not overwrite it', async () => {
    const { service } = openService();
    await service.cacheQuery('SELECT 1', [], () => 'first');
    const [key] = await redis.keys();
    await service.delete(key);
    const { call, end, hasStarted } = slowQuery(service);
    await hasStarted;
    await service.set(key, 'written');
    end();
    expect(await call).toBe('old');
    expect(await service.get(key)).toBe('written');
  });
});

/** Each method with what it answers without Redis. */
async function answersOf(service) {
  return {
    get: await service.get('a'),
    set: await service.set('a', 1),
    delete: await service.delete('a'),
    deleteMany: await service.deleteMany(['a']),
    exists: await service.exists('a'),
    mget: await service.mget(['a', 'b']),
    mset: await service.mset({ a: 1 }),
    cacheQuery: await service.cacheQuery('SELECT 1', [], () => 'fetched'),
    invalidatePattern: await service.invalidatePattern('a*'),
    invalidateUser: await service.invalidateUser('u1'),
    invalidateItem: await service.invalidateItem('1'),
    clearAll: await service.clearAll(),
    getMemoryUsage: await service.getMemoryUsage(),
    getInfo: await service.getInfo(),
    healthCheck: await service.healthCheck(),
    cacheUserProfile: await service.cacheUserProfile('u1', {}),
    getCachedUserProfile: await service.getCachedUserProfile('u1'),
    cacheUserBalance: await service.cacheUserBalance('u1', 1),
    getCachedUserBalance: await service.getCachedUserBalance('u1'),
    cacheApiResponse: await service.cacheApiResponse('/', '', 1),
    getCachedApiResponse: await service.getCachedApiResponse('/', ''),
    getStats: service.getStats(),
  };
}

const WITHOUT_REDIS = {
  get: null,
  set: false,
  delete: false,
  deleteMany: 0,
  exists: false,
  mget: [],
  mset: false,
  cacheQuery: 'fetched',
  invalidatePattern: 0,
  invalidateUser: 0,
  invalidateItem: 0,
  clearAll: false,
  getMemoryUsage: 0,
  getInfo: {},
  healthCheck: { status: 'unhealthy', connected: false, memoryUsage: 0, stats: NOTHING },
  cacheUserProfile: false,
  getCachedUserProfile: null,
  cacheUserBalance: false,
  getCachedUserBalance: null,
  cacheApiResponse: false,
  getCachedApiResponse: null,
  getStats: NOTHING,
};

describe('without Redis each method answers at once:', () => {
  const stores = [
    ['Redis is turned off', async () => ({ useRedis: false }), 1000],
    ['nothing listens', async () => ({ host: '127.0.0.1', port: await closedPort() }), 1500],
    // Only the first call waits, for a second.
    [
      'the server is silent',
      async () => ({ host: '127.0.0.1', port: (await startSilentServer()).port }),
      1900,
    ],
  ];

  test.each(stores)('%s', async (_name, options, withinMs) => {
    const { service } = openService(await options());
    const { value } = await within(withinMs, answersOf(service), 'every method');
    expect(value).toEqual(WITHOUT_REDIS);
    expect(Object.keys(WITHOUT_REDIS).sort()).toEqual(
      Object.getOwnPropertyNames(CacheService.prototype)
        .filter((name) => !['constructor', 'resetStats'].includes(name))
        .sort(),
    );
  });

  test('the package was shut down', async () => {
    const { service, orgcache } = openService();
    await service.set('a', 1);
    service.resetStats();
    await orgcache.shutdown();
    const other = new CacheService(orgcache);
    expect((await within(600, other.get('a'), 'the first call')).value).toBeNull();
    expect((await within(1000, answersOf(service), 'every method')).value).toEqual(WITHOUT_REDIS);
    expect(await redis.keys()).toEqual(['a']);
  });

  test('the server stops in the middle of a call, and comes back', async () => {
    const server = await startRedis();
    const { service } = openService({ url: server.url });
    await service.set('a', 1);
    server.pause();
    try {
      const calls = Promise.all([service.get('a'), service.set('b', 1), service.invalidatePattern('a*')]);
      expect((await within(4000, calls, 'calls under way')).value).toEqual([null, false, 0]);
      const { ms } = await within(500, service.get('a'), 'a call while Redis is away');
      expect(ms).toBeLessThan(500);
    } finally {
      server.resume();
    }
    await until(async () => (await service.get('a')) === 1, { timeoutMs: 15_000, what: 'Redis to be back' });
  });

  test('an error of the server is a miss, and a null for each key', async () => {
    const { service } = openService();
    await redis.command('LPUSH', 'list', 'x');
    await service.get('first');
    expect(await service.get('list')).toBeNull();
    expect(await service.set('list', 1)).toBe(true);
    await redis.command('ACL', 'SETUSER', 'default', '-mget', '-flushdb', '-scan');
    try {
      expect(await service.mget(['a', 'b'])).toEqual([null, null]);
      expect(await service.clearAll()).toBe(false);
      expect(await service.invalidatePattern('a*')).toBe(0);
    } finally {
      await redis.command('ACL', 'SETUSER', 'default', '+@all');
    }
    expect(service.getStats()).toEqual({ hits: 0, misses: 4, sets: 1, deletes: 0, hitRatio: 0 });
  });
});

describe('REDIS_CACHE_DB', () => {
  afterEach(() => {
    delete process.env.REDIS_CACHE_DB;
  });

  test('is the database of the service, and of nothing else', async () => {
    process.env.REDIS_CACHE_DB = '3';
    const { service, orgcache } = openService();
    await orgcache.redisManager.getClient().set('elsewhere', '1');
    await service.set('a', 1);
    expect(await service.get('a')).toBe(1);
    expect(await service.get('elsewhere')).toBeNull();
    expect(await redis.keys()).toEqual(['elsewhere']);
    expect(await service.clearAll()).toBe(true);
    expect(await redis.keys()).toEqual(['elsewhere']);
    await orgcache.shutdown();
    expect(await service.get('a')).toBeNull();
  });

  test('that is no number is refused', async () => {
    process.env.REDIS_CACHE_DB = 'three';
    const { service } = openService();
    expect(await rejection(service.get('a'))).toMatchObject({ code: 'E_CONFIG' });
  });
});

test('after reset() the service uses the next configuration', async () => {
  const other = await startRedis();
  const { service, orgcache } = openService();
  await service.set('a', 1);
  await orgcache.reset();
  orgcache.configure({ url: other.url, logLevel: 'off' });
  expect(await service.get('a')).toBeNull();
  expect(await service.set('b', 1)).toBe(true);
  expect(await other.keys()).toEqual(['b']);
});

test('the entry exports one service by both names', () => {
  const entry = require('../../js/entry/cacheService.js');
  expect(entry.cacheService).toBe(entry.default);
  expect(entry.cacheService.getStats()).toEqual(NOTHING);
});
