'use strict';

// Users of other queues complain of these things: a test for each complaint.

const { openPackage } = require('../support/package');
const { AT_ONCE, gate, queueHouse, someName } = require('../support/queue-contract');
const { queueProcess } = require('../support/queue-process');
const { startRedis, withRedis } = require('../support/redis');
const { rejection, until, within } = require('../support/wait');

const MIB = 1_048_576;

const redis = withRedis();
let orgcache;
let house;

beforeAll(() => {
  orgcache = openPackage({ url: redis.url, logLevel: 'off' });
  house = queueHouse(() => orgcache);
});

afterEach(() => house.close());

const workerProcess = (args) => queueProcess('queue-worker.cjs', redis.url, args);

/** Without persistence a killed server forgets; these keep what they acknowledged. */
const DURABLE = { configuration: ['appendonly yes', 'appendfsync always'] };

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  test('a worker takes jobs again within a second of the end of an outage, without anybody calling anything', async () => {
    const server = await startRedis(DURABLE);
    const own = openPackage({ url: server.url, driver, logLevel: 'off' });
    const queue = own.createQueue(someName());
    const seen = [];
    const states = [];
    const worker = own.createWorker(queue.name, ({ data }) => {
      seen.push({ data, at: performance.now() });
    });
    worker.on('state', ({ connected }) => states.push(connected));
    await queue.wait((await queue.add('job', 'before')).id);
    await queue.add('job', 'delayed', { delayMs: 500 });
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await server.launch();
    const back = performance.now();
    await until(() => seen.some(({ data }) => data === 'delayed'), { timeoutMs: 5000 });
    expect(seen.at(-1).at - back).toBeLessThan(1000);
    expect(await queue.wait((await queue.add('job', 'after')).id)).toBeUndefined();
    expect(states).toContain(false);
    expect(states.at(-1)).toBe(true);
    expect(await worker.close()).toMatchObject({ abandoned: 0 });
  });

  test('handlers that run during an outage are not run again, and their results are stored after it', async () => {
    const server = await startRedis(DURABLE);
    const own = openPackage({ url: server.url, driver, logLevel: 'off' });
    const queue = own.createQueue(someName());
    const door = gate();
    let calls = 0;
    own.createWorker(queue.name, () => {
      calls += 1;
      return door.promise;
    });
    const added = await queue.addMany(Array.from({ length: 5 }, (_, data) => ({ type: 'job', data })));
    await until(() => calls === 5);
    await server.kill();
    door.open('done');
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.launch();
    for (const { id } of added) expect(await queue.wait(id)).toBe('done');
    expect(calls).toBe(5);
  });

  test('close, add, pause, wait and every other call settle while Redis is stopped', async () => {
    const server = await startRedis();
    const own = openPackage({ url: server.url, driver, logLevel: 'off', commandTimeout: 500 });
    const queue = own.createQueue(someName());
    const worker = own.createWorker(queue.name, () => new Promise(() => {}), { graceMs: 100 });
    const { id } = await queue.add('job', 1);
    await until(() => worker.stats().active === 1);
    server.pause();
    const calls = [
      () => queue.add('job', 2),
      () => queue.addMany([{ type: 'job', data: 3 }]),
      () => queue.wait(id, { timeoutMs: 500 }),
      () => queue.getJob(id),
      () => queue.counts(),
      () => queue.pause(),
      () => queue.retry({ state: 'dead' }),
      () => queue.cancel(id),
      () => queue.obliterate({ force: true }),
    ];
    try {
      const errors = await Promise.all(calls.map((call) => within(8000, rejection(call()))));
      const codes = new Set(errors.map(({ value }) => value.code));
      expect(
        [...codes].filter((code) => !['E_CONNECT', 'E_TIMEOUT', 'E_UNKNOWN_OUTCOME'].includes(code)),
      ).toEqual([]);
      const { value: closed } = await within(5000, worker.close({ timeoutMs: 100 }));
      expect(closed).toMatchObject({ finished: 0 });
      await within(5000, queue.close({ timeoutMs: 100 }));
    } finally {
      server.resume();
    }
  });
});

test('a blocked event loop does not lose its job, and the job runs once', async () => {
  const queue = house.queue();
  const worker = workerProcess({ queue: queue.name, options: { leaseMs: 1000 }, blockMs: 3000 });
  const { id } = await queue.add('job', 'block');
  await until(() => worker.reports.length === 1, { timeoutMs: 10_000 });
  // Another worker is ready to take it as soon as it may.
  const seen = [];
  house.worker(queue, ({ data }) => seen.push(data), { leaseMs: 1000 });
  expect(await queue.wait(id, { timeoutMs: 10_000 })).toEqual({ isAborted: false });
  expect(seen).toEqual([]);
  expect(await queue.getJob(id)).toMatchObject({ state: 'completed', stalls: 0 });
  worker.kill();
});

