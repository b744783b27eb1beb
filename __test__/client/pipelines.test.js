'use strict';

const { bothClients } = require('../support/both-clients');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
let ours;
let theirs;

beforeAll(async () => {
  ({ ours, theirs } = await bothClients(redis));
});

/** The common answer of both clients to the same work. Fails if they differ. */
async function alike(work) {
  const plain = (results) =>
    results?.map(([error, ...reply]) => [
      error && (error.redisCode ?? error.message.split(' ')[0]),
      ...reply,
    ]);
  const [mine, other] = [plain(await work(ours)), plain(await work(theirs))];
  expect(mine).toEqual(other);
  return mine;
}

/** The arguments that `callback` is called with, by `work`. */
function called(work) {
  return new Promise((resolve) => work((...given) => resolve(given)));
}

describe('a pipeline', () => {
  test('answers an error or a reply for each command, in their order', async () => {
    const results = await alike((client) =>
      client.pipeline().set('a', 1).get('a').incr('a').hget('a', 'field').get('missing').exec(),
    );
    expect(results).toEqual([[null, 'OK'], [null, '1'], [null, 2], ['WRONGTYPE'], [null, null]]);
  });

  test('takes its commands as a list', async () => {
    await alike((client) =>
      client
        .pipeline([
          ['set', 'a', 'b'],
          ['getBuffer', 'a'],
          ['hset', 'h', { f: 1 }],
          ['hgetall', 'h'],
        ])
        .call('GET', 'a')
        .exec(),
    );
    expect(await ours.pipeline([['SET', 'a', 'upper'], ['nosuch']]).exec()).toEqual([
      [null, 'OK'],
      [expect.objectContaining({ code: 'E_REPLY', redisCode: 'ERR' })],
    ]);
  });

  test('answers an empty list where it has no commands', async () => {
    await alike((client) => client.pipeline().exec());
  });

  test('counts its commands', () => {
    const pipeline = ours.pipeline().get('a');
    expect(pipeline.length).toBe(1);
    expect(pipeline.get('b').length).toBe(2);
  });

  test('calls back for each command and for the whole', async () => {
    const single = [];
    const [error, results] = await called((callback) => {
      ours
        .pipeline()
        .set('a', 'b', (...given) => single.push(given))
        .hget('a', 'f', (...given) => single.push(given))
        .exec(callback);
    });
    expect(error).toBeNull();
    expect(results).toHaveLength(2);
    expect(single).toEqual([[null, 'OK'], [expect.objectContaining({ redisCode: 'WRONGTYPE' })]]);
  });

  test('sends nothing before exec, and sends once', async () => {
    const pipeline = ours.pipeline().incr('count');
    await ours.ping();
    expect(await redis.command('EXISTS', 'count')).toBe(0);
    await Promise.all([pipeline.exec(), pipeline.exec()]);
    expect(await redis.command('GET', 'count')).toBe('1');
    expect(() => pipeline.incr('count')).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  });

  test('tells of an argument that cannot be sent in its place', async () => {
    const results = await ours.pipeline().set('a', 'b').set('c', Object.create(null)).get('a').exec();
    expect(results).toEqual([[null, 'OK'], [expect.objectContaining({ code: 'E_SERIALIZE' })], [null, 'b']]);
  });

  test('tells of a subcommand that cannot be made text, and sends the others', async () => {
    const results = await ours.pipeline().set('a', 'b').client(Object.create(null)).get('a').exec();
    expect(results).toEqual([[null, 'OK'], [expect.objectContaining({ code: 'E_SERIALIZE' })], [null, 'b']]);
  });

  test('runs the commands between multi and exec as one transaction', async () => {
    const results = await alike((client) =>
      client.pipeline().get('x').multi().set('x', '1').get('x').exec().get('x').exec(),
    );
    expect(results).toEqual([
      [null, null],
      [null, 'OK'],
      [null, 'QUEUED'],
      [null, 'QUEUED'],
      [null, ['OK', '1']],
      [null, '1'],
    ]);
  });

  test('of ten thousand commands keeps their order', async () => {
    const pipeline = ours.pipeline();
    for (let index = 0; index < 10_000; index += 1) pipeline.rpush('list', index);
    const results = await pipeline.exec();
    expect(results[9999]).toEqual([null, 10_000]);
    expect((await ours.lrange('list', 0, -1)).map(Number)).toEqual(results.map((_result, index) => index));
  });
});

