'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const redis = withRedis({ flushBeforeEach: true });
  let client;

  beforeAll(async () => {
    client = await openPackage({
      url: redis.url,
      driver,
      clientKeyPrefix: 'app:',
      logLevel: 'off',
    }).getRedis();
  });

  test('a command that the server does not know is its error', async () => {
    const error = await rejection(client.call('NOSUCHCOMMAND', 'secret-argument'));
    expect(error).toMatchObject({
      name: 'OrgCacheError',
      code: 'E_REPLY',
      redisCode: 'ERR',
      retryable: false,
    });
    expect(await rejection(client.call(''))).toMatchObject({ code: 'E_REPLY' });
    expect(await rejection(client.call(undefined))).toMatchObject({ code: 'E_REPLY' });
  });

  test('too few and too many words are its error, and later calls go on', async () => {
    const errors = await Promise.all(
      [client.get(), client.get('a', 'b'), client.set('a'), client.hset('h', 'f'), client.hset('h', {})].map(
        rejection,
      ),
    );
    for (const error of errors) expect(error).toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
    expect(await client.set('a', 1)).toBe('OK');
  });

  test('a key of the wrong type is its error', async () => {
    await client.set('text', 'value');
    for (const call of [
      client.lpush('text', 1),
      client.hgetall('text'),
      client.sadd('text', 1),
      client.xlen('text'),
    ]) {
      expect(await rejection(call)).toMatchObject({ redisCode: 'WRONGTYPE' });
    }
  });

  test('a key that is no text is its text, as with ioredis', async () => {
    await client.set({}, 'object');
    await client.set(undefined, 'nothing');
    await client.set(null, 'nothing either');
    await client.set(true, 'boolean');
    await client.set(['a', 'of a list']);
    expect(await redis.keys()).toEqual(['app:', 'app:[object Object]', 'app:a', 'app:true']);
  });

  test('an argument that has no text is refused with its place and without its value', async () => {
    const nothing = Object.assign(Object.create(null), { secret: 'hidden' });
    const error = await rejection(client.set('a', nothing));
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_SERIALIZE' });
    expect(error.message).toBe('argument 2 of set cannot be made text; give a string, a number or a Buffer');
    expect(await redis.keys()).toEqual([]);
  });

  test('in a pipeline fails its own command only', async () => {
    const results = await client.pipeline().set('a', 1).call('NOSUCH').lpush('a', 1).get('a').exec();
    expect(results).toEqual([
      [null, 'OK'],
      [expect.objectContaining({ redisCode: 'ERR' })],
      [expect.objectContaining({ redisCode: 'WRONGTYPE' })],
      [null, '1'],
    ]);
  });

  test('a list of commands must hold lists', () => {
    expect(() => client.pipeline(['get', 'a'])).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    expect(() => client.multi([['set', 'a', 1], null])).toThrow(
      expect.objectContaining({ code: 'E_CONFIG' }),
    );
  });

  test('a million elements come in one reply', async () => {
    const members = Array.from({ length: 10_000 }, (_, index) => index);
    for (let round = 0; round < 100; round += 1) await client.rpush('list', members);
    const elements = await client.lrange('list', 0, -1);
    expect(elements).toHaveLength(1_000_000);
    expect(elements[999_999]).toBe('9999');
    const [[, again], [, length]] = await client.multi().lrange('list', 0, -1).llen('list').exec();
    expect(again).toHaveLength(length);
  }, 60_000);

  test('bytes that are no UTF-8 are kept in Buffers, in keys, fields and values', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x0d, 0x0a, 0xc3]);
    await client.set(bytes, bytes);
    expect(await client.getBuffer(bytes)).toEqual(bytes);
    expect(await redis.commandBuffer('GET', Buffer.concat([Buffer.from('app:'), bytes]))).toEqual(bytes);
    await client.hset('h', bytes, bytes);
    expect(await client.callBuffer('HGETALL', 'h')).toEqual([bytes, bytes]);
    expect(await client.get(bytes)).toBe(bytes.toString());
    expect(await client.hset('h2', new Map([[bytes, new Uint8Array(bytes)]]))).toBe(1);
    expect(await client.hgetBuffer('h2', bytes)).toEqual(bytes);
  });

  test('a field may have any name', async () => {
    await client.hset('h', '__proto__', 'a', 'constructor', 'b', 'toString', 'c');
    const hash = await client.hgetall('h');
    expect(Object.entries(hash)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
      ['toString', 'c'],
    ]);
    expect({}.polluted).toBeUndefined();
    const [[, mixed]] = await client.multi().hgetall('h').getBuffer('none').exec();
    expect(Object.keys(mixed)).toEqual(Object.keys(hash));
  });

  test('an error holds nothing of the request', async () => {
    const secret = 'canary-5551234567';
    const errors = await Promise.all(
      [
        client.hget(secret, secret, secret),
        client.set(secret, secret).then(() => client.lpush(secret, secret)),
        client.expire(secret, secret),
        client.subscribe(),
        client.multi().get(secret, secret).exec(),
      ].map(rejection),
    );
    for (const error of errors) expect(`${error.message} ${error.stack}`).not.toContain(secret);
  });
});
