'use strict';

const { QueueService } = require('../../js/queue-service/service.js');
const { openPackage } = require('../support/package');
const { runNode } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const NOTHING = { waiting: 0, active: 0, completed: 0, failed: 0, delayed: 0, total: 0 };
const QUEUE = 'email:notifications';
/** Retries at once. */
const AT_ONCE = { backoff: { type: 'fixed', delay: 0 } };

const open = [];

function openService(options = { url: redis.url }) {
  const orgcache = openPackage({ logLevel: 'off', ...options });
  const service = new QueueService(orgcache);
  open.push(service);
  return service;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((service) => service.stopProcessing()));
});

/** The details of an event, as they come. */
function heard(service, name) {
  const seen = [];
  service.on(name, (detail) => seen.push(detail));
  return seen;
}

/** Jobs as code before this package keeps them. */
async function leaveJob(list, id, score, record = {}) {
  const job = {
    id,
    type: 'welcome',
    data: { id },
    attempts: 0,
    maxAttempts: 3,
    createdAt: 1,
    priority: 0,
    ...record,
  };
  await redis.command('SET', `job:${id}`, JSON.stringify(job));
  await redis.command('ZADD', `${QUEUE}:${list}`, String(score), id);
}

test('the script of a server passes with the import of this package, and its process ends', async () => {
  const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port), REDIS_QUEUE_DB: '3' };
  const { report } = await runNode(['__test__/programs/queue-service-script.mjs'], { env });
  expect(Object.entries(report).filter(([, passed]) => passed !== true)).toEqual([]);
  expect(Object.keys(report)).toHaveLength(11);
  expect(await redis.keys()).toEqual([]);
});

test('it works without Redis, in this process', async () => {
  const service = openService({ useRedis: false });
  const done = heard(service, 'jobCompleted');
  service.registerProcessor(QUEUE, 'welcome', () => undefined);
  service.startProcessing(QUEUE);
  const jobId = await service.addJob(QUEUE, 'welcome', { to: 1 });
  await until(() => done.length === 1);
  expect(done[0]).toMatchObject({ queueName: QUEUE, jobId, job: { data: { to: 1 } } });
  expect(await service.healthCheck()).toMatchObject({ status: 'healthy', connected: true, processing: true });
});

test('events have the queue, the job and its type', async () => {
  const service = openService();
  const names = ['jobAdded', 'jobStarted', 'jobCompleted', 'jobFailed', 'statsUpdated'];
  const [added, started, completed, failed, stats] = names.map((name) => heard(service, name));
  service.registerProcessor(QUEUE, 'welcome', () => undefined);
  service.registerProcessor(QUEUE, 'broken', () => {
    throw new Error('no mail server');
  });
  service.startProcessing(QUEUE);
  const good = await service.addJob(QUEUE, 'welcome', { to: 1 });
  const bad = await service.addJob(QUEUE, 'broken', { to: 2 }, { maxAttempts: 2, ...AT_ONCE });
  await until(() => completed.length === 1 && failed.length === 1);
  expect(added).toEqual([
    { queueName: QUEUE, jobId: good, jobType: 'welcome' },
    { queueName: QUEUE, jobId: bad, jobType: 'broken' },
  ]);
  expect(started.map(({ jobId, job }) => [jobId, job.attempts]).sort()).toEqual(
    [
      [good, 1],
      [bad, 1],
      [bad, 2],
    ].sort(),
  );
  const times = { createdAt: expect.any(Number), processedAt: expect.any(Number) };
  expect(completed[0]).toEqual({
    queueName: QUEUE,
    jobId: good,
    job: {
      ...{ id: good, type: 'welcome', data: { to: 1 }, attempts: 1, maxAttempts: 3, priority: 0 },
      ...times,
      completedAt: expect.any(Number),
    },
  });
  expect(failed[0]).toMatchObject({
    queueName: QUEUE,
    jobId: bad,
    job: { attempts: 2, maxAttempts: 2, error: 'no mail server', failedAt: expect.any(Number) },
    error: 'no mail server',
  });
  await until(() => stats.length === 2);
  expect(stats.at(-1)).toMatchObject({ waiting: 0, completed: 1, failed: 1 });
  expect(await service.getJobStatus(bad)).toMatchObject({
    failedAt: expect.any(Number),
    error: 'no mail server',
  });
});

