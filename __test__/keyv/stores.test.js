'use strict';

const { Keyv5Store } = require('../../js/keyv/keyv5-store.js');
const { KeyvStore } = require('../../js/keyv/keyv-store.js');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

const PREFIX = 'orgcache:test:';
/** More keys than a page of SCAN has. */
const MANY = 1200;
const redis = withRedis({ flushBeforeEach: true });

const open = (options = { url: redis.url }) => openPackage({ logLevel: 'off', prefix: PREFIX, ...options });

const STORES = [
  ['Keyv 6', (orgcache, options) => new KeyvStore(orgcache, options)],
  ['Keyv 5', (orgcache, options) => new Keyv5Store(orgcache, options)],
];

async function all(iterator) {
  const entries = [];
  for await (const entry of iterator) entries.push(entry);
  return entries.sort();
}

describe.each(STORES)('the store for %s', (_name, makeStore) => {
  const room = _name === 'Keyv 6' ? 'keyv' : 'keyv5';
  let store;

  beforeEach(() => {
    store = makeStore(open());
  });

  test('stores, reads and removes texts', async () => {
    expect(await store.get('a')).toBeUndefined();
    expect(await store.set('a', 'one')).toBe(true);
    expect(await store.get('a')).toBe('one');
    expect(await store.has('a')).toBe(true);
    expect(await store.delete('a')).toBe(true);
    expect(await store.delete('a')).toBe(false);
    expect(await store.has('a')).toBe(false);
    await store.set('b', 'two');
    await store.set('', 'empty').catch(() => {});
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, 'two']);
    expect(await store.hasMany(['a', 'b'])).toEqual([false, true]);
    expect(await store.getMany([])).toEqual([]);
    expect(await store.hasMany([])).toEqual([]);
    expect(await store.disconnect()).toBeUndefined();
    expect(await store.get('b')).toBe('two');
  });

  test('keys have the prefix of the package, the name of the store and the namespace', async () => {
    await store.set('a', '1');
    store.namespace = 'one:two';
    await store.set('a', '2');
    const other = makeStore(open(), { namespace: 'one' });
    await other.set('two:a', '3');
    expect(await redis.keys()).toEqual(
      [`${PREFIX}${room}::a`, `${PREFIX}${room}:one%3Atwo:a`, `${PREFIX}${room}:one:two:a`].sort(),
    );
    expect(await store.get('a')).toBe('2');
    expect(await other.get('two:a')).toBe('3');
  });

  test('clears and lists its namespace and no other', async () => {
    const namespaces = ['a', 'a*', 'a:b', '[a]', undefined, 'ä\ud800'];
    for (const [index, namespace] of namespaces.entries()) {
      const each = makeStore(open(), { namespace });
      await each.set('key', `${index}`);
      await each.set('[x]*', `${index}`);
    }
    for (const [index, namespace] of namespaces.entries()) {
      const each = makeStore(open(), { namespace });
      expect(await all(each.iterator())).toEqual([
        ['[x]*', `${index}`],
        ['key', `${index}`],
      ]);
      await each.clear();
      expect(await all(each.iterator())).toEqual([]);
      expect(await redis.keys()).toHaveLength(2 * (namespaces.length - index - 1));
    }
  });

  test('clears and lists more keys than a page has, with SCAN and UNLINK', async () => {
    const keys = Array.from({ length: MANY }, (_, i) => `k${i}`);
    await Promise.all(keys.map((key) => store.set(key, key)));
    expect(await all(store.iterator())).toEqual(keys.map((key) => [key, key]).sort());
    await redis.command('CONFIG', 'RESETSTAT');
    expect(await store.clear()).toBeUndefined();
    expect(await redis.keys()).toEqual([]);
    const sent = await redis.command('INFO', 'commandstats');
    expect(sent).toContain('cmdstat_unlink:');
    expect(sent).not.toMatch(/cmdstat_(del|flush\w+):/);
  });

  test('an iterator that is left early leaves nothing behind', async () => {
    await Promise.all(Array.from({ length: MANY }, (_, i) => store.set(`k${i}`, 'v')));
    let seen = 0;
    for await (const _ of store.iterator()) {
      seen += 1;
      if (seen === 3) break;
    }
    expect(seen).toBe(3);
    expect(await store.get('k1')).toBe('v');
  });

  test('what cannot be a key, a value or an option is refused', async () => {
    for (const key of ['', undefined, null, 5, {}]) {
      expect(await rejection(store.get(key))).toMatchObject({ code: 'E_KEY' });
      expect(await rejection(store.set(key, 'v'))).toMatchObject({ code: 'E_KEY' });
    }
    for (const value of [undefined, null, 5, {}, Buffer.from('v')]) {
      expect(await rejection(store.set('a', value))).toMatchObject({ code: 'E_SERIALIZE' });
    }
    for (const [options, code] of [
      [{ namespaces: 'a' }, 'E_ARGUMENT'],
      [{ namespace: 5 }, 'E_CONFIG'],
      [{ instance: {} }, 'E_CONFIG'],
      [null, 'E_CONFIG'],
      ['redis://localhost', 'E_CONFIG'],
    ]) {
      expect(() => makeStore(open(), options)).toThrow(expect.objectContaining({ code }));
    }
  });

  test('another instance may be given, and reset() is noticed', async () => {
    const orgcache = open({ url: redis.url, prefix: 'other:' });
    const other = makeStore(open(), { instance: orgcache });
    await other.set('a', '1');
    expect(await redis.keys()).toEqual([`other:${room}::a`]);
    await orgcache.reset();
    orgcache.configure({ url: redis.url, prefix: 'next:', logLevel: 'off' });
    expect(await other.get('a')).toBeUndefined();
    await other.set('a', '2');
    expect(await redis.keys()).toEqual([`next:${room}::a`, `other:${room}::a`]);
  });

  const away = [
    ['nothing listens', async () => ({ host: '127.0.0.1', port: await closedPort() })],
    ['Redis is turned off', async () => ({ useRedis: false })],
  ];

  test.each(away)('where %s, reads find nothing and writes reject, at once', async (_why, options) => {
    const lost = makeStore(open(await options()));
    await within(2000, lost.get('a'), 'the first call');
    const reads = Promise.all([
      lost.get('a'),
      lost.getMany(['a', 'b']),
      lost.has('a'),
      lost.hasMany(['a', 'b']),
    ]);
    expect((await within(1000, reads, 'reads')).value).toEqual([
      undefined,
      [undefined, undefined],
      false,
      [false, false],
    ]);
    const writes = [
      lost.set('a', '1'),
      lost.delete('a'),
      lost.deleteMany(['a']),
      lost.clear(),
      all(lost.iterator()),
    ];
    const errors = await within(1000, Promise.all(writes.map(rejection)), 'writes');
    expect(errors.value.map(({ code }) => code)).toEqual(Array(5).fill('E_CONNECT'));
  });

  test('a server that stops holds nobody up, and works again when it is back', async () => {
    const server = await startRedis();
    const stopped = makeStore(open({ url: server.url }));
    await stopped.set('a', '1');
    server.pause();
    try {
      const calls = Promise.all([
        stopped.get('a'),
        rejection(stopped.set('b', '1')),
        rejection(stopped.clear()),
      ]);
      const { value } = await within(4000, calls, 'calls under way');
      expect(value).toEqual([
        undefined,
        expect.objectContaining({ code: 'E_UNKNOWN_OUTCOME' }),
        expect.objectContaining({ code: 'E_UNKNOWN_OUTCOME' }),
      ]);
      expect((await within(1000, stopped.get('a'), 'a read')).value).toBeUndefined();
    } finally {
      server.resume();
    }
    await until(async () => (await stopped.get('a')) === '1' || (await stopped.has('b')), {
      timeoutMs: 15_000,
    });
  });

  test('an error of the server is not taken for a miss', async () => {
    await redis.command('LPUSH', `${PREFIX}${room}::list`, 'x');
    expect(await rejection(store.get('list'))).toMatchObject({ code: 'E_REPLY', redisCode: 'WRONGTYPE' });
  });
});

