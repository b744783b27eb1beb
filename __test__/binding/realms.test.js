'use strict';

const vm = require('node:vm');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

// Jest evaluates the package and this file in a context of their own, and the addon is loaded in the main one.
describe.each(['loop', 'thread'])(
  'with the %s driver, what a call answers is of the caller’s realm',
  (driver) => {
    const redis = withRedis();
    let orgcache;
    let client;

    beforeAll(async () => {
      orgcache = openPackage({ url: redis.url, driver, clientKeyPrefix: '', logLevel: 'off' });
      client = await orgcache.getRedis();
      await redis.command('FLUSHALL');
      await client.hset('hash', 'a', '1', 'b', '2');
      await client.rpush('list', 'x', 'y');
      await client.zadd('sorted', 1, 'm');
      await client.xadd('stream', '1-1', 'f', 'v');
    });

    test('the main realm has other constructors than this one', () => {
      expect(vm.runInThisContext('Array')).not.toBe(Array);
    });

    test.each([
      ['an empty list', () => client.lrange('none', 0, -1), []],
      ['a list', () => client.lrange('list', 0, -1), ['x', 'y']],
      ['an empty hash', () => client.hgetall('none'), {}],
      ['a hash', () => client.hgetall('hash'), { a: '1', b: '2' }],
      ['pairs', () => client.zrange('sorted', 0, -1, 'WITHSCORES'), ['m', '1']],
      ['nested lists', () => client.xrange('stream', '-', '+'), [['1-1', ['f', 'v']]]],
      ['a map of lists', () => client.xread('STREAMS', 'stream', '0'), [['stream', [['1-1', ['f', 'v']]]]]],
      [
        'a pipeline',
        () => client.pipeline().hgetall('hash').lrange('list', 0, 0).exec(),
        [
          [null, { a: '1', b: '2' }],
          [null, ['x']],
        ],
      ],
      [
        'a transaction',
        () => client.multi().hgetall('hash').lrange('list', 0, 0).exec(),
        [
          [null, { a: '1', b: '2' }],
          [null, ['x']],
        ],
      ],
      [
        'a transaction in two forms',
        () => client.multi().hgetall('hash').lrangeBuffer('list', 0, 0).exec(),
        [
          [null, { a: '1', b: '2' }],
          [null, [Buffer.from('x')]],
        ],
      ],
    ])('%s', async (_name, ask, expected) => {
      const reply = await ask();
      expect(reply).toStrictEqual(expected);
      expect(reply).toBeInstanceOf(Array.isArray(expected) ? Array : Object);
    });

    test('bytes, errors and promises', async () => {
      const value = await client.lindexBuffer('list', 0);
      expect(value).toBeInstanceOf(Buffer);
      expect(value).toBeInstanceOf(Uint8Array);
      const refused = client.incr('list');
      expect(refused).toBeInstanceOf(Promise);
      const error = await refused.catch((reason) => reason);
      expect(error).toBeInstanceOf(orgcache.OrgCacheError);
      expect(error).toBeInstanceOf(Error);
    });

    test('values and hashes of the cache', async () => {
      const { cacheAdapter, cacheManager } = orgcache;
      await cacheAdapter.set('k', { list: [{}] });
      expect(await cacheAdapter.get('k')).toStrictEqual({ list: [{}] });
      await cacheManager.hset('h', 'f', [1]);
      expect(await cacheManager.hgetall('h')).toStrictEqual({ f: [1] });
    });

    test.each([0, 1, 15, 16, 17, 255, 256, 257, 511, 512, 513, 1_024, 1_025, 5_000])(
      'aggregates of %d elements, whole and in order',
      async (count) => {
        const numbers = Array.from({ length: count }, (_, number) => number);
        const names = numbers.map((number) => `n${number}`);
        const lua = 'local t = {} for i = 1, ARGV[1] do t[i] = {"n" .. (i - 1), {i - 1}} end return t';
        expect(await client.eval(lua, 0, count)).toStrictEqual(
          numbers.map((number) => [`n${number}`, [number]]),
        );
        if (count === 0) return;
        await client.del('big');
        await client.hset('big', Object.fromEntries(names.map((name) => [name, `v:${name}`])));
        const hash = await client.hgetall('big');
        expect(Object.keys(hash).sort()).toStrictEqual([...names].sort());
        for (const name of names) expect(hash[name]).toBe(`v:${name}`);
        const fields = await client.hgetallBuffer('big');
        expect(fields).toStrictEqual(
          Object.fromEntries(Object.entries(hash).map(([name, value]) => [name, Buffer.from(value)])),
        );
      },
    );

    test('fields of every name are data', async () => {
      const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '0', ''];
      await client.del('names');
      await client.hset('names', ...names.flatMap((name) => [name, `v:${name}`]));
      const hash = await client.hgetall('names');
      expect(Object.getPrototypeOf(hash)).toBe(Object.prototype);
      for (const name of names) expect(Object.getOwnPropertyDescriptor(hash, name).value).toBe(`v:${name}`);
      expect(Object.keys(hash).sort()).toStrictEqual([...names].sort());
      expect({}.polluted).toBeUndefined();
    });
  },
);