test('the forms with two arguments have the type of their queue, and processing begins', async () => {
  const service = openService();
  const seen = [];
  service.registerProcessor('system:maintenance', (job) => seen.push([job.type, job.data]));
  const id = await service.addJob('system:maintenance', { task: 'vacuum' });
  expect(id.startsWith('system:maintenance:')).toBe(true);
  await until(() => seen.length === 1);
  expect(seen).toEqual([['system:maintenance', { task: 'vacuum' }]]);
});

describe('while Redis is away', () => {
  test('a job is refused, and what is asked for is null or zero', async () => {
    const service = openService({ host: '127.0.0.1', port: await closedPort(), commandTimeout: 500 });
    expect(await rejection(service.addJob(QUEUE, 'welcome', 1))).toMatchObject({
      message: 'Queue Redis not connected',
    });
    expect(await service.getJobStatus('welcome:ZW1haWw.abc')).toBeNull();
    expect(await service.getQueueStats(QUEUE)).toEqual(NOTHING);
    expect(await service.clearCompletedJobs()).toBe(0);
    expect(await service.clearFailedJobs()).toBe(0);
    expect(await service.healthCheck()).toEqual({
      status: 'unhealthy',
      connected: false,
      processing: false,
      stats: NOTHING,
    });
  });
});

describe('jobs that older code has left', () => {
  test('are moved over once, though two processes begin at the same time', async () => {
    const now = Date.now();
    for (let i = 0; i < 250; i += 1) await leaveJob('waiting', `welcome:${i}`, now + i);
    await leaveJob('delayed', 'welcome:later', now + 60_000, { attempts: 1 });
    await leaveJob('waiting', 'welcome:gone', now);
    await redis.command('DEL', 'job:welcome:gone');
    await leaveJob('waiting', 'welcome:damaged', now);
    await redis.command('SET', 'job:welcome:damaged', '{"type":');
    const services = [openService(), openService()];
    const seen = [];
    for (const service of services) {
      service.registerProcessor(QUEUE, 'welcome', (job) => seen.push(job.data.id));
      service.startProcessing(QUEUE);
    }
    await until(async () => !(await redis.keys()).some((key) => key.startsWith(QUEUE)), {
      timeoutMs: 15_000,
    });
    await until(() => seen.length >= 250, { timeoutMs: 15_000 });
    expect(new Set(seen).size).toBe(250);
    expect(seen).toHaveLength(250);
    await until(async () => (await services[0].getQueueStats(QUEUE)).completed === 250);
    expect(await services[0].getQueueStats(QUEUE)).toMatchObject({ waiting: 0, active: 0, delayed: 1 });
    expect((await redis.keys()).filter((key) => /^job:welcome:\d/.test(key))).toEqual([]);
  });

  test('are found in the database of that code, too', async () => {
    await redis.command('SELECT', '1');
    try {
      await leaveJob('waiting', 'welcome:1', Date.now());
    } finally {
      await redis.command('SELECT', '0');
    }
    const service = openService();
    const seen = [];
    service.registerProcessor(QUEUE, 'welcome', (job) => seen.push(job.data.id));
    service.startProcessing(QUEUE);
    await until(() => seen.length === 1);
    expect(seen).toEqual(['welcome:1']);
  });

  test('that no queue takes stay where they are, and hold up no others', async () => {
    await leaveJob('waiting', 'welcome:a', 1, { type: 'x'.repeat(200) });
    await leaveJob('waiting', 'welcome:b', 2);
    const service = openService();
    const seen = [];
    service.registerProcessor(QUEUE, 'welcome', (job) => seen.push(job.data.id));
    service.startProcessing(QUEUE);
    await until(() => seen.length === 1);
    await until(async () => Number(await redis.command('ZCARD', `${QUEUE}:waiting`)) === 1);
    expect(await redis.command('ZRANGE', `${QUEUE}:waiting`, '0', '-1')).toEqual(['welcome:a']);
  });
});

