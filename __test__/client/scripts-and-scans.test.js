'use strict';

const { bothClients } = require('../support/both-clients');
const { withRedis } = require('../support/redis');
const { rejection } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
let ours;
let theirs;

beforeAll(async () => {
  ({ ours, theirs } = await bothClients(redis, { keyPrefix: 'app:' }));
  for (const client of [ours, theirs]) {
    client.defineCommand('addTo', {
      numberOfKeys: 1,
      lua: 'redis.call("INCRBY", KEYS[1], ARGV[1]) return {KEYS[1], redis.call("GET", KEYS[1])}',
    });
    client.defineCommand('echoAll', { lua: 'return {KEYS, ARGV}', readOnly: true });
  }
});

beforeEach(() => redis.command('SCRIPT', 'FLUSH'));

describe('a script with a name', () => {
  test.each(['ours', 'theirs'])(
    'is called as a command of the client, as with ioredis (%s)',
    async (which) => {
      const client = which === 'ours' ? ours : theirs;
      expect(await client.addTo('count', 2)).toEqual(['app:count', '2']);
      expect(await client.addTo('count', 3)).toEqual(['app:count', '5']);
      expect(await client.echoAll(2, 'a', 'b', 'c', ['d'])).toEqual([
        ['app:a', 'app:b'],
        ['c', 'd'],
      ]);
      expect(await client.addToBuffer('count', 1)).toEqual([Buffer.from('app:count'), Buffer.from('6')]);
    },
  );

  test('is sent whole only once', async () => {
    const calls = async () => {
      const stats = await redis.command('INFO', 'commandstats');
      return ['eval', 'evalsha'].map((name) =>
        Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0),
      );
    };
    await redis.command('CONFIG', 'RESETSTAT');
    for (let index = 0; index < 5; index += 1) await ours.addTo('count', 1);
    expect(await calls()).toEqual([1, 5]);
  });

  test('is there again after the server has forgotten it', async () => {
    await ours.addTo('count', 1);
    await redis.command('SCRIPT', 'FLUSH');
    expect(await ours.addTo('count', 1)).toEqual(['app:count', '2']);
    await redis.command('SCRIPT', 'FLUSH');
    expect(await ours.pipeline().addTo('count', 1).exec()).toEqual([[null, ['app:count', '3']]]);
  });

  test('keeps its place in a pipeline and in a transaction', async () => {
    const run = (chain) =>
      chain.set('count', 10).addTo('count', 5).get('count').addToBuffer('count', 1).exec();
    for (const client of [ours, theirs]) {
      await redis.command('FLUSHALL');
      const expected = [
        [null, 'OK'],
        [null, ['app:count', '15']],
        [null, '15'],
        [null, [Buffer.from('app:count'), Buffer.from('16')]],
      ];
      expect(await run(client.pipeline())).toEqual(expected);
      expect(await run(client.multi())).toEqual(expected);
    }
    expect(await ours.pipeline([['addTo', 'count', 4]]).exec()).toEqual([[null, ['app:count', '4']]]);
  });

  test('works in a transaction without a pipeline, and in a duplicate', async () => {
    await ours.multi({ pipeline: false });
    expect(await ours.addTo('count', 1)).toBe('QUEUED');
    expect(await ours.exec()).toEqual([[null, ['app:count', '1']]]);
    const copy = ours.duplicate();
    expect(await copy.addTo('count', 1)).toEqual(['app:count', '2']);
    await copy.quit();
  });

  test('fails with the error that it raises', async () => {
    ours.defineCommand('fails', { numberOfKeys: 0, lua: 'return redis.error_reply("OUCH no")' });
    expect(await rejection(ours.fails())).toMatchObject({ code: 'E_REPLY', redisCode: 'OUCH' });
    const given = await new Promise((resolve) => ours.fails((...answer) => resolve(answer)));
    expect(given).toEqual([expect.objectContaining({ redisCode: 'OUCH' })]);
  });

  test('belongs to the client that it was defined on', () => {
    const other = ours.duplicate();
    ours.defineCommand('late', { numberOfKeys: 0, lua: 'return 1' });
    expect(other.late).toBeUndefined();
    expect(ours.pipeline().late).toBeInstanceOf(Function);
    expect(other.pipeline().late).toBeUndefined();
  });

  test('needs Lua code and a number of keys that is one', () => {
    expect(() => ours.defineCommand('bad', {})).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    expect(() => ours.defineCommand('bad', { lua: 'return 1', numberOfKeys: -1 })).toThrow(
      /numberOfKeys of the script bad/,
    );
  });

  test.each(['ours', 'theirs'])(
    'rejects with its transaction where the server refuses that without naming a command (%s)',
    async (which) => {
      const client = which === 'ours' ? ours : theirs;
      await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
      try {
        const { message } = await rejection(client.multi().addTo('count', 2).set('a', 3).exec());
        expect(message).toMatch(/^EXECABORT /);
      } finally {
        await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
      }
    },
  );
});

