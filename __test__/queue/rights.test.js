'use strict';

// The rules of docs/queue-events.md: each role logs in and does its work, and what it may not do changes nothing.

const { read: readFile } = require('../support/documents');
const { openPackage } = require('../support/package');
const { someName } = require('../support/queue-contract');
const { some } = require('../support/queue-events-contract');
const { startRedis } = require('../support/redis');
const { rejection, until } = require('../support/wait');

const ROLES = ['producer', 'worker', 'reader'];

/** The rules of the page, by role. Servers before 7.0 have no rules in brackets. */
function rulesOf(hasBrackets) {
  const [, block] = /```text\n(connection [\s\S]*?)```/.exec(readFile('docs/queue-events.md'));
  const rows = block
    .trim()
    .split('\n')
    .map((line) => line.split(/ (.*)/s));
  const rules = Object.fromEntries(rows);
  const shown = (role) => {
    const own = `${rules.connection} ${rules[role]}`;
    if (hasBrackets) return own;
    return `${own.replaceAll(/ \([^)]*\)/g, '')}${role === 'producer' ? ' +unlink +spop' : ''}`;
  };
  return Object.fromEntries(ROLES.map((role) => [role, shown(role)]));
}

let redis;
let hasBrackets;
const as = {};

beforeAll(async () => {
  redis = await startRedis();
  const [, version] = /^redis_version:(\d+)/m.exec(await redis.command('INFO', 'server'));
  hasBrackets = Number(version) >= 7;
  const rules = rulesOf(hasBrackets);
  for (const role of ROLES) {
    // Words of the rules have no spaces but in brackets.
    const words = rules[role].match(/\([^)]*\)|\S+/g);
    await redis.command('ACL', 'SETUSER', role, 'reset', 'on', '>secret', ...words);
    const url = `redis://${role}:secret@${redis.host}:${redis.port}`;
    as[role] = openPackage({ url, prefix: 'app:', logLevel: 'off' });
  }
  as.admin = openPackage({ url: redis.url, prefix: 'app:', logLevel: 'off' });
});

/** The refusals of the server to a user since the last look. */
async function refused(role) {
  const log = await redis.command('ACL', 'LOG');
  await redis.command('ACL', 'LOG', 'RESET');
  const entries = log.map((entry) =>
    Object.fromEntries(entry.flatMap((_, at) => (at % 2 ? [] : [[entry[at], entry[at + 1]]]))),
  );
  return entries
    .filter(({ username }) => username === role)
    .map(({ reason, object }) => `${reason} ${object}`);
}

