'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { setTimeout: delay } = require('node:timers/promises');
const { DRIVERS, sized, underFault } = require('./support/fault-test');
const { closedPort } = require('../support/silent-server');
const { until } = require('../support/wait');

const FAULT_MS = sized({ short: 2000, full: 8000 });
/** What a server refuses is tried again with pauses, and one of those may just have begun. */
const RECOVERY_MS = 10_000;
/** Attempts to connect that a second of an outage may see, jitter included. */
const ATTEMPTS_A_SECOND = 8;
const FILE = 'blocked.rdb';
const USER = { name: 'cache', password: 'secret' };
const USER_LINE = `${USER.name} on >${USER.password} ~* &* +@all`;

function expectNoStorm(figures, lastedMs) {
  expect(figures.connections).toBeLessThanOrEqual((ATTEMPTS_A_SECOND * lastedMs) / 1000);
}

/** Writes of one key until one answers `expected`. */
function untilSet({ orgcache }, expected) {
  return until(async () => (await orgcache.cacheAdapter.set('probe', 1, 60)) === expected, {
    what: `a set that answers ${expected}`,
  });
}

/** What is there stays readable, a write says false, and health names the reason; nobody is disconnected. */
async function expectOnlyReads(bench, code) {
  const { cacheAdapter } = bench.orgcache;
  await untilSet(bench, false);
  expect(await cacheAdapter.get('readable')).toBe('there');
  const { redis } = await cacheAdapter.healthCheck();
  expect(redis).toMatchObject({ status: 'healthy', lastError: code });
}

/** A value that was there before the fault, written past the package so that memory does not have it. */
function writeReadable({ redis }) {
  return redis.command('SET', 'jack:dev:kv:readable', '"there"');
}