describe('faults of the service that it replaces are not there:', () => {
  test('retries wait for their backoff', async () => {
    const service = openService();
    const at = [];
    service.registerProcessor(QUEUE, 'broken', () => {
      at.push(performance.now());
      throw new Error('no');
    });
    service.startProcessing(QUEUE);
    await service.addJob(QUEUE, 'broken', 1, { backoff: { type: 'fixed', delay: 300 } });
    await until(() => at.length === 3);
    expect(at[1] - at[0]).toBeGreaterThan(230);
    expect(at[2] - at[1]).toBeGreaterThan(230);
  });

  test('a higher priority is first, and jobs of one millisecond keep their order', async () => {
    process.env.QUEUE_CONCURRENCY = '1';
    try {
      const service = openService();
      for (const n of [1, 2, 3, 4])
        await service.addJob(QUEUE, 'welcome', { n }, { priority: n === 4 ? 5 : 0 });
      const seen = [];
      service.registerProcessor(QUEUE, 'welcome', ({ data }) => seen.push(data.n));
      service.startProcessing(QUEUE);
      await until(() => seen.length === 4);
      expect(seen).toEqual([4, 1, 2, 3]);
    } finally {
      delete process.env.QUEUE_CONCURRENCY;
    }
  });

  test('a job whose worker goes away, or whose processor hangs, is not lost', async () => {
    process.env.QUEUE_JOB_TIMEOUT = '200';
    try {
      const service = openService();
      const attempts = [];
      service.registerProcessor(QUEUE, 'hangs', (job, { signal }) => {
        attempts.push(job.attempts);
        if (attempts.length > 1) return undefined;
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      service.startProcessing(QUEUE);
      await service.addJob(QUEUE, 'hangs', 1, AT_ONCE);
      await until(() => attempts.length === 2);
      expect(attempts).toEqual([1, 2]);
    } finally {
      delete process.env.QUEUE_JOB_TIMEOUT;
    }
  });

  test('a job without a processor waits for one, with all its attempts', async () => {
    const service = openService();
    service.registerProcessor(QUEUE, 'other', () => undefined);
    service.startProcessing(QUEUE);
    const id = await service.addJob(QUEUE, 'welcome', 1);
    await until(async () => (await service.getQueueStats(QUEUE)).active === 0);
    expect(await service.getJobStatus(id)).toMatchObject({ attempts: 0 });
    // It could take the job again, and leave it once more.
    await service.stopProcessing();
    const seen = [];
    const later = openService();
    later.registerProcessor(QUEUE, 'welcome', ({ attempts }) => seen.push(attempts));
    later.startProcessing(QUEUE);
    await until(() => seen.length === 1, { timeoutMs: 10_000 });
    expect(seen).toEqual([1]);
  });

  test('the same job has the same id, whenever it is added', async () => {
    const service = openService();
    const added = heard(service, 'jobAdded');
    const first = await service.addJob(QUEUE, 'welcome', { to: 1 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await openService().addJob(QUEUE, 'welcome', { to: 1 })).toBe(first);
    expect(await service.addJob(QUEUE, 'welcome', { to: 1 }, { delay: 5 })).toBe(first);
    expect(first.startsWith('welcome:')).toBe(true);
    const others = await Promise.all([
      service.addJob(QUEUE, 'welcome', { to: 2 }),
      service.addJob(QUEUE, 'digest', { to: 1 }),
      service.addJob('data:processing', 'welcome', { to: 1 }),
    ]);
    expect(new Set([first, ...others]).size).toBe(4);
    expect(added).toHaveLength(4);
    expect(await service.getQueueStats(QUEUE)).toMatchObject({ waiting: 3 });
  });

  test('several queues are processed, and a second start of one only says so', async () => {
    const service = openService();
    const seen = [];
    const line = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    try {
      for (const queue of [QUEUE, 'data:processing']) {
        service.registerProcessor(queue, 'job', ({ data }) => seen.push(data));
        service.startProcessing(queue);
      }
      await service.startProcessing(QUEUE);
      expect(line.mock.calls).toEqual([[expect.stringContaining('already processing')]]);
    } finally {
      line.mockRestore();
    }
    await service.addJob(QUEUE, 'job', 1);
    await service.addJob('data:processing', 'job', 2);
    await until(() => seen.length === 2);
    expect(seen.sort()).toEqual([1, 2]);
    expect(await service.getQueueStats(QUEUE)).toMatchObject({ total: 1 });
  });

  test('a stop waits for what runs, and the promise of the start ends with it', async () => {
    const service = openService();
    let isDone = false;
    let started = false;
    service.registerProcessor(QUEUE, 'slow', async () => {
      started = true;
      await new Promise((resolve) => setTimeout(resolve, 200));
      isDone = true;
    });
    const processing = service.startProcessing(QUEUE);
    await service.addJob(QUEUE, 'slow', 1);
    await until(() => started);
    await service.stopProcessing();
    expect(isDone).toBe(true);
    await processing;
    expect(await service.healthCheck()).toMatchObject({ processing: false });
    service.startProcessing(QUEUE);
    expect(await service.healthCheck()).toMatchObject({ processing: true });
  });

  test('a job that is far away keeps its record, and an idle queue asks rarely', async () => {
    const service = openService();
    const id = await service.addJob(QUEUE, 'yearly', 1, { delay: 366 * 86_400_000 });
    const lives = await Promise.all((await redis.keys()).map((key) => redis.command('PTTL', key)));
    // Only the mark of idempotency has a lifetime.
    expect(lives.filter((life) => Number(life) !== -1).length).toBeLessThanOrEqual(1);
    expect(await service.getJobStatus(id)).toMatchObject({ delay: expect.any(Number), attempts: 0 });
  });

  test('keys of a queue are in one slot', async () => {
    const service = openService();
    await service.addJob(QUEUE, 'welcome', 1);
    const tags = (await redis.keys()).map((key) => /\{[^}]+\}/.exec(key)?.[0]);
    expect(new Set(tags).size).toBe(1);
    expect(tags[0]).toContain('notifications');
  });
});

describe('bad input', () => {
  test.each([
    ['E_SERIALIZE', (service) => service.addJob(QUEUE, 'welcome', undefined)],
    ['E_SERIALIZE', (service) => service.addJob(QUEUE, 'welcome', 1n)],
    ['E_KEY', (service) => service.addJob('', 'welcome', 1)],
    ['E_KEY', (service) => service.addJob(QUEUE, '', 1)],
    ['E_ARGUMENT', (service) => service.addJob(QUEUE, 'welcome', 1, { dely: 5 })],
    ['E_CONFIG', (service) => service.addJob(QUEUE, 'welcome', 1, { delay: -5 })],
    ['E_CONFIG', (service) => service.addJob(QUEUE, 'welcome', 1, 5)],
    ['E_CONFIG', (service) => service.addJob(QUEUE, 'welcome', 1, { backoff: 5 })],
    ['E_ARGUMENT', async (service) => service.registerProcessor(QUEUE, 'welcome')],
    ['E_ARGUMENT', async (service) => service.registerProcessor(QUEUE)],
  ])('is refused with %s', async (code, call) => {
    expect(await rejection(call(openService()))).toMatchObject({ code });
  });

  test('what is no id has no job', async () => {
    const service = openService();
    for (const id of [
      undefined,
      null,
      7,
      '',
      'welcome',
      'welcome:',
      ':.',
      'welcome:a.b',
      'welcome:ZW1haWw.x',
      '.'.repeat(1e6),
    ]) {
      expect(await service.getJobStatus(id)).toBeNull();
    }
  });
});