describe('a transaction', () => {
  test('answers each reply with null in front of it', async () => {
    const results = await alike((client) =>
      client.multi().set('a', 1).incr('a').hset('h', { f: 'v' }).hgetall('h').exec(),
    );
    expect(results).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, 1],
      [null, { f: 'v' }],
    ]);
  });

  test('has the errors of single commands among its results and carries out the others', async () => {
    const results = await alike((client) => client.multi().set('a', 'b').hget('a', 'f').set('c', 'd').exec());
    expect(results).toEqual([[null, 'OK'], ['WRONGTYPE'], [null, 'OK']]);
    expect(await redis.command('GET', 'c')).toBe('d');
  });

  test('runs nothing where the server refuses one of its commands', async () => {
    for (const client of [ours, theirs]) {
      const error = await rejection(client.multi().set('a', 'b').get('one', 'two').exec());
      expect(error.message).toMatch(/^EXECABORT/);
    }
    expect(await rejection(ours.multi().set('a', 'b').get('one', 'two').exec())).toMatchObject({
      code: 'E_REPLY',
      redisCode: 'EXECABORT',
    });
    expect(await redis.command('EXISTS', 'a')).toBe(0);
  });

  test('lets nothing of other calls come between its commands', async () => {
    const others = Array.from({ length: 200 }, () => ours.append('log', '.'));
    const outcome = ours.multi().append('log', 'a').append('log', 'b').append('log', 'c').exec();
    others.push(...Array.from({ length: 200 }, () => ours.append('log', '.')));
    await Promise.all([outcome, ...others]);
    expect(await redis.command('GET', 'log')).toMatch(/^\.+abc\.+$/);
  });

  test('gives replies as Buffers to those that ask for them', async () => {
    const results = await alike((client) =>
      client
        .multi([['hset', 'h', 'f', Buffer.from([255])]])
        .getBuffer('missing')
        .hgetall('h')
        .hgetallBuffer('h')
        .call('HGETALL', 'h')
        .exec(),
    );
    expect(results.slice(2)).toEqual([
      [null, { f: '\ufffd' }],
      [null, { f: Buffer.from([255]) }],
      [null, ['f', '\ufffd']],
    ]);
  });

  test('without commands answers an empty list', async () => {
    await alike((client) => client.multi().exec());
  });

  test('that is discarded does nothing', async () => {
    expect(await ours.multi().set('a', 'b').discard()).toBe('OK');
    expect(await redis.command('EXISTS', 'a')).toBe(0);
  });

  test('calls back', async () => {
    expect(await called((callback) => ours.multi().set('a', 'b').exec(callback))).toEqual([
      null,
      [[null, 'OK']],
    ]);
    const [error] = await called((callback) => ours.multi().get().exec(callback));
    expect(error).toMatchObject({ redisCode: 'EXECABORT' });
  });
});

describe('a transaction without a pipeline', () => {
  test('takes the client’s next commands until exec', async () => {
    await alike(async (client) => {
      expect(await client.multi({ pipeline: false })).toBe('OK');
      expect(await client.set('a', 'b')).toBe('QUEUED');
      expect(await client.get('a')).toBe('QUEUED');
      return client.exec();
    });
    expect(await ours.get('a')).toBe('b');
  });

  test('forgets them when it is discarded', async () => {
    for (const client of [ours, theirs]) {
      await client.multi({ pipeline: false });
      await client.set('a', 'b');
      expect(await client.discard()).toBe('OK');
      expect(await client.get('a')).toBeNull();
    }
  });

  test('is aborted by a command that has too few words', async () => {
    for (const client of [ours, theirs]) {
      await client.multi({ pipeline: false });
      expect((await rejection(client.set('a'))).message).toMatch(
        /^ERR wrong number of arguments for 'set' command/,
      );
      expect(await client.set('b', '1')).toBe('QUEUED');
      expect((await rejection(client.exec())).message).toMatch(/^EXECABORT/);
      expect(await client.exists('b')).toBe(0);
    }
  });

  test('is no transaction in another, and exec and discard need one', async () => {
    for (const client of [ours, theirs]) {
      expect((await rejection(client.exec())).message).toMatch(/^ERR EXEC without MULTI/);
      expect((await rejection(client.discard())).message).toMatch(/^ERR DISCARD without MULTI/);
      await client.multi({ pipeline: false });
      expect((await rejection(client.multi({ pipeline: false }))).message).toMatch(
        /^ERR MULTI calls can not be nested/,
      );
      await client.discard();
    }
  });
});