/** Redis 7.0 and before say it in words. */
const NOT_ALLOWED = {
  code: 'E_REPLY',
  redisCode: expect.stringMatching(/^(NOPERM|ERR)$/),
  message: expect.stringMatching(/permission|can't/i),
};

test('a producer adds jobs and waits for them, a worker runs them, a reader looks on', async () => {
  const name = someName();
  const queue = as.producer.createQueue(name, { attempts: 1, retain: { dead: { count: 5 } } });
  const seen = as.reader.createQueue(name);
  const first = await queue.add('work', 1, { orgId: 'org-1', idempotencyKey: 'key' });
  const events = hasBrackets ? seen.events() : undefined;
  await events?.ready();
  const worker = as.worker.createWorker(name, {
    async work(job) {
      await job.progress(50);
      await job.log('line');
      await job.update(2);
      await job.extend(60_000);
      return 'done';
    },
    fail: () => Promise.reject(new Error('no')),
    later(job) {
      if (Date.now() - job.createdAt < 300) throw new as.worker.DelayedError(300);
    },
  });
  if (hasBrackets) expect(await queue.wait(first.id)).toBe('done');
  await queue.addMany([
    { type: 'fail', data: 1, priority: 5 },
    { type: 'later', data: 1, idempotencyKey: 'other', idempotency: { mode: 'untilDone' } },
    { type: 'work', data: 1, delayMs: 100 },
  ]);
  await until(async () => {
    const { completed, dead } = await seen.counts();
    return completed === 3 && dead === 1;
  });
  expect(await seen.getJob(first.id)).toMatchObject({
    state: 'completed',
    progress: 50,
    logs: ['line'],
    result: 'done',
  });
  expect((await seen.list({ state: 'dead' })).jobs).toHaveLength(1);
  expect((await seen.list({ state: 'completed', orgId: 'org-1' })).jobs).toHaveLength(1);
  await until(async () => (await seen.workers()).length === 1);
  expect(await seen.stats({ orgId: 'org-1' })).toMatchObject({ completed: 3, dead: 1, totals: { added: 4 } });
  expect(Array.isArray(await seen.organizations())).toBe(true);
  expect((await seen.healthCheck()).ok).toBe(true);
  if (events !== undefined) {
    expect((await some(events, 3)).map(({ event }) => event)).toEqual(
      ['started', 'progress', 'progress'].slice(0, 2).concat('completed'),
    );
    expect(await seen.wait(first.id)).toBe('done');
    await events.return();
  }
  await worker.close();
  for (const role of ROLES) expect([role, await refused(role)]).toEqual([role, []]);
}, 30_000);

test('a worker fires the slots of schedules, and a reader sees them', async () => {
  const name = someName();
  const times = { everyMs: 100, count: 2 };
  await as.admin.createQueue(name).schedule('s', times, { type: 'work', data: 1, orgId: 'org-1' });
  await as.admin.createQueue(name).schedule('yearly', { cron: '@yearly' }, { type: 'work', data: 1 });
  const seen = as.reader.createQueue(name);
  expect(await seen.schedules({ orgId: 'org-1' })).toMatchObject({ total: 1, schedules: [{ id: 's' }] });
  const worker = as.worker.createWorker(name, () => 1);
  await until(async () => (await seen.counts()).completed === 2);
  expect((await seen.schedules()).total).toBe(1);
  expect(await rejection(seen.unschedule('yearly'))).toMatchObject(NOT_ALLOWED);
  await worker.close();
  expect(await refused('worker')).toEqual([]);
});

test('a producer may not take or remove jobs', async () => {
  const name = someName();
  const queue = as.producer.createQueue(name);
  const { id } = await queue.add('work', 1);
  const errors = [];
  const worker = as.producer.createWorker(name, () => 1, {
    graceMs: 100,
    onError: (error) => errors.push(error),
  });
  await until(() => errors.length > 0);
  expect(errors[0]).toMatchObject(NOT_ALLOWED);
  await worker.close({ timeoutMs: 0 });
  expect(await rejection(queue.remove(id))).toMatchObject(NOT_ALLOWED);
  expect(await rejection(queue.drain())).toMatchObject(NOT_ALLOWED);
  expect(await as.admin.createQueue(name).getJob(id)).toMatchObject({ state: 'ready', attempt: 0 });
});

test('a worker may not add jobs, and not cancel those of others', async () => {
  const name = someName();
  const { id } = await as.admin.createQueue(name).add('work', 1);
  const queue = as.worker.createQueue(name);
  expect(await rejection(queue.add('work', 1))).toMatchObject(NOT_ALLOWED);
  expect(await rejection(queue.cancel(id))).toMatchObject(NOT_ALLOWED);
  expect(await as.admin.createQueue(name).counts()).toMatchObject({ ready: 1 });
});

test('a reader may not change anything, and hears so at once', async () => {
  const name = someName();
  const { id } = await as.admin.createQueue(name).add('work', 1);
  const before = await redis.keys('app:*');
  const queue = as.reader.createQueue(name);
  expect(await queue.getJob(id)).toMatchObject({ state: 'ready' });
  const start = performance.now();
  for (const change of [
    () => queue.add('work', 1),
    () => queue.pause(),
    () => queue.cancel(id),
    () => queue.setLimits({ concurrency: 1 }),
    () => queue.obliterate({ force: true }),
  ]) {
    expect(await rejection(change())).toMatchObject(NOT_ALLOWED);
  }
  expect(performance.now() - start).toBeLessThan(5000);
  expect(await queue.counts()).toMatchObject({ ready: 1 });
  expect(await redis.keys('app:*')).toEqual(before);
  expect(await as.admin.createQueue(name).isPaused()).toBe(false);
});