/** The server's last attempt to save, once it has made one: `ok` or `err`. */
async function save({ redis }, expected) {
  await redis.command('BGSAVE');
  await until(
    async () => (await redis.command('INFO', 'persistence')).includes(`rdb_last_bgsave_status:${expected}`),
    { what: `a save that ends with ${expected}` },
  );
}

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('a primary that becomes a replica takes no writes, and gets every one of them once it is a primary again', async () => {
    const { figures, problems } = await underFault({
      name: 'the primary becomes a replica',
      options: { driver },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: async ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', await closedPort()),
      during: (bench) =>
        until(() => bench.state().lastError === 'READONLY', { what: 'READONLY to be named' }),
      heal: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expectNoStorm(figures, FAULT_MS);
  }, 60_000);

  test('a server with no memory left takes no write and says so, reads go on, and nobody is disconnected', async () => {
    const { figures, problems } = await underFault({
      name: 'maxmemory with noeviction',
      options: { driver },
      server: { args: ['--maxmemory-policy', 'noeviction'] },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: async (bench) => {
        await writeReadable(bench);
        await bench.redis.command('CONFIG', 'SET', 'maxmemory', 1);
      },
      during: (bench) => expectOnlyReads(bench, 'OOM'),
      heal: async (bench) => {
        await bench.redis.command('CONFIG', 'SET', 'maxmemory', 0);
        await untilSet(bench, true);
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(figures.connections).toBe(0);
  }, 60_000);

  test('a server that cannot save takes no write and says so, reads go on, and nobody is disconnected', async () => {
    const { figures, problems } = await underFault({
      name: 'an unwritable disk',
      options: { driver },
      server: { args: ['--dbfilename', FILE] },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: async (bench) => {
        const { redis } = bench;
        await writeReadable(bench);
        // Permissions do not stop root; a folder in the place of the file stops everyone.
        fs.mkdirSync(path.join(redis.folder, FILE, 'in the way'), { recursive: true });
        await redis.command('CONFIG', 'SET', 'save', '3600 1000000');
        await save(bench, 'err');
      },
      during: (bench) => expectOnlyReads(bench, 'MISCONF'),
      heal: async (bench) => {
        fs.rmSync(path.join(bench.redis.folder, FILE), { recursive: true });
        await save(bench, 'ok');
        await untilSet(bench, true);
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(figures.connections).toBe(0);
  }, 60_000);

  test('a user who may not write some keys any more has them refused, and all others as before', async () => {
    const { figures, problems } = await underFault({
      name: 'NOPERM on a key pattern',
      options: { driver },
      user: USER,
      server: { users: [USER_LINE] },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: ({ redis }) => redis.command('ACL', 'SETUSER', USER.name, 'resetkeys', '%R~*', '~jack:dev:kv:*'),
      during: async (bench) => {
        const { cacheAdapter } = bench.orgcache;
        await until(async () => !(await cacheAdapter.setOrganizationData('org-refused', 'name')), {
          what: 'a write of a forbidden key to answer false',
        });
        expect(await cacheAdapter.set('probe', 2, 60)).toBe(true);
        expect(await cacheAdapter.get('probe')).toBe(2);
        expect(bench.state().lastError).toBe('NOPERM');
      },
      heal: ({ redis }) => redis.command('ACL', 'SETUSER', USER.name, '~*'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBeGreaterThan(0);
    expect(figures.connections).toBe(0);
  }, 60_000);
});

describe.each(DRIVERS)('with the %s driver, logged in', (driver) => {
  test('a password that was changed is one clear state without hammering, and is over when it is changed back', async () => {
    const { figures, problems } = await underFault({
      name: 'requirepass changed',
      options: { driver },
      server: { password: 'first' },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: async ({ redis }) => {
        await redis.command('CONFIG', 'SET', 'requirepass', 'second');
        // A connection stays logged in; only a new one meets the new password.
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      during: expectLockedOut,
      heal: ({ redis }) => redis.command('CONFIG', 'SET', 'requirepass', 'first'),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures, FAULT_MS);
  }, 60_000);

  test('a user who was deleted is one clear state without hammering, and is over when the user is back', async () => {
    const { figures, problems } = await underFault({
      name: 'the user deleted',
      options: { driver },
      user: USER,
      server: { users: [USER_LINE] },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: ({ redis }) => redis.command('ACL', 'DELUSER', USER.name),
      during: expectLockedOut,
      heal: ({ redis }) => redis.command('ACL', 'SETUSER', ...USER_LINE.split(' ')),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures, FAULT_MS);
  }, 60_000);

  async function expectLockedOut(bench) {
    const { state } = bench;
    await until(() => state().state === 'degraded' && state().lastError === 'WRONGPASS', {
      what: 'WRONGPASS to be named',
    });
    const states = new Set();
    const endsAt = performance.now() + FAULT_MS / 2;
    while (performance.now() < endsAt) {
      states.add(`${state().state} ${state().lastError}`);
      await delay(20);
    }
    expect([...states]).toEqual(['degraded WRONGPASS']);
  }
});

/** Does `action` every `everyMs` while the fault lasts; ends with `bench.stopRepeating()`. */
function repeatedly(bench, everyMs, action) {
  let isOver = false;
  const loop = (async () => {
    while (!isOver) {
      await action(bench);
      await delay(everyMs);
    }
  })();
  bench.stopRepeating = () => {
    isOver = true;
    return loop;
  };
}

describe.each(DRIVERS)('under load, with the %s driver', (driver) => {
  test('a server with no client left to give is asked with growing pauses, and costs no write', async () => {
    const { figures, problems } = await underFault({
      name: 'maxclients reached',
      options: { driver },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: async ({ redis }) => {
        await redis.command('CONFIG', 'SET', 'maxclients', 1);
        await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      },
      during: (bench) => until(() => bench.state().state === 'degraded', { what: 'the loss to be noticed' }),
      heal: ({ redis }) => redis.command('CONFIG', 'SET', 'maxclients', 1000),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expectNoStorm(figures, FAULT_MS);
  }, 60_000);

  test('clients that are killed every 200 ms come back, not in a loop, and lose no write', async () => {
    const { figures, problems } = await underFault({
      name: 'CLIENT KILL of everything every 200 ms',
      options: { driver },
      faultMs: FAULT_MS,
      recoveryMs: RECOVERY_MS,
      fault: (bench) =>
        repeatedly(bench, 200, ({ redis }) =>
          redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
        ),
      heal: (bench) => bench.stopRepeating(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.reconnects).toBeGreaterThan(0);
    expectNoStorm(figures, FAULT_MS);
  }, 60_000);

  test('scripts that the server forgets are loaded again, and no call notices', async () => {
    const { figures, problems } = await underFault({
      name: 'SCRIPT FLUSH every 20 ms',
      options: { driver },
      faultMs: FAULT_MS,
      fault: (bench) => repeatedly(bench, 20, ({ redis }) => redis.command('SCRIPT', 'FLUSH')),
      heal: (bench) => bench.stopRepeating(),
    });
    expect(problems).toEqual([]);
    expect(figures).toMatchObject({ refused: 0, rejected: {}, codes: [], connections: 0 });
  }, 60_000);

  test('a server that is emptied answers misses and nothing else', async () => {
    const { figures, problems } = await underFault({
      name: 'FLUSHALL every 100 ms',
      options: { driver },
      load: { mayForget: true },
      faultMs: FAULT_MS,
      fault: (bench) => repeatedly(bench, 100, ({ redis }) => redis.command('FLUSHALL')),
      heal: (bench) => bench.stopRepeating(),
    });
    expect(problems).toEqual([]);
    expect(figures).toMatchObject({ refused: 0, rejected: {}, codes: [], connections: 0 });
  }, 60_000);
});
