'use strict';

const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });

async function open(options) {
  const orgcache = openPackage({ url: redis.url, clientKeyPrefix: 'app:', logLevel: 'off', ...options });
  return { orgcache, client: await orgcache.getRedis() };
}

/** How many connections wait in a command that blocks. */
async function blocked() {
  return Number(/blocked_clients:(\d+)/.exec(await redis.command('INFO', 'clients'))[1]);
}

/** How many connections the server has ever taken. */
async function received() {
  return Number(/total_connections_received:(\d+)/.exec(await redis.command('INFO', 'stats'))[1]);
}

function isBlocked(count) {
  return until(async () => (await blocked()) === count, { what: `${count} blocked connections` });
}

describe('a blocking command', () => {
  test.each([
    ['blpop', ['l', 0], ['RPUSH', 'app:l', 'v'], ['app:l', 'v']],
    ['brpop', ['other', 'l', 0], ['RPUSH', 'app:l', 'v'], ['app:l', 'v']],
    ['blpopBuffer', ['l', 0], ['RPUSH', 'app:l', 'v'], [Buffer.from('app:l'), Buffer.from('v')]],
    ['blmove', ['l', 'to', 'LEFT', 'RIGHT', 0], ['RPUSH', 'app:l', 'v'], 'v'],
    ['brpoplpush', ['l', 'to', 0], ['RPUSH', 'app:l', 'v'], 'v'],
    ['blmpop', [0, 1, 'l', 'LEFT'], ['RPUSH', 'app:l', 'v'], ['app:l', ['v']]],
    ['bzpopmin', ['z', 0], ['ZADD', 'app:z', 1.5, 'm'], ['app:z', 'm', '1.5']],
    ['bzpopmax', ['z', 0], ['ZADD', 'app:z', 1, 'm'], ['app:z', 'm', '1']],
    ['bzmpop', [0, 1, 'z', 'MIN'], ['ZADD', 'app:z', 1, 'm'], ['app:z', [['m', '1']]]],
    [
      'xread',
      ['BLOCK', 0, 'STREAMS', 's', '$'],
      ['XADD', 'app:s', '1-1', 'f', 'v'],
      [['app:s', [['1-1', ['f', 'v']]]]],
    ],
    ['call', ['BLPOP', 'l', 0], ['RPUSH', 'app:l', 'v'], ['app:l', 'v']],
  ])('%s %j lets others pass and answers when there is something', async (method, words, push, expected) => {
    const { client } = await open();
    const waiting = client[method](...words);
    await isBlocked(1);
    expect(await client.set('a', 1)).toBe('OK');
    expect(await Promise.all([client.get('a'), client.pipeline().get('a').exec()])).toEqual([
      '1',
      [[null, '1']],
    ]);
    await redis.command(...push);
    expect(await waiting).toEqual(expected);
  });

  test('reads for a consumer group', async () => {
    const { client } = await open();
    await client.xgroup('CREATE', 's', 'g', '$', 'MKSTREAM');
    const waiting = client.xreadgroup('GROUP', 'g', 'c', 'COUNT', 1, 'BLOCK', 0, 'STREAMS', 's', '>');
    await isBlocked(1);
    await client.xadd('s', '1-1', 'f', 'v');
    expect(await waiting).toEqual([['app:s', [['1-1', ['f', 'v']]]]]);
  });

  test('answers null when its time is over, also beyond the command timeout', async () => {
    const { client } = await open({ commandTimeout: 300 });
    const { value, ms } = await within(2000, client.blpop('l', 0.6));
    expect(value).toBeNull();
    expect(ms).toBeGreaterThan(550);
  });

  test.each([
    ['the client that all share', (client) => client],
    ['a duplicate', (client) => client.duplicate()],
    ['a duplicate in another database', (client) => client.duplicate({ db: 3 })],
  ])('XREAD with $ of %s reads entries added after the call, on any connection', async (_name, of) => {
    const { client } = await open();
    const reader = of(client);
    await reader.xadd('s0', '1-1', 'f', 'before');
    const writer = reader === client ? client : reader.duplicate();
    await writer.ping();
    for (const streams of [['s0'], ['s0', 's1'], ['s1', 's0']]) {
      const read = reader.xread('BLOCK', 2000, 'STREAMS', ...streams, ...streams.map(() => '$'));
      const added = await reader.xadd('s0', '*', 'f', 'v');
      expect(await read).toEqual([['app:s0', [[added, ['f', 'v']]]]]);
    }
    expect(await reader.xread('BLOCK', 10, 'STREAMS', 's0', '$')).toBeNull();
    await reader.set('text', 'v');
    expect(await rejection(reader.xread('BLOCK', 10, 'STREAMS', 'text', '$'))).toMatchObject({
      redisCode: 'WRONGTYPE',
    });
    writer.disconnect();
    reader.disconnect();
  });

  test('uses a connection again that another has given back', async () => {
    const { client } = await open();
    const before = await received();
    for (let round = 0; round < 10; round += 1) expect(await client.blpop('l', 0.001)).toBeNull();
    expect((await received()) - before).toBeLessThanOrEqual(2);
  });

  test('waits for a connection where all are in use', async () => {
    const { client } = await open({ minPoolSize: 1, poolSize: 2 });
    const popped = [1, 2, 3].map((index) => client.blpop(`l${index}`, 0));
    await isBlocked(2);
    await redis.command('RPUSH', 'app:l1', 'a');
    expect(await popped[0]).toEqual(['app:l1', 'a']);
    await redis.command('RPUSH', 'app:l3', 'c');
    await redis.command('RPUSH', 'app:l2', 'b');
    expect(await Promise.all(popped)).toEqual([
      ['app:l1', 'a'],
      ['app:l2', 'b'],
      ['app:l3', 'c'],
    ]);
  });

  test.each(['loop', 'thread'])(
    'waits for a connection no longer than the command timeout, %s driver',
    async (driver) => {
      const { client } = await open({ driver, minPoolSize: 1, poolSize: 2, commandTimeout: 400 });
      const holders = [1, 2].map(() => client.blpop('held', 0));
      await isBlocked(2);
      const before = await redis.command('INFO', 'commandstats');
      const refused = [
        client.blpop('l', 0.2),
        client.blpop('l', 0),
        client.wait(0, 100),
        client.watch('k'),
        client.multi().set('a', 1).exec(),
        client.multi().blpop('l', 0).exec(),
      ].map((promise) => within(3000, rejection(promise)));
      for (const { value: error, ms } of await Promise.all(refused)) {
        expect(error).toMatchObject({ code: 'E_OVERLOADED', retryable: true });
        expect(error.message).toMatch(
          /nothing was sent: all 2 connections of the pool .* 400 ms; raise REDIS_POOL_SIZE/,
        );
        expect(ms).toBeGreaterThan(350);
      }
      const calls = (stats) => stats.match(/cmdstat_(wait|watch|multi|set):calls=\d+/g);
      expect(calls(await redis.command('INFO', 'commandstats'))).toEqual(calls(before));
      await redis.command('RPUSH', 'app:held', 'a', 'b');
      await Promise.all(holders);
      expect(await client.multi().set('a', 1).exec()).toEqual([[null, 'OK']]);
    },
  );

  test('fails with the server’s error and leaves its connection usable', async () => {
    const { client } = await open({ minPoolSize: 1, poolSize: 1 });
    await client.set('text', 'v');
    expect(await rejection(client.blpop('text', 0))).toMatchObject({
      code: 'E_REPLY',
      redisCode: 'WRONGTYPE',
    });
    const before = await received();
    await client.rpush('l', 'v');
    expect(await client.blpop('l', 0)).toEqual(['app:l', 'v']);
    expect(await received()).toBe(before);
  });

  test('settles with E_CLOSED when its client is closed, and takes nothing more', async () => {
    const { orgcache, client } = await open();
    const waiting = client.blpop('l', 0);
    await isBlocked(1);
    client.disconnect();
    expect(await rejection(waiting)).toMatchObject({ code: 'E_CLOSED' });
    await isBlocked(0);
    await redis.command('RPUSH', 'app:l', 'v');
    expect(await redis.command('LLEN', 'app:l')).toBe(1);
    expect(await (await orgcache.getRedis()).blpop('l', 1)).toEqual(['app:l', 'v']);
  });

  test('settles when the package is shut down', async () => {
    const { orgcache, client } = await open();
    const waiting = rejection(client.blpop('l', 0));
    await isBlocked(1);
    await within(1000, orgcache.shutdown(), 'the shutdown');
    expect(await waiting).toMatchObject({ code: 'E_CLOSED' });
    expect(await rejection(client.blpop('l', 1))).toMatchObject({ code: 'E_CLOSED' });
  });

  test('that was lost with its connection says that it may have run', async () => {
    const { client } = await open();
    const waiting = rejection(client.blpop('l', 0));
    await isBlocked(1);
    const [, id] = /id=(\d+) [^\n]* flags=b /.exec(await redis.command('CLIENT', 'LIST'));
    await redis.command('CLIENT', 'KILL', 'ID', id);
    expect(await waiting).toMatchObject({ code: 'E_UNKNOWN_OUTCOME' });
    await client.rpush('l', 'v');
    expect(await client.blpop('l', 1)).toEqual(['app:l', 'v']);
  });

  test('inside a transaction does not block', async () => {
    const { client } = await open();
    await client.rpush('l', 'v');
    const results = await client.multi().blpop('l', 0).blpop('l', 0).set('a', 1).exec();
    expect(results).toEqual([
      [null, ['app:l', 'v']],
      [null, null],
      [null, 'OK'],
    ]);
  });

  test('of a pipeline keeps none of its others waiting', async () => {
    const { client } = await open();
    const results = client.pipeline().blpop('l', 5).rpush('l', 'v').exec();
    expect((await within(2000, results)).value).toEqual([
      [null, ['app:l', 'v']],
      [null, 1],
    ]);
  });
});

