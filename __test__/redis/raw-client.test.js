'use strict';

const { openPackage } = require('../support/package');
const { closedPort } = require('../support/silent-server');
const { withRedis } = require('../support/redis');
const { rejection, within } = require('../support/wait');

describe.each(['auto', 'thread', 'loop'])('the raw client with the %s driver', (driver) => {
  const redis = withRedis({ flushBeforeEach: true });
  let client;

  beforeAll(() => {
    client = openPackage({ url: redis.url, driver }).redisManager.getClient();
  });

  test('answers PING', async () => {
    expect(await client.ping()).toBe('PONG');
  });

  test('writes keys as they are, without a prefix', async () => {
    expect(await client.set('plain:key', 'value')).toBe('OK');
    expect(await redis.keys()).toEqual(['plain:key']);
    expect(await client.get('plain:key')).toBe('value');
    expect(await client.get('missing')).toBeNull();
  });

  test('takes the options of SET in ioredis’s order', async () => {
    expect(await client.set('a', '1', 'EX', 10)).toBe('OK');
    expect(await client.ttl('a')).toBe(10);
    expect(await client.set('a', '2', 'PX', 20_000, 'NX')).toBeNull();
    expect(await client.set('b', '2', 'PX', 20_000, 'NX')).toBe('OK');
    expect(await client.set('a', '3', 'GET')).toBe('1');
  });

  test('takes numbers and Buffers as values', async () => {
    await client.set('number', 42);
    await client.set('float', 1.5);
    expect(await client.get('number')).toBe('42');
    expect(await client.get('float')).toBe('1.5');
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    await client.set('bytes', bytes);
    expect(await redis.commandBuffer('GET', 'bytes')).toEqual(bytes);
    await client.hset('hash', 'field', bytes);
    expect(await redis.commandBuffer('HGET', 'hash', 'field')).toEqual(bytes);
  });

  test('keeps CR LF, NUL, the empty text and other scripts in keys and values', async () => {
    for (const text of ['a\r\nb', '\u0000', '', 'ключ 鍵 🔑', '$5\r\nhello\r\n']) {
      expect(await client.set(`k${text}`, text)).toBe('OK');
      expect(await client.get(`k${text}`)).toBe(text);
    }
  });

  test('sets with seconds and asks for what is left', async () => {
    expect(await client.setex('a', 30, 'v')).toBe('OK');
    expect(await client.ttl('a')).toBe(30);
    expect(await client.expire('a', 60)).toBe(1);
    expect(await client.ttl('a')).toBe(60);
    expect(await client.expire('missing', 60)).toBe(0);
    expect(await client.ttl('missing')).toBe(-2);
  });

  test('deletes and counts one key, several, or a list of them', async () => {
    for (const key of ['a', 'b', 'c', 'd']) await client.set(key, key);
    expect(await client.exists('a', 'b', 'missing')).toBe(2);
    expect(await client.exists('a')).toBe(1);
    expect(await client.del('a', 'missing')).toBe(1);
    expect(await client.del(['b', 'c'])).toBe(2);
    expect(await client.del('d')).toBe(1);
    expect(await redis.keys()).toEqual([]);
  });

  test('reads many keys given as a list or one by one', async () => {
    await client.set('a', '1');
    await client.set('c', '3');
    expect(await client.mget('a', 'b', 'c')).toEqual(['1', null, '3']);
    expect(await client.mget(['a', 'b', 'c'])).toEqual(['1', null, '3']);
  });

  test('writes a hash from pairs, an object or a Map, and reads it as an object', async () => {
    expect(await client.hset('h', 'a', 1)).toBe(1);
    expect(await client.hset('h', 'a', 2, 'b', 3)).toBe(1);
    expect(await client.hset('h', { c: 4, d: 'five' })).toBe(2);
    expect(await client.hset('h', new Map([['e', '6']]))).toBe(1);
    expect(await client.hget('h', 'c')).toBe('4');
    expect(await client.hget('h', 'missing')).toBeNull();
    expect(await client.hgetall('h')).toEqual({ a: '2', b: '3', c: '4', d: 'five', e: '6' });
    expect(await client.hdel('h', 'a', 'b', 'missing')).toBe(2);
    expect(await client.hgetall('missing')).toEqual({});
  });

  test('gives INFO as text', async () => {
    expect(await client.info()).toMatch(/redis_version:\d/);
    expect(await client.info('memory')).toMatch(/used_memory:\d/);
  });

  test('calls any command by name and answers in ioredis’s shapes', async () => {
    expect(await client.call('ZADD', 'z', 1.5, 'a', 2, 'b')).toBe(2);
    expect(await client.call('zcard', 'z')).toBe(2);
    expect(await client.call('ZSCORE', 'z', 'a')).toBe('1.5');
    expect(await client.call('ZRANGE', 'z', 0, -1, 'WITHSCORES')).toEqual(['a', '1.5', 'b', '2']);
    expect(await client.call('ECHO', Buffer.from('bytes'))).toBe('bytes');
    expect(await client.call('LPOP', 'missing')).toBeNull();
    expect(await client.call('SADD', 's', 'one')).toBe(1);
    expect(await client.call('SMEMBERS', 's')).toEqual(['one']);
    expect(await client.call('EVAL', 'return {1, "two", {3, false}}', 0)).toEqual([1, 'two', [3, null]]);
    await client.call('XADD', 'stream', '1-1', 'field', 'value');
    expect(await client.call('XRANGE', 'stream', '-', '+')).toEqual([['1-1', ['field', 'value']]]);
  });

  test('rejects an error reply with E_REPLY and the server’s code', async () => {
    await client.set('text', 'value');
    const wrongType = await rejection(client.hget('text', 'field'));
    expect(wrongType).toMatchObject({
      name: 'OrgCacheError',
      code: 'E_REPLY',
      redisCode: 'WRONGTYPE',
      retryable: false,
    });
    expect(await rejection(client.call('NOSUCHCOMMAND'))).toMatchObject({
      code: 'E_REPLY',
      redisCode: 'ERR',
    });
    expect(await rejection(client.call('SET', 'one'))).toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
  });

  test('an error reply rejects its own call only', async () => {
    await client.set('text', 'value');
    const calls = Array.from({ length: 100 }, (_, index) =>
      index % 3 === 1 ? client.hget('text', 'x') : client.call('ECHO', index),
    );
    const settled = await Promise.allSettled(calls);
    settled.forEach((result, index) => {
      if (index % 3 === 1) expect(result.reason).toMatchObject({ redisCode: 'WRONGTYPE' });
      else expect(result.value).toBe(String(index));
    });
  });

  test('keeps the order of calls that were made together', async () => {
    const calls = [];
    for (let index = 0; index < 1000; index += 1) {
      calls.push(client.set('order', index), client.get('order'));
    }
    const answers = await Promise.all(calls);
    for (let index = 0; index < 1000; index += 1) expect(answers[2 * index + 1]).toBe(String(index));
  });

  test('carries 8 MiB there and back', async () => {
    const text = 'abcdefgh'.repeat(1024 * 1024);
    expect(await client.set('large', text)).toBe('OK');
    expect((await client.get('large')) === text).toBe(true);
    expect(await redis.command('STRLEN', 'large')).toBe(text.length);
  }, 20_000);
});

