'use strict';

const { loadNative } = require('../../js/native.js');
const { never, unique } = require('../support/entries-contract');
const { openPackage } = require('../support/package');
const { rejection } = require('../support/wait');

const orgcache = openPackage({ useRedis: false, logLevel: 'off' });
const cacheOf = (options) => orgcache.createCache({ name: unique('cache'), ...options });

function thrownBy(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('Expected an exception.');
}

const ALWAYS_WRONG = ['5', null, Number.NaN, Number.POSITIVE_INFINITY, -1, 5n, {}, []];
const NUMBERS = {
  ttlSeconds: [0, 0.0001, 315_360_001],
  graceSeconds: [315_360_001],
  softTimeoutMs: [30_000, 2 ** 40],
  hardTimeoutMs: [0, 2 ** 40],
  lockTimeoutMs: [2 ** 40],
  jitter: [0.6, 1],
  negativeSeconds: [315_360_001],
  retryAfterErrorSeconds: [315_360_001],
};

describe('createCache refuses', () => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['a text', 'users'],
    ['options without a name', {}],
  ])('%s in place of options', (_what, options) => {
    expect(thrownBy(() => orgcache.createCache(options))).toMatchObject({ code: 'E_CONFIG' });
  });

  const wrong = {
    name: ['', 5, null, 'n'.repeat(65), {}],
    serializer: ['yaml', 5, ''],
    onRedisDown: ['fail', true],
    leaseMs: [...ALWAYS_WRONG, 0, 1, 2 ** 40],
    quota: [5, null, {}, { maxEntries: -1 }, { maxEntries: 1.5 }, { maxEntries: 1, onFull: 'drop' }],
    earlyRefresh: [0, 1, 1.5, -0.5, 'late', null],
    ...Object.fromEntries(
      Object.entries(NUMBERS).map(([name, values]) => [name, [...ALWAYS_WRONG, ...values]]),
    ),
  };
  test.each(Object.entries(wrong))('an option %s that is not allowed, by name', (name, values) => {
    const named = name === 'quota' ? /quota|maxEntries|onFull/ : new RegExp(name);
    for (const value of values) {
      const error = thrownBy(() => orgcache.createCache({ name: 'a', [name]: value }));
      expect([value, error.code, error.message]).toEqual([value, 'E_CONFIG', expect.stringMatching(named)]);
    }
  });

  test('tags that are not allowed', () => {
    for (const tags of ['t', [5], [''], ['t'.repeat(129)], Array.from({ length: 65 }, (_, i) => `${i}`)]) {
      expect(thrownBy(() => cacheOf({ tags }))).toMatchObject({ code: 'E_TAG' });
    }
  });

  test('an option that it does not know, and says which is meant', () => {
    const error = thrownBy(() => cacheOf({ ttlSecond: 5 }));
    expect(error.code).toMatch(/^E_(CONFIG|ARGUMENT)$/);
    expect(error.message).toContain('ttlSeconds');
  });

  test('an option softTimeoutMs that is not less than hardTimeoutMs', () => {
    expect(thrownBy(() => cacheOf({ softTimeoutMs: 50, hardTimeoutMs: 50 }))).toMatchObject({
      code: 'E_CONFIG',
    });
  });

  test('a name that another cache uses with another serializer', async () => {
    const name = unique('cache');
    await orgcache.createCache({ name }).org('a').set('k', 1);
    const other = orgcache.createCache({ name, ttlSeconds: 5 }).org('a');
    expect(await other.get('k')).toBe(1);
    const refused = await rejection(
      (async () => orgcache.createCache({ name, serializer: 'v8' }).org('a').get('k'))(),
    );
    expect(refused).toMatchObject({ code: 'E_CONFIG' });
    expect(refused.message).toContain('serializer');
  });
});