test('Keyv 6 gives the time at which a value ends', async () => {
  const store = new KeyvStore(open());
  expect(store.capabilities).toMatchObject({ compatible: true, store: 'keyvStorage', expires: true });
  await store.set('a', '1', Date.now() + 5000);
  await store.set('b', '1');
  expect(await redis.command('PTTL', `${PREFIX}keyv::a`)).toBeGreaterThan(4000);
  expect(await redis.command('PTTL', `${PREFIX}keyv::a`)).toBeLessThanOrEqual(5000);
  expect(await redis.command('PTTL', `${PREFIX}keyv::b`)).toBe(-1);
  expect(await store.set('b', '2', Date.now() - 1)).toBe(true);
  expect(await store.get('b')).toBeUndefined();
  const entries = [
    { key: 'c', value: '3', expires: Date.now() + 150 },
    { key: 'd', value: '4' },
  ];
  expect(await store.setMany(entries)).toEqual([true, true]);
  expect(await store.getMany(['c', 'd'])).toEqual(['3', '4']);
  await until(async () => !(await store.has('c')));
  expect(await store.deleteMany(['c', 'd'])).toEqual([false, true]);
});

// The names of the cases are those of @keyv/test-suite 6, which the registry does not have.
describe('the suite of Keyv 6 finds of a store that', () => {
  let store;

  beforeEach(() => {
    store = new KeyvStore(open());
  });

  test('setMany, hasMany and deleteMany take several keys, and none', async () => {
    await store.setMany([
      { key: 'a', value: '1' },
      { key: 'b', value: '2' },
    ]);
    expect(await store.getMany(['a', 'b'])).toEqual(['1', '2']);
    expect(await store.hasMany(['a', 'b', 'c'])).toEqual([true, true, false]);
    expect(await store.deleteMany(['a', 'b'])).toEqual([true, true]);
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
    expect(await store.deleteMany(['a', 'b'])).toEqual([false, false]);
    expect(await Promise.all([store.setMany([]), store.hasMany([]), store.deleteMany([])])).toEqual([
      [],
      [],
      [],
    ]);
  });

  test('set(key, value, expires) expires after the deadline, and has() then answers false', async () => {
    await store.get('warm');
    await store.set('a', '1', Date.now() + 500);
    expect(await store.get('a')).toBe('1');
    await until(async () => (await store.get('a')) === undefined && !(await store.has('a')));
  });

  test('namespace getter and setter', () => {
    expect(store.namespace).toBeUndefined();
    store.namespace = 'test-ns';
    expect(store.namespace).toBe('test-ns');
    store.namespace = undefined;
    expect(store.namespace).toBeUndefined();
  });

  test('iterator() yields the keys of its namespace only, and nothing of an empty one', async () => {
    expect(typeof store.iterator()[Symbol.asyncIterator]).toBe('function');
    await store.set('without', '0');
    store.namespace = 'ns';
    expect(await all(store.iterator())).toEqual([]);
    await store.set('a', '1');
    await store.set('b', '2');
    expect(await all(store.iterator())).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
  });

  test('disconnect() resolves', async () => {
    await store.set('a', '1');
    expect(await store.disconnect()).toBeUndefined();
  });
});