describe('the Redis manager', () => {
  const redis = withRedis();
  let manager;

  beforeAll(() => {
    manager = openPackage({ url: redis.url }).redisManager;
  });

  test('gives the same client every time', () => {
    expect(manager.getClient()).toBe(manager.getClient());
  });

  test('is ready once a call has connected', async () => {
    const other = openPackage({ url: redis.url }).redisManager;
    expect(await other.isReady()).toBe(false);
    expect(other.isConnected).toBe(false);
    await other.getClient().ping();
    expect(await other.isReady()).toBe(true);
    expect(other.isConnected).toBe(true);
    expect(other.connectionAttempts).toEqual(expect.any(Number));
    expect(other.maxConnectionAttempts).toBeGreaterThan(0);
  });

  test('is healthy while the server answers', async () => {
    const health = await manager.healthCheck();
    expect(health).toMatchObject({ status: 'healthy', responseTime: expect.any(Number) });
    expect(health.responseTime).toBeGreaterThanOrEqual(0);
  });

  test('counts the caller’s recorded operations too', async () => {
    const before = await manager.getMetrics();
    manager.recordOperation('get', 12, true);
    manager.recordOperation('get', 3, false);
    const after = await manager.getMetrics();
    expect(after.operations - before.operations).toBe(2);
    expect(after.hits - before.hits).toBe(1);
    expect(after.misses - before.misses).toBe(1);
  });

  test('after its shutdown calls reject with E_CLOSED', async () => {
    const other = openPackage({ url: redis.url }).redisManager;
    const client = other.getClient();
    await client.ping();
    await other.shutdown();
    expect(await rejection(client.ping())).toMatchObject({ code: 'E_CLOSED', retryable: false });
    expect(other.isConnected).toBe(false);
  });

  test('a raw call with no server rejects with E_CONNECT in time', async () => {
    const port = await closedPort();
    const other = openPackage({
      host: '127.0.0.1',
      port,
      connectTimeout: 1000,
      commandTimeout: 1000,
      logLevel: 'off',
    });
    const { value } = await within(1500, rejection(other.redisManager.getClient().get('a')), 'the call');
    expect(value).toMatchObject({ name: 'OrgCacheError', code: 'E_CONNECT', retryable: true });
  });
});