describe('WATCH', () => {
  test('lets the transaction run if no other client changes the keys', async () => {
    await ours.set('balance', 1);
    expect(await ours.watch('balance', 'other')).toBe('OK');
    const balance = Number(await ours.get('balance'));
    expect(
      await ours
        .multi()
        .set('balance', balance + 1)
        .exec(),
    ).toEqual([[null, 'OK']]);
    expect(await redis.command('GET', 'balance')).toBe('2');
  });

  test('answers null where a key has changed, and nothing runs', async () => {
    await ours.watch('balance');
    await redis.command('SET', 'balance', 7);
    expect(await ours.multi().set('balance', 1).set('other', 1).exec()).toBeNull();
    expect(await redis.keys()).toEqual(['balance']);
    expect(await ours.multi().set('balance', 1).exec()).toEqual([[null, 'OK']]);
  });

  test('sees a change that the same client made outside of the transaction', async () => {
    await ours.watch('balance');
    await ours.set('balance', 5);
    expect(await ours.multi().set('balance', 1).exec()).toBeNull();
  });

  test('counts the keys that were named one after the other', async () => {
    await ours.watch('a');
    await ours.watch(['b', 'c']);
    await redis.command('SET', 'c', 1);
    expect(await ours.multi().set('d', 1).exec()).toBeNull();
  });

  test('is over after UNWATCH', async () => {
    await ours.watch('balance');
    expect(await ours.unwatch()).toBe('OK');
    await redis.command('SET', 'balance', 7);
    expect(await ours.multi().set('balance', 1).exec()).toEqual([[null, 'OK']]);
    expect(await ours.unwatch()).toBe('OK');
  });

  test('works with a transaction without a pipeline', async () => {
    await ours.watch('balance');
    await ours.multi({ pipeline: false });
    await ours.set('balance', 1);
    await redis.command('SET', 'balance', 7);
    expect(await ours.exec()).toBeNull();
  });

  test('is over with a transaction that the server would refuse', async () => {
    await ours.watch('balance');
    await ours.multi({ pipeline: false });
    await rejection(ours.get());
    await rejection(ours.exec());
    await redis.command('SET', 'balance', 7);
    expect(await ours.multi().set('balance', 1).exec()).toEqual([[null, 'OK']]);
  });

  test('refuses the transaction if its connection was lost, since the watches were lost too', async () => {
    await ours.watch('balance');
    const connections = async () => (await redis.command('CLIENT', 'LIST')).match(/id=\d+/g);
    const before = await connections();
    const [, id] = /id=(\d+) [^\n]* cmd=watch /.exec(await redis.command('CLIENT', 'LIST'));
    await redis.command('CLIENT', 'KILL', 'ID', id);
    const isBack = async () => (await connections()).some((one) => !before.includes(one));
    await until(isBack, { what: 'the connection to be made again' });
    await ours.ping();
    expect(await ours.multi().set('balance', 1).exec()).toBeNull();
    expect(await redis.command('EXISTS', 'balance')).toBe(0);
  });

  test.each(['loop', 'thread'])(
    'never lets a transaction pass for guarded whose connection is lost on the way (%s)',
    async (driver) => {
      const client = await openPackage({ url: redis.url, driver, logLevel: 'off' }).getRedis();
      const balance = `${client.options.keyPrefix}balance`;
      const outcomes = new Set();
      for (let round = 0; round < 60; round += 1) {
        await redis.command('SET', balance, 1);
        await client.watch('balance');
        await redis.command('SET', balance, 2);
        const [, id] = /id=(\d+) [^\n]* cmd=watch /.exec(await redis.command('CLIENT', 'LIST'));
        const killed = redis.command('CLIENT', 'KILL', 'ID', id);
        if (round % 2 === 0) await killed;
        const run = client.multi().set('balance', 3).exec();
        outcomes.add(await run.catch(({ code }) => code));
        await killed;
      }
      const allowed = [null, 'E_UNKNOWN_OUTCOME', 'E_CONNECT'];
      expect([...outcomes].filter((outcome) => !allowed.includes(outcome))).toEqual([]);
    },
  );

  test('gives its connection back with the transaction', async () => {
    const options = { url: redis.url, minPoolSize: 1, poolSize: 1, logLevel: 'off' };
    const client = await openPackage(options).getRedis();
    await client.watch('balance');
    await client.multi().set('balance', 1).exec();
    const popped = client.blpop('list', 0);
    const { value } = await within(2000, client.multi().set('balance', 2).exec(), 'the transaction');
    expect(value).toEqual([[null, 'OK']]);
    await client.rpush('list', 'v');
    expect((await popped)[1]).toBe('v');
  });

  test('does not hold up other calls', async () => {
    await ours.watch('balance');
    expect(await Promise.all([ours.set('a', 1), ours.get('a')])).toEqual(['OK', '1']);
    await ours.unwatch();
  });
});

describe('members that libraries for ioredis use', () => {
  test('execBuffer answers as exec does, each reply in the form that its command asked for', async () => {
    const bytes = Buffer.from('text');
    for (const client of [ours, theirs]) {
      await client.set('a', 'text');
      expect(await client.multi().get('a').getBuffer('a').execBuffer()).toEqual([
        [null, 'text'],
        [null, bytes],
      ]);
      const [, , , inside] = await client.pipeline().get('a').multi().get('a').execBuffer().exec();
      expect(inside).toEqual([null, ['text']]);
    }
    expect(await ours.pipeline().get('a').execBuffer()).toEqual([[null, 'text']]);
  });

  test('pipelines and transactions have isPipeline', () => {
    for (const client of [ours, theirs]) {
      expect([client.pipeline().isPipeline, client.multi().isPipeline]).toEqual([true, true]);
    }
  });

  test('an aborted transaction has the reason in previousErrors', async () => {
    for (const client of [ours, theirs]) {
      const error = await rejection(client.multi().set('a', 1).call('nosuch', 'b').exec());
      expect(error.message).toMatch(/^EXECABORT/);
      expect(error.previousErrors).toEqual([
        expect.objectContaining({ message: expect.stringMatching(/^ERR unknown command/) }),
      ]);
      await client.multi({ pipeline: false });
      const refused = await rejection(client.get());
      const own = await rejection(client.exec());
      if (client === ours) expect(own.previousErrors).toEqual([refused]);
    }
  });
});