test('the jobs of a killed worker run elsewhere after its lease, with a larger token and no attempt used', async () => {
  const queue = house.queue({ attempts: 1 });
  const worker = workerProcess({ queue: queue.name, options: { leaseMs: 1000 } });
  const { id } = await queue.add('job', 'hang');
  await until(() => worker.reports.length === 1, { timeoutMs: 10_000 });
  worker.kill();
  await worker.ended;
  const killedAt = performance.now();
  const seen = [];
  const stalled = [];
  const next = house.worker(queue, (job) => {
    seen.push(job);
    return 'elsewhere';
  });
  next.on('stalled', (detail) => stalled.push(detail));
  expect(await queue.wait(id, { timeoutMs: 10_000 })).toBe('elsewhere');
  expect(performance.now() - killedAt).toBeLessThan(3500);
  expect(seen[0]).toMatchObject({ attempt: 1, stalls: 1 });
  expect(seen[0].fence).toBeGreaterThan(worker.reports[0].fence);
  expect(await queue.counts()).toMatchObject({ active: 0, ready: 0, completed: 1 });
});

test('a stopped worker that wakes up is refused by its old token', async () => {
  const queue = house.queue({ attempts: 1 });
  const worker = workerProcess({ queue: queue.name, options: { leaseMs: 1000 }, blockMs: 500 });
  const { id } = await queue.add('job', 'block');
  await until(() => worker.reports.length === 1, { timeoutMs: 10_000 });
  worker.kill('SIGSTOP');
  house.worker(queue, ({ fence }) => ({ fence }));
  const { fence } = await queue.wait(id, { timeoutMs: 10_000 });
  worker.kill('SIGCONT');
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await queue.getJob(id)).toMatchObject({ state: 'completed', result: { fence } });
  expect(fence).toBeGreaterThan(worker.reports[0].fence);
  worker.kill();
});

test('a job that kills its process ends as dead, and does not take all workers with it', async () => {
  const queue = house.queue();
  const options = { concurrency: 1, leaseMs: 1000, maxStalls: 1, prefetch: 0 };
  const { id } = await queue.add('job', 'poison');
  const good = await queue.add('job', 'good');
  for (let death = 0; death < 2; death += 1) {
    const worker = workerProcess({ queue: queue.name, options });
    await until(() => worker.reports.some(({ data }) => data === 'poison'), { timeoutMs: 10_000 });
    await worker.ended;
  }
  const last = workerProcess({ queue: queue.name, options });
  const error = await rejection(queue.wait(id, { timeoutMs: 10_000 }));
  expect(error).toMatchObject({ code: 'E_JOB', cause: { name: 'StalledError' } });
  expect(await queue.wait(good.id)).toBe('good');
  expect(last.reports.every(({ data }) => data !== 'poison')).toBe(true);
  last.kill();
});

test('a full Redis refuses new jobs, and workers go on and make room', async () => {
  const server = await startRedis();
  const own = openPackage({ url: server.url, logLevel: 'off' });
  const queue = own.createQueue(someName(), { retain: { completed: false } });
  const data = 'x'.repeat(10_000);
  const jobs = Array.from({ length: 100 }, () => ({ type: 'job', data }));
  for (let page = 0; page < 5; page += 1) await queue.addMany(jobs);
  const used = Number(/^used_memory:(\d+)/m.exec(await server.command('INFO', 'memory'))[1]);
  await server.command('CONFIG', 'SET', 'maxmemory', String(Math.max(used, 2 * MIB)));
  const refused = await until(async () => {
    try {
      await queue.addMany(jobs);
      return false;
    } catch (error) {
      return error;
    }
  });
  expect(refused).toMatchObject({ code: 'E_REPLY', redisCode: 'OOM' });
  let count = 0;
  const worker = own.createWorker(queue.name, () => {
    count += 1;
  });
  await until(() => count >= 500, { timeoutMs: 10_000 });
  await until(async () => (await queue.counts()).active === 0);
  expect(await queue.counts()).toMatchObject({ ready: 0, dead: 0 });
  expect((await queue.add('job', 'small')).created).toBe(true);
  await worker.close();
});

test('names and prefixes with braces, colons and blanks are names like others', async () => {
  const own = openPackage({ url: redis.url, keyPrefix: 'a{b}c:', logLevel: 'off' });
  for (const name of ['{a}:b {c', '}', '{}', 'é\u{1F600}', ' ']) {
    const queue = own.createQueue(name);
    const { id } = await queue.add(name, 1, { orgId: name, idempotencyKey: name });
    const worker = own.createWorker(name, { [name]: ({ type, orgId }) => [type, orgId] }, { name });
    expect(await queue.wait(id)).toEqual([name, name]);
    expect(await queue.getJob({ idempotencyKey: name, orgId: name })).toMatchObject({ id, orgId: name });
    await worker.close();
    await queue.close();
  }
});

