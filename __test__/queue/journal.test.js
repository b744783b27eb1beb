'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { someName } = require('../support/queue-contract');
const { startRedis } = require('../support/redis');
const { until } = require('../support/wait');

const PREFIX = 'journal:';
const COUNT = 25;

function directory() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-kept-'));
  onEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const framesIn = (folder) => fs.readdirSync(folder).filter((name) => name.endsWith('.frames'));

/** A process that adds jobs while Redis is away, and is killed. */
function killedWhileAway({ port, folder, name, count }) {
  return inFreshProcess(
    async ({ load, report, args }) => {
      const { configure, createQueue } = load();
      configure({
        url: `redis://127.0.0.1:${args.port}`,
        journalDir: args.folder,
        prefix: args.prefix,
        logLevel: 'off',
      });
      const queue = createQueue(args.name, { onRedisDown: 'journal' });
      const added = [];
      for (let n = 0; n < args.count; n += 1) {
        added.push(
          await queue.add('job', n, { orgId: 'acme', idempotencyKey: `k-${n}`, delayMs: n === 0 ? 800 : 0 }),
        );
      }
      report(added);
      process.kill(process.pid, 'SIGKILL');
    },
    { args: { port, folder, name, count, prefix: PREFIX }, mayFail: true },
  );
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const open = ({ port, folder }) =>
    openPackage({
      url: `redis://127.0.0.1:${port}`,
      journalDir: folder,
      prefix: PREFIX,
      driver,
      logLevel: 'off',
    });

  test('jobs that a killed process had journalled are added once, in order, by the next one', async () => {
    const redis = await startRedis();
    await redis.kill();
    const folder = directory();
    const name = someName();
    const { port } = redis;
    const { report, signal } = await killedWhileAway({ port, folder, name, count: COUNT });
    expect(signal).toBe('SIGKILL');
    expect(report.every(({ created, journalled }) => created && journalled)).toBe(true);
    const ids = report.map(({ id }) => id);
    expect(framesIn(folder)).toHaveLength(1);

    const next = open({ port, folder });
    const queue = next.createQueue(name, { onRedisDown: 'journal' });
    await redis.launch();
    // A queue is opened with its first call. A third process finds the file locked, or gone.
    await queue.counts();
    await open({ port, folder }).createQueue(name, { onRedisDown: 'journal' }).counts();
    const seen = [];
    next.createWorker(name, ({ id, data, orgId }) => seen.push({ id, data, orgId }), { concurrency: 1 });
    await until(() => seen.length >= COUNT, { timeoutMs: 10_000 });
    // The first one was due by the time at which it was added.
    const order = [...ids.slice(1), ids[0]];
    const rank = new Map(order.map((id, at) => [id, at]));
    const late = seen.filter(({ id }) => id !== ids[0]);
    expect(late.map(({ id }) => rank.get(id))).toEqual(late.map((_, at) => at));
    expect(seen.every(({ orgId }) => orgId === 'acme')).toBe(true);
    // Its key belongs to the journalled job.
    expect(await queue.add('job', 5, { orgId: 'acme', idempotencyKey: 'k-5' })).toMatchObject({
      id: ids[5],
      created: false,
    });
    expect(await queue.stats()).toMatchObject({ totals: { added: COUNT } });
    expect(seen).toHaveLength(COUNT);
  });

  test('a process that lives adds what it has journalled when Redis is back, and leaves no file', async () => {
    const redis = await startRedis();
    const folder = directory();
    const own = open({ port: redis.port, folder });
    const queue = own.createQueue(someName(), { onRedisDown: 'journal' });
    await queue.counts();
    expect((await queue.add('job', 'before')).journalled).toBeUndefined();
    await redis.kill();
    // An add that was under way is waited for until its deadline.
    await until(async () => (await queue.add('job', 'away').catch(() => ({}))).journalled, {
      timeoutMs: 15_000,
    });
    const { id } = await queue.add('job', 'last', { delayMs: 500 });
    await new Promise((resolve) => setTimeout(resolve, 600));
    await redis.launch();
    await until(async () => (await queue.getJob(id).catch(() => null))?.state === 'ready', {
      timeoutMs: 5000,
    });
    await queue.close();
    expect(framesIn(folder)).toEqual([]);
  });

  test('a queue that closes in an outage leaves its jobs to the next one of its name', async () => {
    const redis = await startRedis();
    await redis.kill();
    const folder = directory();
    const own = open({ port: redis.port, folder });
    const name = someName();
    const first = own.createQueue(name, { onRedisDown: 'journal' });
    const { id } = await first.add('job', 1);
    await first.close({ timeoutMs: 50 });
    const queue = own.createQueue(name, { onRedisDown: 'journal' });
    await redis.launch();
    await until(async () => (await queue.getJob(id).catch(() => null))?.state === 'ready', {
      timeoutMs: 5000,
    });
  });

  test('an add whose directory cannot be used is refused', async () => {
    const redis = await startRedis();
    await redis.kill();
    const own = open({ port: redis.port, folder: path.join(directory(), 'not', 'there') });
    const queue = own.createQueue(someName(), { onRedisDown: 'journal' });
    await expect(queue.add('job', 1)).rejects.toMatchObject({ code: 'E_CONFIG' });
  });
});
