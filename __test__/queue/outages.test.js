'use strict';

// A queue whose server is there and refuses: a test for each row of the table in docs/queue.md.

const fs = require('node:fs');
const path = require('node:path');
const { openPackage } = require('../support/package');
const { someName } = require('../support/queue-contract');
const { startRedis } = require('../support/redis');
const { RespClient } = require('../support/resp-client');
const { rejection, until } = require('../support/wait');

const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];
/** A server that loads looks at its connections after some of them. */
const COMMANDS = 4000;
const LOADING_US = 1_600_000;
const WORKER = { pollMs: 100, leaseMs: 5000 };

/** The codes of what a worker tells. */
function errorsOf(worker) {
  const codes = [];
  worker.on('error', ({ code, redisCode }) => codes.push(redisCode ?? code));
  return codes;
}

async function bench(options, { driver, ...server } = {}) {
  const redis = await startRedis(server);
  const orgcache = openPackage({ url: redis.url, driver, logLevel: 'off', ...options });
  const queue = orgcache.createQueue(someName());
  const seen = [];
  const worker = orgcache.createWorker(queue.name, ({ data }) => seen.push(data), WORKER);
  const errors = errorsOf(worker);
  await queue.wait((await queue.add('job', 'first')).id);
  return { redis, orgcache, queue, worker, seen, errors };
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  test('a primary that becomes a replica for a while costs no job, and nobody calls anything', async () => {
    const { redis, queue, seen, errors } = await bench({}, { driver });
    await redis.command('REPLICAOF', '127.0.0.1', 1);
    const adding = queue.add('job', 'while read-only');
    await new Promise((resolve) => setTimeout(resolve, 700));
    await redis.command('REPLICAOF', 'NO', 'ONE');
    expect((await adding).created).toBe(true);
    await until(() => seen.includes('while read-only'));
    expect(errors).toEqual([]);
  });

  test('a server that cannot write its file refuses adds by its name, and workers go on when it can', async () => {
    const { redis, queue, worker, seen, errors } = await bench(
      {},
      {
        driver,
        args: ['--enable-protected-configs', 'yes'],
      },
    );
    const blocked = path.join(redis.folder, 'blocked.rdb');
    const own = seen.length;
    await worker.close();
    // A folder has the name of the file: even root cannot write that.
    fs.mkdirSync(blocked);
    fs.writeFileSync(path.join(blocked, 'full'), '');
    const { id } = await queue.add('job', 'before');
    await redis.command('CONFIG', 'SET', 'dbfilename', 'blocked.rdb', 'save', '3600 1');
    await redis.command('BGSAVE').catch(() => {});
    await until(async () => /rdb_last_bgsave_status:err/.test(await redis.command('INFO', 'persistence')));
    expect(await rejection(queue.add('job', 'refused'))).toMatchObject({
      code: 'E_REPLY',
      redisCode: 'MISCONF',
    });
    expect(errors).toEqual([]);
    const next = openPackage({ url: redis.url, driver, logLevel: 'off' });
    const another = next.createWorker(queue.name, ({ data }) => seen.push(data), WORKER);
    const told = errorsOf(another);
    // Also one that comes now says why nothing goes on.
    await until(() => told.includes('MISCONF'));
    expect(await rejection(next.createQueue(queue.name).add('job', 'refused'))).toMatchObject({
      code: 'E_CONNECT',
    });
    fs.rmSync(blocked, { recursive: true });
    await redis.command('CONFIG', 'SET', 'save', '', 'dbfilename', 'dump.rdb');
    await queue.wait(id, { timeoutMs: 10_000 });
    expect(seen.slice(own)).toEqual(['before']);
  });

  test('a script of others that blocks the server costs no job', async () => {
    const { redis, queue, seen } = await bench({}, { driver, args: ['--busy-reply-threshold', '300'] });
    const blocking = redis.command('EVAL', 'while true do end', 0).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 600));
    const adding = queue.add('job', 'while busy');
    await new Promise((resolve) => setTimeout(resolve, 600));
    // The harness's own connection waits for its script.
    const killer = new RespClient({ host: redis.host, port: redis.port });
    await killer.command('SCRIPT', 'KILL');
    killer.close();
    await blocking;
    expect((await adding).created).toBe(true);
    await until(() => seen.includes('while busy'));
    expect(await queue.stats()).toMatchObject({ totals: { added: 2 } });
  });

  test('a server that loads its file is waited for', async () => {
    const { redis, queue, seen } = await bench({}, { driver, args: DURABLE });
    await Promise.all(Array.from({ length: COMMANDS }, (_, n) => redis.command('SET', `filler-${n}`, 'x')));
    await redis.kill();
    redis.options.args.push('--key-load-delay', String(LOADING_US / COMMANDS));
    const launched = redis.launch();
    await until(
      () =>
        redis.command('GET', 'a').then(
          () => false,
          ({ message }) => /^LOADING/.test(message),
        ),
      { what: 'LOADING' },
    );
    const adding = queue.add('job', 'while it loads');
    await launched;
    expect((await adding).created).toBe(true);
    await until(() => seen.includes('while it loads'));
  });

  test('a user without the right to scripts is told so by add and by workers, and goes on with the right', async () => {
    const redis = await startRedis({
      users: ['default on nopass ~* &* +@all', 'app on >word ~* &* +@all -evalsha -eval'],
    });
    const orgcache = openPackage({
      url: redis.url.replace('redis://', 'redis://app:word@'),
      ...{ driver, logLevel: 'off' },
    });
    const queue = orgcache.createQueue(someName());
    const seen = [];
    const worker = orgcache.createWorker(queue.name, ({ data }) => seen.push(data), WORKER);
    const told = errorsOf(worker);
    expect(await rejection(queue.add('job', 1))).toMatchObject({ code: 'E_REPLY', redisCode: 'NOPERM' });
    await until(() => told.includes('NOPERM'));
    await redis.command('ACL', 'SETUSER', 'app', '+evalsha', '+eval');
    await until(
      () =>
        queue.add('job', 2).then(
          ({ created }) => created,
          () => false,
        ),
      { everyMs: 50 },
    );
    await until(() => seen.includes(2));
  });

  test('the last acknowledged adds are added again where the server has lost them', async () => {
    const { redis, queue, worker, seen } = await bench({}, { driver });
    await worker.pause();
    const added = await queue.addMany(Array.from({ length: 20 }, (_, data) => ({ type: 'job', data })));
    // Without persistence it forgets everything, as a replica that was cut off would have: what has run runs again.
    await redis.restart();
    await until(async () => (await queue.counts().catch(() => ({}))).ready === 1 + added.length, {
      timeoutMs: 5000,
    });
    worker.resume();
    await until(() => seen.length === 2 + added.length);
    expect(seen.slice(1)).toEqual(['first', ...added.map((_, data) => data)]);
  });
});
