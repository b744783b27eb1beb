'use strict';

const fs = require('node:fs');
const { createBullBoard } = require('@bull-board/api');
const { QueueAdapter } = require('../../js/entry/bull-board.js');
const { missingMethods } = require('../support/board-methods');
const { openPackage } = require('../support/package');
const { rejection, until } = require('../support/wait');

const BASE = require.resolve('@bull-board/api/dist/queueAdapters/base.js');

let orgcache;
let queue;
let adapter;

beforeAll(() => {
  orgcache = openPackage({ useRedis: false, logLevel: 'off' });
});

let count = 0;
beforeEach(() => {
  queue = orgcache.createQueue(`adapted-${++count}`, { attempts: 1 });
  adapter = new QueueAdapter(queue);
});

const add = (number, options) =>
  queue.addMany(Array.from({ length: number }, (_, at) => ({ type: 'one', data: at, ...options })));

test('every abstract method of the installed BaseAdapter is there', () => {
  const source = fs.readFileSync(BASE.replace(/\.js$/, '.d.ts'), 'utf8');
  expect(missingMethods(source, QueueAdapter)).toEqual([]);
});

test('an abstract method that a later version adds is told by its name', () => {
  const source =
    'export declare abstract class BaseAdapter {\n    abstract getName(): string;\n    abstract fly(to: string): void;\n}';
  expect(missingMethods(source, QueueAdapter)).toEqual(['fly']);
});

test.each([undefined, null, {}, { name: 'mails', add() {} }])('%p is no queue that can be shown', (given) => {
  expect(() => new QueueAdapter(given)).toThrow(
    expect.objectContaining({
      code: 'E_ARGUMENT',
      message: 'the queue must be one of createQueue(), or of its org()',
    }),
  );
});

test('an option of another kind is refused', () => {
  expect(() => new QueueAdapter(queue, { hideData: 'yes' })).toThrow(
    expect.objectContaining({ code: 'E_CONFIG', message: 'the option hideData must be true or false' }),
  );
});

test('names have the prefix, and tell organizations apart', () => {
  const names = [queue, queue.org('org-1'), queue.org(null)].map((one) =>
    new QueueAdapter(one, { prefix: 'p/', displayName: 'Shown', delimiter: '/' }).getName(),
  );
  expect(names).toEqual([`p/${queue.name}`, `p/${queue.name}:org-1`, `p/${queue.name}:`]);
  expect(adapter.getQueueQualifiedName()).toBe(`orgcache:${queue.name}`);
  createBullBoard({ queues: [adapter], serverAdapter: chained() });
});

/** A server that takes what a board gives it. */
function chained() {
  const server = new Proxy({}, { get: () => () => server });
  return server;
}

test('all jobs of a state come without an end', async () => {
  await add(230);
  expect(await adapter.getJobs(['waiting'])).toHaveLength(230);
  expect((await adapter.getJobs(['waiting'], 225)).map((job) => job.toJSON().data)).toEqual([
    225, 226, 227, 228, 229,
  ]);
  expect(await adapter.getJobs(['waiting-children', 'prioritized', 'paused'])).toEqual([]);
});

test('jobs are cleaned that are old enough, in each state but active', async () => {
  await add(120, { delayMs: 60_000 });
  await adapter.clean('delayed', 60_000);
  expect(await queue.counts()).toMatchObject({ delayed: 120 });
  await adapter.clean('delayed', 0);
  await add(120);
  await adapter.clean('wait', 0);
  expect(await queue.counts()).toMatchObject({ delayed: 0, ready: 0 });

  const handler = async ({ data }) => {
    if (data % 2 === 1) throw new Error('odd');
  };
  await add(220);
  const worker = orgcache.createWorker(queue.name, handler, { concurrency: 50, pollMs: 50 });
  await until(async () => (await queue.counts()).completed === 110 && (await queue.counts()).dead === 110);
  await worker.close();
  for (const status of ['completed', 'failed']) {
    await adapter.clean(status, 60_000);
    expect((await adapter.getJobCounts())[status]).toBe(110);
    await adapter.clean(status, 0);
    expect((await adapter.getJobCounts())[status]).toBe(0);
  }
  expect(await rejection(adapter.clean('active', 0))).toMatchObject({
    code: 'E_ARGUMENT',
    statusCode: 400,
    message: 'jobs that run cannot be removed; cancel() ends them',
  });
  expect(await rejection(adapter.clean('paused', 0))).toMatchObject({ code: 'E_ARGUMENT' });
});