test('Keyv 5 gives a lifetime', async () => {
  const store = new Keyv5Store(open());
  await store.set('a', '1', 5000.5);
  expect(await redis.command('PTTL', `${PREFIX}keyv5::a`)).toBeGreaterThan(4000);
  await store.set('a', '1', -5);
  expect(await store.has('a')).toBe(false);
  await store.set('a', '1', 0.2);
  await store.set('b', '1', undefined);
  await until(async () => !(await store.has('a')));
  expect(await store.deleteMany(['a', 'b'])).toBe(true);
  expect(await store.deleteMany(['a', 'b'])).toBe(false);
});

test('the two stores do not read each other’s values', async () => {
  const orgcache = open();
  await new KeyvStore(orgcache).set('a', '1');
  expect(await new Keyv5Store(orgcache).get('a')).toBeUndefined();
});

test('many stores of an instance add few listeners to its client', async () => {
  const orgcache = open();
  const stores = Array.from({ length: 40 }, (_, i) => new KeyvStore(orgcache, { namespace: `n${i}` }));
  await Promise.all(stores.map((store) => store.set('a', '1')));
  const client = orgcache.redisManager.getClient();
  expect(client.eventNames().map((name) => client.listenerCount(name))).toEqual([1, 1, 1]);
});

test('the entry exports both classes', () => {
  const entry = require('../../js/entry/keyv.js');
  expect(Object.keys(entry).sort()).toEqual(['Keyv5Store', 'KeyvStore']);
  expect(new entry.KeyvStore({ namespace: 'a' })).toMatchObject({ namespace: 'a' });
  expect(new entry.Keyv5Store()).toBeInstanceOf(Keyv5Store);
});
