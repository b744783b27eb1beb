'use strict';

const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

async function open(options) {
  const orgcache = openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options });
  return orgcache.getRedis();
}

/** A key of the test, as another connection finds it in a database. */
async function inDatabase(number, key) {
  const other = await open({ db: number, url: `${redis.url}/${number}` });
  return other.get(key);
}

async function received() {
  return Number(/total_connections_received:(\d+)/.exec(await redis.command('INFO', 'stats'))[1]);
}

describe.each(['loop', 'thread'])('select of a client with a connection of its own, %s driver', (driver) => {
  let copy;

  beforeEach(async () => {
    copy = (await open({ driver })).duplicate();
    await copy.ping();
  });

  afterEach(() => copy.disconnect());

  test('in a listener of connect makes no connection and no further event', async () => {
    const before = await received();
    const fresh = copy.duplicate();
    const selected = once(fresh, 'select');
    let connects = 0;
    fresh.on('connect', () => {
      connects += 1;
      if (connects < 50) fresh.select(2).catch(() => {});
    });
    await selected;
    await fresh.set('a', 'two');
    expect(connects).toBe(1);
    expect((await received()) - before).toBeLessThanOrEqual(1);
    expect(await inDatabase(2, 'a')).toBe('two');
    fresh.disconnect();
  });

  test('takes its place among the commands of a pipeline', async () => {
    const results = await copy
      .pipeline()
      .set('a', 0)
      .select(2)
      .set('a', 2)
      .call('SELECT', '3')
      .set('a', 3)
      .exec();
    expect(results).toEqual(Array(5).fill([null, 'OK']));
    expect(await Promise.all([0, 2, 3].map((number) => inDatabase(number, 'a')))).toEqual(['0', '2', '3']);
    expect(await copy.get('a')).toBe('3');
    expect(copy.options.db).toBe(3);
  });

  test('in a transaction counts for later commands, also outside', async () => {
    const told = [];
    copy.on('select', (database) => told.push(database));
    expect(await copy.multi().select(2).set('a', 'two').exec()).toEqual([
      [null, 'OK'],
      [null, 'OK'],
    ]);
    expect(await copy.get('a')).toBe('two');
    expect(await inDatabase(0, 'a')).toBeNull();
    await copy.watch('b');
    expect(await copy.multi().set('b', 2).select(4).set('b', 4).exec()).toHaveLength(3);
    expect(await copy.get('b')).toBe('4');
    expect(told).toEqual([2, 4]);
    copy.multi({ pipeline: false });
    copy.select(5);
    copy.set('c', 5);
    await copy.exec();
    expect(await inDatabase(5, 'c')).toBe('5');
  });

  test('counts for blocking commands and WATCH behind it, on connections that were used before', async () => {
    expect(await copy.blpop('l', 0.01)).toBeNull();
    copy.select(2);
    await copy.rpush('l', 'of two');
    expect(await copy.blpop('l', 1)).toEqual(['app:l', 'of two']);
    await copy.select(0);
    expect(await copy.blpop('l', 0.01)).toBeNull();
  });

  test('tells the event select when the database is another one', async () => {
    const told = [];
    copy.on('select', (database) => told.push(database));
    await copy.select(0);
    await copy.select('2');
    await copy.select(2);
    expect(await rejection(copy.select(99))).toMatchObject({ code: 'E_REPLY' });
    expect(await rejection(copy.select('two'))).toMatchObject({ code: 'E_REPLY' });
    await copy.select(0);
    expect(told).toEqual([2, 0]);
    expect(copy.options.db).toBe(0);
  });

  test('holds on the next connections too, for unsent commands', async () => {
    await copy.select(2);
    await copy.set('a', 'two');
    await redis.command('CLIENT', 'KILL', 'ID', await copy.client('ID'));
    expect(await until(() => copy.get('a').catch(() => null))).toBe('two');
    const ready = once(copy, 'ready');
    copy.disconnect(true);
    await within(5000, ready);
    expect(await copy.get('a')).toBe('two');
    const [, , id] = /(id)=(\d+) /.exec(await copy.client('INFO'));
    expect(await redis.command('CLIENT', 'LIST')).toMatch(new RegExp(`id=${id} .* db=2 `));
  });
});

describe('select of the client that all share', () => {
  test.each([
    ['select', (chain) => chain.select(2)],
    ['call', (chain) => chain.call('SELECT', 2)],
    ['auth', (chain) => chain.auth('secret')],
    ['client', (chain) => chain.client('REPLY', 'OFF')],
  ])('has a pipeline with %s rejected whole, and nothing is sent', async (_name, add) => {
    const client = await open();
    const told = [];
    const pipeline = add(client.pipeline().set('a', 1, (error) => told.push(error))).set('b', 1);
    const error = await rejection(pipeline.exec((failure) => told.push(failure)));
    expect(error).toMatchObject({ code: 'E_REPLY', redisCode: 'ERR' });
    expect(error.message).toMatch(/needs a connection of its own/);
    expect(told).toEqual([error, error]);
    expect(await rejection(add(client.multi().set('a', 1)).exec())).toMatchObject({ code: 'E_REPLY' });
    expect(await client.keys('*')).toEqual([]);
  });
});