test('the adapter of an organization cleans its own jobs', async () => {
  const own = new QueueAdapter(queue.org('org-1'));
  await add(3, { delayMs: 60_000, orgId: 'org-2' });
  await add(130, { delayMs: 60_000, orgId: 'org-1' });
  const pages = await Promise.all([own.getJobs(['delayed'], 0, 119), own.getJobs(['delayed'], 120, 139)]);
  expect(pages.map((jobs) => jobs.length)).toEqual([120, 10]);
  expect(new Set(pages.flat().map((job) => job.toJSON().data)).size).toBe(130);
  await own.clean('delayed', 0);
  expect(await queue.counts()).toMatchObject({ delayed: 3 });
  for (const refused of [new QueueAdapter(queue.org(null)).obliterate(), own.releaseActiveRateLimit()]) {
    expect(await rejection(refused)).toMatchObject({ code: 'E_ARGUMENT', statusCode: 400 });
  }
});

test('a job that is gone, or in another state, says so', async () => {
  const [{ id }] = await add(1);
  const job = await adapter.getJob(id);
  expect(await rejection(job.retry())).toMatchObject({ code: 'E_CONFLICT', statusCode: 409 });
  await job.remove();
  expect(await job.getState()).toBe('unknown');
  expect(await adapter.getJob(id)).toBeNull();
  const calls = [
    ['promote', 'the job does not wait for its time'],
    ['remove', 'the job runs, or is not there any more'],
    ['updateData', 'the job is not there any more', {}],
    ['changeDelay', 'the job does not wait', 5],
    ['changePriority', 'the job does not wait', { priority: 1 }],
  ];
  for (const [name, message, argument] of calls) {
    expect(await rejection(job[name](argument))).toMatchObject({ code: 'E_CONFLICT', message });
  }
  expect(await rejection(job.changePriority({ lifo: true }))).toMatchObject({ code: 'E_ARGUMENT' });
});

test('jobs with a higher priority than usual are shown before those of bull-board', async () => {
  const { id } = await queue.add('one', {}, { priority: 10 });
  expect((await adapter.getJob(id)).toJSON()).toMatchObject({ priority: -10, opts: { priority: -10 } });
});

test('what is kept of ended jobs is among the defaults', () => {
  const kept = { completed: false, dead: { count: 5, ageSeconds: 60 } };
  const kind = orgcache.createQueue('kept', { retain: kept, priority: -2, delayMs: 5 });
  expect(new QueueAdapter(kind).getQueueDefaultJobOptions()).toEqual({
    attempts: 3,
    delay: 5,
    priority: 2,
    backoff: { type: 'exponential', delay: 5000 },
    removeOnComplete: true,
    removeOnFail: { count: 5, age: 60 },
    timeoutMs: 30_000,
  });
});

test('obliterate with active jobs throws the very text that bull-board looks for', async () => {
  await add(1, { orgId: 'org-1' });
  const worker = orgcache.createWorker(queue.name, () => new Promise(() => {}), { pollMs: 50, graceMs: 0 });
  await until(async () => (await queue.counts()).active === 1);
  for (const one of [adapter, new QueueAdapter(queue.org('org-1'))]) {
    const { name, message } = await rejection(one.obliterate());
    expect([name, message]).toEqual(['Error', 'Cannot obliterate queue with active jobs']);
  }
  await new QueueAdapter(queue.org('org-2')).obliterate();
  expect(await queue.counts()).toMatchObject({ active: 1 });
  await worker.close({ timeoutMs: 0 });
});
