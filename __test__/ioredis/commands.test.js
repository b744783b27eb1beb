'use strict';

const { DRIVERS, Ours, expectSame, open, openBoth, useDriver } = require('../support/ioredis-clients');
const { withRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const redis = withRedis();

const CALLS = {
  texts: (client) => client.set('text', 'value').then(() => client.get('text')),
  'numbers, null and undefined': (client) =>
    Promise.all([client.mset('a', 1, 'b', null, 'c', undefined), client.mget('a', 'b', 'c', 'none')]),
  Buffers: async (client) => {
    await client.set(Buffer.from([0xff, 0]), Buffer.from([0, 0xfe]));
    return [await client.getBuffer(Buffer.from([0xff, 0])), await client.get(Buffer.from([0xff, 0]))];
  },
  'lists among the arguments': (client) =>
    Promise.all([client.rpush('list', ['x', 'y'], 'z'), client.lrange('list', 0, -1), client.del(['list'])]),
  'objects and Maps as pairs': async (client) => [
    await client.hset('hash', { one: 1, two: null }),
    await client.hset('hash', new Map([['three', 3]])),
    await client.mset({ m1: 'a', m2: 'b' }),
    await client.hgetall('hash'),
    await client.hgetallBuffer('hash'),
    await client.hgetall('none'),
  ],
  'a field named __proto__': async (client) => {
    await client.hset('odd', '__proto__', 'a', 'constructor', 'b');
    return Object.entries(await client.hgetall('odd'));
  },
  'nested replies': async (client) => {
    await client.del('stream');
    await client.xadd('stream', '1-1', 'field', 'value');
    return [await client.xrange('stream', '-', '+'), await client.xrangeBuffer('stream', '-', '+')];
  },
  'error replies': (client) => client.set('text', 'value').then(() => client.lpush('text', 1)),
  'too few arguments': (client) => client.get(),
  'a command that the server does not know': (client) => client.call('frobnicate', 'x'),
  'call with a list': (client) => client.call('set', ['k', 'v']),
  'call in capitals': (client) => client.call('HGETALL', 'hash'),
  'a script by eval': (client) => client.eval('return {KEYS[1], ARGV[1], 3}', 1, 'k', 'v'),
  pipelines: (client) => client.pipeline().set('p', 1).incr('p').lpush('p', 1).getBuffer('p').exec(),
  'an empty pipeline': (client) => client.pipeline().exec(),
  'pipelines of lists': (client) =>
    client
      .pipeline([
        ['set', 'p', '1'],
        ['get', 'p'],
      ])
      .exec(),
  'addBatch and length': (client) => {
    const pipeline = client.pipeline().addBatch([['get', 'p']]);
    return Promise.resolve(pipeline.length);
  },
  transactions: (client) =>
    client.multi().set('t', 1).hset('th', 'f', 'v').hgetall('th').getBuffer('t').lpush('t', 1).exec(),
  'refused transactions': (client) => client.multi().set('t').get('t').exec(),
  'transactions in pipelines': (client) =>
    client.pipeline().set('t', 1).multi().get('t').typeBuffer('t').exec().get('t').exec(),
  'transactions without a pipeline': async (client) => {
    client.multi({ pipeline: false });
    client.set('t', 2);
    client.get('t');
    return client.exec();
  },
  'exec without multi': (client) => client.exec(),
  'a watched key that changed': async (client) => {
    await client.watch('w');
    await client.set('w', 1);
    return client.multi().get('w').exec();
  },
  'blocking commands in pipelines': (client) =>
    client.pipeline().rpush('queue', 'x').blpop('queue', 1).del('queue').exec(),
  'scans as streams': async (client) => {
    await client.sadd('set', 'a', 'b');
    const found = [];
    for await (const page of client.sscanStream('set')) found.push(...page);
    return found.sort();
  },
  'select in pipelines': (client) =>
    client.pipeline().select(5).set('five', 5).select(client.options.db).get('five').exec(),
  'replies as texts by createBuiltinCommand': (client) =>
    client.createBuiltinCommand('get').string.call(client, 'text'),
};

describe.each(DRIVERS)('with the %s driver commands answer as with ioredis', (driver) => {
  let clients;

  beforeAll(() => {
    useDriver(driver);
    clients = openBoth(redis);
  });

  test.each(Object.keys(CALLS))('%s', async (name) => {
    await expectSame(clients, CALLS[name]);
  });

  test('callbacks get outcomes in the order of the promises’ reactions', async () => {
    const order = [];
    await Promise.all([
      clients.ours.get('a').then(() => order.push(1)),
      new Promise((resolve) => clients.ours.get('a', () => resolve(order.push(2)))),
      clients.ours.get('a').then(() => order.push(3)),
    ]);
    expect(order).toEqual([1, 2, 3]);
  });

  test('a Buffer that is used again keeps none of its later content', async () => {
    const client = open(Ours, { port: redis.port, lazyConnect: true });
    const buffer = Buffer.alloc(1);
    const stored = [1, 2, 3].map((byte) => {
      buffer[0] = byte;
      return client.set(`reused:${byte}`, buffer);
    });
    buffer[0] = 9;
    await Promise.all(stored);
    expect(await client.mgetBuffer('reused:1', 'reused:2', 'reused:3')).toEqual(
      [1, 2, 3].map((byte) => Buffer.from([byte])),
    );
  });

  test('numbers are texts with stringNumbers', async () => {
    const both = openBoth(redis, { stringNumbers: true });
    await expectSame(both, async (client) => [
      await client.set('big', '9007199254740993'),
      await client.incr('big'),
      await client.eval('return {1, {2}}', 0),
    ]);
  });
});

test('quit answers, then the client ends, and refuses later commands', async () => {
  const client = open(Ours, redis.port);
  const seen = [];
  client.on('end', () => seen.push('end'));
  client.quit((_error, reply) => seen.push(reply));
  await until(() => seen.length === 2, { what: 'the end' });
  expect(seen).toEqual(['OK', 'end']);
  expect((await rejection(client.get('a'))).message).toBe('Connection is closed.');
});