test('no call blocks Redis, however many jobs there are', async () => {
  const queue = house.queue();
  const jobs = Array.from({ length: 20_000 }, (_, data) => ({ type: 'job', data, orgId: `o-${data % 50}` }));
  await queue.addMany(jobs);
  await queue.addMany(jobs.slice(0, 5000).map((job) => ({ ...job, delayMs: 60_000 })));
  await redis.command('CONFIG', 'SET', 'slowlog-log-slower-than', '50000');
  await redis.command('SLOWLOG', 'RESET');
  await queue.eraseOrganization('o-7');
  await queue.list({ state: 'delayed' });
  expect(await queue.drain()).toBe(19_600);
  await queue.obliterate({ force: true });
  const slow = await redis.command('SLOWLOG', 'GET', '10');
  expect(slow.map(([, , micros, [command]]) => [command, micros])).toEqual([]);
  expect((await redis.keys(`*{${queue.name}}*`)).length).toBeLessThanOrEqual(2);
});

test('ended jobs are bounded, and nobody who does not listen costs memory', async () => {
  const queue = house.queue({ retain: { completed: { count: 10 }, dead: { count: 5 } }, attempts: 1 });
  house.worker(
    queue,
    ({ data }) => {
      if (data % 10 === 0) throw new Error('no');
    },
    { concurrency: 50 },
  );
  const added = await queue.addMany(Array.from({ length: 1000 }, (_, data) => ({ type: 'job', data })));
  await until(
    async () => {
      const { ready, active } = await queue.counts();
      return ready + active === 0;
    },
    { timeoutMs: 10_000 },
  );
  await until(async () => (await queue.counts()).completed <= 10 && (await queue.counts()).dead <= 5, {
    timeoutMs: 5000,
  });
  expect((await queue.getJob(added.at(-2).id))?.state ?? 'gone').toMatch(/completed|gone/);
  const keys = await redis.keys(`*{${queue.name}}*`);
  expect(keys.length).toBeLessThan(60);
  expect(keys.filter((key) => key.endsWith(':ev'))).toEqual([]);
});

test('one organization with many jobs does not starve others, and weights count', async () => {
  const queue = house.queue();
  await queue.addMany(Array.from({ length: 5000 }, (_, data) => ({ type: 'job', data, orgId: 'loud' })));
  await queue.addMany(Array.from({ length: 10 }, (_, data) => ({ type: 'job', data, orgId: 'quiet' })));
  const order = [];
  house.worker(queue, ({ orgId }) => order.push(orgId), { concurrency: 1, prefetch: 0 });
  await until(() => order.filter((orgId) => orgId === 'quiet').length === 10, { timeoutMs: 10_000 });
  expect(order.lastIndexOf('quiet')).toBeLessThan(60);
  await queue.drain();
});

test('limits of a queue and of an organization hold over all workers', async () => {
  const queue = house.queue({ concurrency: 4 });
  await queue.setOrganization('one', { concurrency: 1 });
  const running = { one: 0, two: 0 };
  const most = { one: 0, two: 0, both: 0 };
  const handler = async ({ orgId }) => {
    running[orgId] += 1;
    most[orgId] = Math.max(most[orgId], running[orgId]);
    most.both = Math.max(most.both, running.one + running.two);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running[orgId] -= 1;
  };
  for (let index = 0; index < 3; index += 1) house.worker(queue, handler, { concurrency: 10 });
  const jobs = ['one', 'two'].flatMap((orgId) =>
    Array.from({ length: 40 }, (_, data) => ({ type: 'job', data, orgId })),
  );
  const added = await queue.addMany(jobs);
  await Promise.all(added.map(({ id }) => queue.wait(id)));
  expect(most.one).toBe(1);
  expect(most.both).toBeLessThanOrEqual(4);
});

test('a rate limit holds', async () => {
  const queue = house.queue({ rate: { max: 5, perMs: 300 } });
  const at = [];
  house.worker(queue, () => at.push(performance.now()), { concurrency: 20 });
  const added = await queue.addMany(Array.from({ length: 15 }, (_, data) => ({ type: 'job', data })));
  await Promise.all(added.map(({ id }) => queue.wait(id)));
  expect(at.at(-1) - at[0]).toBeGreaterThan(500);
});

test('a million-fold retry does not happen: a job fails as often as its attempts say', async () => {
  const queue = house.queue({ attempts: 4, ...AT_ONCE });
  let calls = 0;
  house.worker(queue, () => {
    calls += 1;
    throw new Error('no');
  });
  await rejection(queue.wait((await queue.add('job', 1)).id));
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(calls).toBe(4);
});