describe('WAIT', () => {
  test('counts the replicas that have what the client wrote before, on whatever connection', async () => {
    const primary = await startRedis({ args: ['--repl-diskless-sync-delay', '0'] });
    const replica = await startRedis({ args: ['--replicaof', primary.host, String(primary.port)] });
    const client = await openPackage({ url: primary.url, logLevel: 'off' }).getRedis();
    const isUp = async () => /master_link_status:up/.test(await replica.command('INFO', 'replication'));
    await until(isUp, { timeoutMs: 15_000, what: 'the replica to follow' });
    await client.set('a', 1);
    expect(await client.wait(1, 5000)).toBe(1);
    replica.pause();
    await client.set('a', 2);
    expect(await client.wait(1, 200)).toBe(0);
    replica.resume();
    expect(await client.wait(1, 5000)).toBe(1);
  });
});

/** The pool with clocks that jest may replace. */
function loadPool() {
  let pool;
  jest.isolateModules(() => {
    jest.doMock('../../js/time', () => ({
      ...jest.requireActual('../../js/time'),
      clearTimeout: (timer) => clearTimeout(timer),
      now: () => performance.now(),
      setTimeout: (...given) => setTimeout(...given),
    }));
    pool = require('../../js/client/dedicated-pool').DedicatedPool;
  });
  jest.dontMock('../../js/time');
  return pool;
}