/** Everything that a stream gives. */
async function all(stream) {
  const found = [];
  for await (const page of stream) found.push(...page);
  return found;
}

describe('a scan', () => {
  beforeEach(async () => {
    const pipeline = ours.pipeline();
    for (let index = 0; index < 500; index += 1) {
      pipeline
        .set(`text:${index}`, index)
        .hset('hash', `f${index}`, index)
        .sadd('set', index)
        .zadd('zset', index, index);
    }
    await pipeline.exec();
    await redis.command('SET', 'other:text:1', 'of another application');
  });

  test('finds every key of the client and no other’s, page by page', async () => {
    const pages = [];
    for await (const page of ours.scanStream({ match: 'text:*', count: 50 })) pages.push(page);
    expect(pages.length).toBeGreaterThan(5);
    expect(new Set(pages.flat()).size).toBe(500);
    expect(pages.flat().every((key) => key.startsWith('app:text:'))).toBe(true);
    expect(new Set(await all(ours.scanStream())).size).toBe(503);
    expect(await ours.get(pages.flat()[0])).toMatch(/^\d+$/);
  });

  test('finds keys of one type', async () => {
    expect((await all(ours.scanStream({ type: 'hash', count: 100 }))).sort()).toEqual(['app:hash']);
    expect(await all(ours.scanBufferStream({ type: 'zset', count: 100 }))).toEqual([Buffer.from('app:zset')]);
  });

  test('goes through hashes, sets and sorted sets as ioredis does', async () => {
    for (const client of [ours, theirs]) {
      await client.hset('small', { a: 1, b: 2 });
      await client.sadd('smallset', 1, 2);
      await client.zadd('smallzset', 1.5, 'a');
      expect(await all(client.hscanStream('small', { match: 'a*' }))).toEqual(['a', '1']);
      expect((await all(client.sscanStream('smallset'))).sort()).toEqual(['1', '2']);
      expect(await all(client.zscanStream('smallzset'))).toEqual(['a', '1.5']);
      expect(await all(client.hscanBufferStream('small', { match: 'b' }))).toEqual([
        Buffer.from('b'),
        Buffer.from('2'),
      ]);
    }
    expect(await all(ours.hscanStream('hash'))).toHaveLength(1000);
    expect(await all(ours.sscanBufferStream('set', { count: 7 }))).toHaveLength(500);
    expect(await all(ours.zscanBufferStream('zset'))).toHaveLength(1000);
  });

  test('emits data and end to listeners', async () => {
    const found = await new Promise((resolve, reject) => {
      const keys = [];
      ours
        .scanStream({ match: 'text:1*', count: 100 })
        .on('data', (page) => keys.push(...page))
        .on('end', () => resolve(keys))
        .on('error', reject);
    });
    expect(found).toHaveLength(111);
  });

  test('ends early when it is closed or left', async () => {
    const stream = ours.scanStream({ count: 1 });
    let pages = 0;
    for await (const _page of stream) {
      pages += 1;
      if (pages === 2) stream.close();
    }
    expect(pages).toBeLessThanOrEqual(4);
    for await (const _page of ours.scanStream({ count: 1 })) break;
  });

  test('fails with the server’s error', async () => {
    await ours.set('text', 'v');
    await expect(all(ours.hscanStream('text'))).rejects.toMatchObject({ redisCode: 'WRONGTYPE' });
  });
});