describe('a call refuses', () => {
  test('an organization that is missing', () => {
    const cache = cacheOf();
    for (const id of [undefined, null, '', 5, {}, Number.NaN]) {
      const error = thrownBy(() => cache.org(id));
      expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_KEY' });
      expect(error.message).toContain('global()');
    }
    expect(() => cache.org()).toThrow(expect.objectContaining({ code: 'E_KEY' }));
  });

  test('a key that is missing, too long or no text', async () => {
    const cache = cacheOf().org('a');
    const long = 'k'.repeat(1024 * 1024);
    const calls = {
      get: (key) => cache.get(key),
      getMany: (key) => cache.getMany(['k', key]),
      has: (key) => cache.has(key),
      getOrSet: (key) => cache.getOrSet(key, never),
      getOrSetMany: (key) => cache.getOrSetMany(['k', key], () => new Map()),
      refresh: (key) => cache.refresh(key, never),
      set: (key) => cache.set(key, 1),
      setMany: (key) => cache.setMany([[key, 1]]),
      delete: (key) => cache.delete(key),
      deleteMany: (key) => cache.deleteMany([key]),
      pull: (key) => cache.pull(key),
      expire: (key) => cache.expire(key),
    };
    for (const [name, call] of Object.entries(calls)) {
      for (const key of ['', undefined, null, 5, {}, long]) {
        const { code, message } = await rejection(call(key));
        expect([name, code]).toEqual([name, 'E_KEY']);
        expect(message.length).toBeLessThan(200);
      }
    }
    expect(thrownBy(() => cache.peek(''))).toMatchObject({ code: 'E_KEY' });
  });

  test('no key that is only unusual', async () => {
    const cache = cacheOf().org('a');
    const keys = ['__proto__', 'constructor', 'a\0b', 'a:b', '{a}', '🔑', ' ', '\n', 'k'.repeat(900)];
    await cache.setMany(keys.map((key) => [key, key.length]));
    expect(await cache.getMany(keys)).toEqual(keys.map((key) => key.length));
    const values = await cache.getOrSetMany(keys, never);
    expect([...values]).toEqual(keys.map((key) => [key, key.length]));
  });

  test('options of another shape', async () => {
    const cache = cacheOf().org('a');
    for (const options of [5, 'fast', null, [], { ttlSeconds: 'long' }, { signal: 5 }]) {
      expect([options, (await rejection(cache.getOrSet('k', never, options))).code]).toEqual([
        options,
        'E_CONFIG',
      ]);
      expect([options, (await rejection(cache.get('k', options))).code]).toEqual([options, 'E_CONFIG']);
      expect([options, (await rejection(cache.delete('k', options))).code]).toEqual([options, 'E_CONFIG']);
    }
  });

  test.each(Object.entries(NUMBERS))('an option %s that is not allowed, by name', async (name, values) => {
    const cache = cacheOf().org('a');
    for (const value of [...ALWAYS_WRONG, ...values]) {
      const error = await rejection(cache.set('k', 1, { [name]: value }));
      expect([value, error.code, error.message]).toEqual([value, 'E_CONFIG', expect.stringContaining(name)]);
    }
    expect(await cache.has('k')).toBe(false);
  });

  test('an option that it does not know, and says which is meant', async () => {
    const cache = cacheOf().org('a');
    const error = await rejection(cache.getOrSet('k', never, { ttl: 5 }));
    expect(error).toMatchObject({ code: 'E_ARGUMENT' });
    const other = await rejection(cache.set('k', 1, { softTimeoutMS: 5 }));
    expect(other.message).toContain('softTimeoutMs');
  });

  test('what is no function, no list and no pair', async () => {
    const cache = cacheOf().org('a');
    const refused = [
      cache.getOrSet('k'),
      cache.getOrSet('k', 5),
      cache.refresh('k', 'k'),
      cache.getOrSetMany(['k'], {}),
      cache.getOrSetMany('k', never),
      cache.getMany('k'),
      cache.deleteMany(new Set(['k'])),
      cache.setMany({ k: 1 }),
      cache.setMany(['k']),
      cache.invalidateTags('t'),
    ];
    for (const call of refused) expect(await rejection(call)).toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('a value that has no stored form', async () => {
    const cache = cacheOf().org('a');
    const cycle = {};
    cycle.self = cycle;
    for (const value of [undefined, () => {}, Symbol('s'), 5n, cycle]) {
      expect(await rejection(cache.set('k', value))).toMatchObject({ code: 'E_SERIALIZE' });
    }
    const v8 = cacheOf({ serializer: 'v8' }).org('a');
    for (const value of [undefined, () => {}, Symbol('s')]) {
      expect(await rejection(v8.set('k', value))).toMatchObject({ code: 'E_SERIALIZE' });
    }
    const large = 'x'.repeat(17 * 1024 * 1024);
    expect(await rejection(cache.set('k', large))).toMatchObject({ code: 'E_VALUE_TOO_LARGE' });
    expect(await cache.has('k')).toBe(false);
  });

  test('a namespace without a name', () => {
    const cache = cacheOf().org('a');
    for (const name of ['', undefined, 5, 'n'.repeat(65)]) {
      expect(thrownBy(() => cache.namespace(name))).toMatchObject({ code: 'E_CONFIG' });
    }
  });

  test('everything after a shutdown', async () => {
    const instance = openPackage({ useRedis: false, logLevel: 'off' });
    const cache = instance.createCache({ name: 'closed' }).org('a');
    await cache.set('k', 1);
    await instance.shutdown();
    for (const call of [
      cache.get('k'),
      cache.set('k', 1),
      cache.getOrSet('k', never),
      cache.mutate({ keys: ['k'] }, never),
    ]) {
      expect(await rejection(call)).toMatchObject({ code: 'E_CLOSED' });
    }
  });
});

test('createCache starts nothing', () => {
  const instance = openPackage({ url: 'redis://127.0.0.1:1', logLevel: 'off' });
  const before = loadNative().census();
  const cache = instance.createCache({ name: 'idle', serializer: 'v8' });
  cache.org('a').namespace('n');
  expect(loadNative().census()).toBe(before);
});
