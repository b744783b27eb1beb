'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { DRIVERS, sized, underFault } = require('./support/fault-test');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const FAULT_MS = sized({ short: 1200, full: 8000 });
/** Attempts to connect that a second of an outage may see, jitter included. */
const ATTEMPTS_A_SECOND = 8;
const KILL_EVERY_MS = 200;
const PASSWORD = 'changed-for-the-test';

const configure =
  (...words) =>
  ({ redis }) =>
    redis.command('CONFIG', 'SET', ...words);

/** The last error in `getStats()`. */
function lastErrorOf({ orgcache }) {
  return orgcache.cacheManager.getStats().redis.lastError;
}

const told = (code) => (bench) => until(() => lastErrorOf(bench) === code, { what: `the error ${code}` });

function expectNoStorm(figures) {
  expect(figures.connections).toBeLessThanOrEqual((ATTEMPTS_A_SECOND * FAULT_MS) / 1000 + 2);
}

describe.each(DRIVERS)('with the %s driver', (driver) => {
  const options = { driver };

  test('a primary that becomes a replica takes no writes: they are kept, and none is lost', async () => {
    const { figures, problems } = await underFault({
      name: 'REPLICAOF',
      options,
      faultMs: FAULT_MS,
      // It has no subscriber, so it keeps its messages.
      fault: ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', 1),
      during: told('READONLY'),
      heal: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expectNoStorm(figures);
  }, 60_000);

  test('a server whose memory is full says so to writers, and goes on answering readers', async () => {
    let state;
    const { figures, problems } = await underFault({
      name: 'maxmemory with noeviction',
      options,
      faultMs: FAULT_MS,
      fault: configure('maxmemory', 1, 'maxmemory-policy', 'noeviction'),
      during: async (bench) => {
        await told('OOM')(bench);
        state = bench.state().state;
      },
      heal: configure('maxmemory', 0),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(state).toBe('ready');
    expect(figures.connections).toBe(0);
  }, 60_000);

  test('a server that cannot write its file says so to writers, and goes on answering readers', async () => {
    let blocked;
    const { figures, problems } = await underFault({
      name: 'MISCONF',
      server: { args: ['--enable-protected-configs', 'yes'] },
      options,
      faultMs: FAULT_MS,
      // A folder has the name of the file: even root cannot write that.
      fault: async ({ redis }) => {
        blocked = path.join(redis.folder, 'blocked.rdb');
        fs.mkdirSync(blocked);
        fs.writeFileSync(path.join(blocked, 'full'), '');
        await redis.command('CONFIG', 'SET', 'dbfilename', 'blocked.rdb', 'save', '3600 1');
        await redis.command('BGSAVE').catch(() => {});
        const failed = async () =>
          /rdb_last_bgsave_status:err/.test(await redis.command('INFO', 'persistence'));
        await until(failed, { what: 'the failed save' });
      },
      during: told('MISCONF'),
      heal: async ({ redis }) => {
        fs.rmSync(blocked, { recursive: true });
        await redis.command('CONFIG', 'SET', 'save', '', 'dbfilename', 'dump.rdb');
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(figures.connections).toBe(0);
  }, 60_000);

  test('scripts that the server forgets are sent again, and no call notices', async () => {
    const { figures, problems } = await underFault({
      name: 'SCRIPT FLUSH',
      options,
      faultMs: FAULT_MS,
      fault: () => {},
      during: async ({ redis, load }) => {
        for (let round = 0; round < 10; round += 1) {
          const { settled } = load.figures;
          await redis.command('SCRIPT', 'FLUSH');
          await until(() => load.figures.settled > settled + 20, { what: 'calls after the flush' });
        }
      },
      heal: () => {},
    });
    expect(problems).toEqual([]);
    expect([figures.refused, figures.detectedMs, figures.connections]).toEqual([0, undefined, 0]);
  }, 60_000);

  test('a password that is changed is one clear state, is not hammered, and is over when it is right again', async () => {
    const { figures, problems } = await underFault({
      name: 'requirepass changed',
      options,
      faultMs: FAULT_MS,
      fault: async ({ redis }) => {
        await redis.command('CONFIG', 'SET', 'requirepass', PASSWORD);
        // Existing connections are already logged in.
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      during: told('NOAUTH'),
      heal: ({ redis }) => redis.command('CONFIG', 'SET', 'requirepass', ''),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures);
  }, 60_000);

  test('an ACL user who is deleted loses the connection and no write', async () => {
    const rights = ['on', '>secret', '~*', '&*', '+@all'];
    const { figures, problems } = await underFault({
      name: 'ACL user deleted',
      server: { users: [`app ${rights.join(' ')}`] },
      user: { name: 'app', password: 'secret' },
      options,
      faultMs: FAULT_MS,
      fault: ({ redis }) => redis.command('ACL', 'DELUSER', 'app'),
      during: told('WRONGPASS'),
      heal: ({ redis }) => redis.command('ACL', 'SETUSER', 'app', ...rights),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures);
  }, 60_000);

  test('a revoked key pattern is reported, and the other keys go on', async () => {
    let state;
    const { figures, problems } = await underFault({
      name: 'NOPERM on a key pattern',
      server: { users: ['app on >secret ~* &* +@all'] },
      user: { name: 'app', password: 'secret' },
      options,
      faultMs: FAULT_MS,
      fault: ({ redis }) =>
        redis.command(
          'ACL',
          'SETUSER',
          'app',
          'resetkeys',
          '~jack:dev:conversation*',
          '~jack:dev:!*',
          '~raw:*',
        ),
      during: async (bench) => {
        await told('NOPERM')(bench);
        state = bench.state().state;
      },
      heal: ({ redis }) => redis.command('ACL', 'SETUSER', 'app', '~*'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(state).toBe('ready');
    expect(figures.connections).toBe(0);
  }, 60_000);

  test('a server that takes no more clients is tried with pauses, and no write is lost', async () => {
    const { figures, problems } = await underFault({
      name: 'maxclients reached',
      options,
      faultMs: FAULT_MS,
      fault: async ({ redis }) => {
        await redis.command('CONFIG', 'SET', 'maxclients', 1);
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      during: (bench) => until(() => bench.state().state === 'degraded', { what: '`degraded`' }),
      heal: configure('maxclients', 1000),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures);
  }, 60_000);

  test('connections that are killed repeatedly are made again with pauses', async () => {
    let killing;
    const { figures, problems } = await underFault({
      name: `CLIENT KILL every ${KILL_EVERY_MS} ms`,
      options,
      faultMs: FAULT_MS,
      fault: ({ redis }) => {
        const kill = () => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        killing = setInterval(kill, KILL_EVERY_MS);
      },
      heal: () => clearInterval(killing),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures);
  }, 60_000);

  test('a server that is emptied has misses to answer and nothing else happens', async () => {
    const { figures, problems } = await underFault({
      name: 'FLUSHALL',
      options,
      load: { mayForget: true },
      faultMs: FAULT_MS,
      fault: ({ redis }) => redis.command('FLUSHALL'),
      heal: () => {},
    });
    expect(problems).toEqual([]);
    expect([figures.refused, figures.detectedMs, figures.connections]).toEqual([0, undefined, 0]);
  }, 60_000);
});

describe.each(['loop', 'thread'])('the entries of the journal, with the %s driver', (driver) => {
  /** Values are written in Redis, then again in an outage. The server comes back read-only. */
  async function openOutdated(refusing) {
    const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
    const orgcache = openPackage({ url: redis.url, driver, commandTimeout: 1000, logLevel: 'off' });
    const { cacheAdapter, cacheManager } = orgcache;
    const writeAll = async (text) => [
      await cacheAdapter.set('k', text, 600),
      await cacheAdapter.setConversationContext('org', '+1', [text]),
      await cacheManager.hset('hash', 'field', text, 600),
    ];
    await writeAll('old');
    await redis.kill();
    await until(() => !orgcache.redisManager.isConnected, { what: 'the outage to be noticed' });
    expect(await writeAll('new')).not.toContain(false);
    redis.options.args.push(...refusing);
    await redis.launch();
    return { redis, ...orgcache };
  }

  async function readAll({ cacheAdapter, cacheManager }) {
    const context = await cacheAdapter.getConversationContext('org', '+1');
    const fields = await cacheManager.hgetall('hash');
    return [
      await cacheAdapter.get('k'),
      context?.[0],
      await cacheManager.hget('hash', 'field'),
      fields.field,
    ];
  }

  test.each([
    ['is full', 'OOM', ['--maxmemory', '1', '--maxmemory-policy', 'noeviction'], ['maxmemory', 0]],
    ['has become a replica', 'READONLY', ['--replicaof', '127.0.0.1 1'], null],
  ])('is the answer while a server that %s refuses the replay', async (_name, code, args, healing) => {
    const bench = await openOutdated(args);
    const { redis, cacheManager } = bench;
    const answers = new Set();
    let rounds = 0;
    const stats = () => cacheManager.getStats().redis;
    const readOn = async () => {
      for (const answer of await readAll(bench)) answers.add(answer);
      if (stats().lastError === code) rounds += 1;
      // A replica is left at once: only several visits make it likely that reads meet it.
      return rounds > 200 && (healing || stats().reconnects > 3);
    };
    await until(readOn, { timeoutMs: 15_000, everyMs: 1, what: 'reads while the replay is refused' });
    expect([...answers]).toEqual(['new']);
    await (healing ? redis.command('CONFIG', 'SET', ...healing) : redis.command('REPLICAOF', 'NO', 'ONE'));
    await until(() => stats().state === 'ready', { timeoutMs: 10_000, what: 'the recovery' });
    expect(await readAll(bench)).toEqual(['new', 'new', 'new', 'new']);
    expect(await redis.command('GET', 'jack:dev:kv:k')).toBe('"new"');
  });
});