describe('the pool of connections', () => {
  const DedicatedPool = loadPool();
  const context = { run: (work, ...given) => work(...given) };
  const opened = () => {
    const connections = [];
    const openOne = () => {
      const connection = { isClosed: false, close: () => Object.assign(connection, { isClosed: true }) };
      connections.push(connection);
      return connection;
    };
    return { connections, openOne };
  };

  test('refuses a caller when ten thousand wait, and names the remedy', async () => {
    const { openOne } = opened();
    const pool = new DedicatedPool({ open: openOne, min: 1, max: 1, maxWaitMs: 60_000, context });
    await pool.acquire();
    const waiting = Array.from({ length: 10_000 }, () => pool.acquire());
    const error = await rejection(pool.acquire());
    expect(error).toMatchObject({ code: 'E_OVERLOADED', retryable: true });
    expect(error.message).toMatch(/REDIS_POOL_SIZE/);
    pool.close();
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.every(({ reason }) => reason.code === 'E_CLOSED')).toBe(true);
  });

  test('lets each caller wait for its own time, and those behind it go on waiting', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] });
    try {
      const { connections, openOne } = opened();
      const pool = new DedicatedPool({ open: openOne, min: 1, max: 1, maxWaitMs: 1000, context });
      const lent = await pool.acquire();
      const first = rejection(pool.acquire());
      await jest.advanceTimersByTimeAsync(600);
      const second = pool.acquire();
      await jest.advanceTimersByTimeAsync(400);
      expect(await first).toMatchObject({ code: 'E_OVERLOADED' });
      expect(pool.report.waiting).toBe(1);
      await jest.advanceTimersByTimeAsync(599);
      pool.release(lent);
      expect(await second).toBe(connections[0]);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });

  test('closes connections that are idle for long, but not the least number', async () => {
    jest.useFakeTimers();
    try {
      const { connections, openOne } = opened();
      const pool = new DedicatedPool({ open: openOne, min: 1, max: 3, maxWaitMs: 60_000, context });
      const lent = await Promise.all([pool.acquire(), pool.acquire(), pool.acquire()]);
      for (const connection of lent) pool.release(connection);
      expect(pool.report).toEqual({ connections: 3, idle: 3, waiting: 0 });
      jest.advanceTimersByTime(31_000);
      expect(pool.report).toEqual({ connections: 1, idle: 1, waiting: 0 });
      expect(connections.filter(({ isClosed }) => isClosed)).toHaveLength(2);
      expect(connections).toContain(await pool.acquire());
    } finally {
      jest.useRealTimers();
    }
  });

  test('opens another for a waiting caller when one is discarded', async () => {
    const { connections, openOne } = opened();
    const pool = new DedicatedPool({ open: openOne, min: 0, max: 1, maxWaitMs: 60_000, context });
    const first = await pool.acquire();
    const second = pool.acquire();
    pool.discard(first);
    expect(await second).toBe(connections[1]);
    expect(first.isClosed).toBe(true);
    pool.discard(await second);
    expect(pool.report).toEqual({ connections: 0, idle: 0, waiting: 0 });
  });
});
