'use strict';

const { openPackage } = require('../support/package');
const { queueHouse, someName } = require('../support/queue-contract');
const { rejection } = require('../support/wait');

describe('bad input of queues', () => {
  let orgcache;
  let house;
  let queue;

  beforeAll(() => {
    orgcache = openPackage({ useRedis: false, logLevel: 'off' });
    house = queueHouse(() => orgcache);
  });

  beforeEach(() => {
    queue = house.queue({ maxPayloadBytes: 1000 });
  });

  afterEach(() => house.close());

  const thrownBy = (make) => {
    try {
      make();
    } catch (error) {
      return error;
    }
    throw new Error('nothing was thrown');
  };

  const long = 'x'.repeat(129);
  const cycle = {};
  cycle.self = cycle;

  test.each([
    ['empty', ''],
    ['too long', long],
    ['a number', 7],
    ['undefined', undefined],
    ['null', null],
  ])('a name that is %s is refused when the queue or the worker is made', (_, name) => {
    expect(thrownBy(() => orgcache.createQueue(name))).toMatchObject({ code: 'E_KEY' });
    expect(thrownBy(() => orgcache.createWorker(name, () => undefined))).toMatchObject({ code: 'E_KEY' });
  });

  test.each([
    ['empty', ''],
    ['too long', long],
    ['a number', 7],
    ['undefined', undefined],
  ])('a type that is %s is refused, and nothing is added', async (_, type) => {
    expect(await rejection(queue.add(type, 1))).toMatchObject({ code: 'E_KEY' });
    expect(
      await rejection(
        queue.addMany([
          { type: 'good', data: 1 },
          { type, data: 1 },
        ]),
      ),
    ).toMatchObject({
      code: 'E_KEY',
    });
    expect(await queue.counts()).toMatchObject({ ready: 0 });
  });

  test.each([
    ['a number', 7],
    ['too long', long],
    ['an object', {}],
  ])('an orgId that is %s is refused', async (_, orgId) => {
    expect(await rejection(queue.add('job', 1, { orgId }))).toMatchObject({ code: 'E_KEY' });
    expect(await queue.counts()).toMatchObject({ ready: 0 });
  });

  test.each([
    ['undefined', undefined],
    ['a BigInt', 1n],
    ['a cycle', cycle],
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
  ])('data that is %s is refused, and nothing is added', async (_, data) => {
    expect(await rejection(queue.add('job', data))).toMatchObject({ code: 'E_SERIALIZE' });
    expect(
      await rejection(
        queue.addMany([
          { type: 'job', data: 1 },
          { type: 'job', data },
        ]),
      ),
    ).toMatchObject({
      code: 'E_SERIALIZE',
    });
    expect(await queue.counts()).toMatchObject({ ready: 0 });
  });

  test('data that is too large is refused, and nothing is added', async () => {
    const data = 'x'.repeat(1000);
    expect(await rejection(queue.add('job', data))).toMatchObject({ code: 'E_VALUE_TOO_LARGE' });
    expect(
      await rejection(
        queue.addMany([
          { type: 'job', data: 1 },
          { type: 'job', data },
        ]),
      ),
    ).toMatchObject({
      code: 'E_VALUE_TOO_LARGE',
    });
    expect(await queue.counts()).toMatchObject({ ready: 0 });
    expect((await queue.add('job', 'x'.repeat(998))).created).toBe(true);
  });

  const WRONG = [
    [{ attempts: 0 }, 'attempts'],
    [{ attempts: 1.5 }, 'attempts'],
    [{ attempts: '3' }, 'attempts'],
    [{ delayMs: -1 }, 'delayMs'],
    [{ delayMs: Number.NaN }, 'delayMs'],
    [{ delayMs: 10 * 366 * 86_400_000 }, 'delayMs'],
    [{ delayMs: 1n }, 'delayMs'],
    [{ priority: 1001 }, 'priority'],
    [{ priority: -1001 }, 'priority'],
    [{ timeoutMs: -1 }, 'timeoutMs'],
    [{ backoff: { type: 'linear' } }, 'type'],
    [{ backoff: { delayMs: -5 } }, 'delayMs'],
    [{ backoff: { delay: 5 } }, 'delayMs'],
    [{ idempotency: { mode: 'ever' } }, 'mode'],
    [{ runAt: Number.NaN }, 'runAt'],
    [{ runAt: 'tomorrow' }, 'runAt'],
    [{ runAt: 5, delayMs: 5 }, 'runAt'],
    [{ delay: 5 }, 'delayMs'],
    [{ removeOnComplete: true }, 'retain'],
    [{ jobId: 'x' }, 'idempotencyKey'],
    [{ atempts: 5 }, 'attempts'],
  ];

  test.each(WRONG)(
    'the option %p of a job is refused by its name, and nothing is added',
    async (options, name) => {
      const error = await rejection(queue.add('job', 1, options));
      expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(name) });
      expect(await rejection(queue.addMany([{ type: 'job', data: 1, ...options }]))).toMatchObject({
        code: 'E_CONFIG',
        message: expect.stringContaining(name),
      });
      expect(await queue.counts()).toMatchObject({ ready: 0, delayed: 0 });
    },
  );

  test.each([
    ...WRONG.filter(([options]) => !('jobId' in options || 'runAt' in options)),
    [{ retain: { completed: { count: -1 } } }, 'count'],
    [{ retain: true }, 'retain'],
    [{ maxPayloadBytes: 0 }, 'maxPayloadBytes'],
    [{ concurrency: 0 }, 'concurrency'],
    [{ rate: { max: 0, perMs: 1000 } }, 'max'],
    [{ limiter: { max: 1, duration: 5 } }, 'rate'],
    [{ onRedisDown: 'open' }, 'onRedisDown'],
  ])('the option %p of a queue is refused by its name', (options, name) => {
    const error = thrownBy(() => orgcache.createQueue(someName(), options));
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(name) });
  });

  test.each([
    [{ concurrency: 0 }, 'concurrency'],
    [{ concurrency: Number.POSITIVE_INFINITY }, 'concurrency'],
    [{ leaseMs: 10 }, 'leaseMs'],
    [{ graceMs: -1 }, 'graceMs'],
    [{ prefetch: 1001 }, 'prefetch'],
    [{ lockDuration: 30_000 }, 'leaseMs'],
    [{ maxStalledCount: 1 }, 'maxStalls'],
    [{ limiter: { max: 1, duration: 5 } }, 'rate'],
    [{ concurency: 5 }, 'concurrency'],
    [{ autorun: 'yes' }, 'autorun'],
    [{ onError: 'log' }, 'onError'],
    [{ signal: 'abort' }, 'signal'],
  ])('the option %p of a worker is refused by its name', (options, name) => {
    const error = thrownBy(() => orgcache.createWorker(someName(), () => undefined, options));
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringContaining(name) });
  });

  test.each([
    ['nothing', undefined],
    ['a text', 'handler'],
    ['no handler', {}],
    ['a handler that is no function', { job: 1 }],
    ['a list', []],
  ])('a worker with %s in place of handlers is refused', (_, handlers) => {
    expect(thrownBy(() => orgcache.createWorker(someName(), handlers))).toMatchObject({ code: 'E_CONFIG' });
  });

  test('options that are no object are refused', async () => {
    for (const options of ['x', 7, null, []]) {
      expect(thrownBy(() => orgcache.createQueue(someName(), options))).toMatchObject({ code: 'E_CONFIG' });
      expect(thrownBy(() => orgcache.createWorker(someName(), () => 1, options))).toMatchObject({
        code: 'E_CONFIG',
      });
      expect(await rejection(queue.add('job', 1, options))).toMatchObject({ code: 'E_CONFIG' });
      expect(await rejection(queue.counts(options))).toMatchObject({ code: 'E_CONFIG' });
    }
    for (const jobs of [undefined, 'x', {}]) {
      expect(await rejection(queue.addMany(jobs))).toMatchObject({ code: 'E_ARGUMENT' });
    }
    expect(await rejection(queue.addMany([7]))).toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('calls with arguments that cannot be are refused', async () => {
    const calls = [
      ['E_KEY', () => queue.getJob(7)],
      ['E_KEY', () => queue.wait(undefined)],
      ['E_KEY', () => queue.cancel(null)],
      ['E_KEY', () => queue.setOrganization(undefined, { weight: 2 })],
      ['E_CONFIG', () => queue.setOrganization('o', { weight: 0 })],
      ['E_CONFIG', () => queue.setOrganization('o', { wait: 1 })],
      ['E_CONFIG', () => queue.setLimits({ concurrency: 0 })],
      ['E_CONFIG', () => queue.setLimits({ rate: { max: 1 } })],
      ['E_ARGUMENT', () => queue.list({ state: 'waiting' })],
      ['E_CONFIG', () => queue.list({ state: 'ready', limit: 0 })],
      ['E_ARGUMENT', () => queue.list({ state: 'ready', limt: 5 })],
      ['E_CONFIG', () => queue.wait('x', { timeoutMs: -1 })],
      ['E_CONFIG', () => queue.setPriority('x', 1001)],
      ['E_CONFIG', () => queue.reschedule('x', {})],
      ['E_ARGUMENT', () => queue.retry({ state: 'ready' })],
      ['E_ARGUMENT', () => queue.clean('active', { olderThanMs: 0 })],
      ['E_ARGUMENT', () => queue.obliterate({ forced: true })],
      ['E_CONFIG', () => queue.close({ timeoutMs: -1 })],
      ['E_ARGUMENT', () => queue.close({ timeout: 1 })],
    ];
    const codes = await Promise.all(
      calls.map(async ([, call]) => (await rejection((async () => call())())).code),
    );
    expect(codes).toEqual(calls.map(([code]) => code));
  });

  test.each([
    ['no times', undefined, {}, /times of a schedule must be an object/],
    ['both', { cron: '* * * * *', everyMs: 1000 }, {}, /cron and everyMs are both given/],
    ['neither', { tz: 'UTC' }, {}, /no cron and no everyMs/],
    ['a pattern that never comes', { cron: '0 0 31 2 *' }, {}, /never come/],
    ['a pattern with a wrong field', { cron: '60 * * * *' }, {}, /cron is no pattern; give five fields/],
    ['a pattern that is a number', { cron: 5 }, {}, /cron is a number; give a text/],
    ['an unknown time zone', { cron: '* * * * *', tz: 'Mars/Olympus' }, {}, /tz is no time zone/],
    ['everyMs under 100', { everyMs: 99 }, {}, /everyMs is 99; give an integer from 100 to/],
    ['a broken date', { everyMs: 1000, startAt: new Date('no') }, {}, /startAt is no time; give a Date/],
    ['an end in the past', { everyMs: 1000, endAt: 5000 }, {}, /never come/],
    ['a word for missed', { everyMs: 1000, missed: 'some' }, {}, /give one or all or skip/],
    ['a word for overlap', { everyMs: 1000, overlap: true }, {}, /overlap is a boolean; give allow or skip/],
    ['pattern', { pattern: '* * * * *' }, {}, /use cron/],
    ['every', { every: 1000 }, {}, /use everyMs/],
    ['immediately', { everyMs: 1000, immediately: true }, {}, /use runSchedule/],
    ['limit', { everyMs: 1000, limit: 5 }, {}, /use count/],
    ['an idempotency key', { everyMs: 1000 }, { idempotencyKey: 'a' }, /use the id of the schedule/],
    ['a delay', { everyMs: 1000 }, { delayMs: 5 }, /use startAt/],
    ['runAt', { everyMs: 1000 }, { runAt: new Date() }, /use startAt/],
    ['opts', { everyMs: 1000 }, { opts: {} }, /use attempts, backoff/],
    ['attempts of 0', { everyMs: 1000 }, { attempts: 0 }, /attempts is 0/],
  ])('a schedule with %s is refused, and nothing is stored', async (_, times, more, message) => {
    const error = await rejection(queue.schedule('s', times, { type: 'job', data: 1, ...more }));
    expect(error).toMatchObject({ code: 'E_CONFIG', message: expect.stringMatching(message) });
    expect((await queue.schedules()).total).toBe(0);
  });

  test('names and data of schedules are checked as those of jobs are', async () => {
    const times = { everyMs: 1000 };
    const codes = [];
    for (const [id, job] of [
      ['', { type: 'job', data: 1 }],
      [long, { type: 'job', data: 1 }],
      [7, { type: 'job', data: 1 }],
      ['s', { type: '', data: 1 }],
      ['s', { data: 1 }],
      ['s', { type: 'job', data: 1, orgId: long }],
      ['s', { type: 'job', data: 1, orgId: 7 }],
      ['s', { type: 'job' }],
      ['s', { type: 'job', data: cycle }],
      ['s', { type: 'job', data: 5n }],
      ['s', { type: 'job', data: 'x'.repeat(1001) }],
      ['s', undefined],
      ['s', [1]],
    ]) {
      codes.push((await rejection(queue.schedule(id, times, job))).code);
    }
    expect(codes).toEqual([
      ...Array.from({ length: 7 }, () => 'E_KEY'),
      ...['E_SERIALIZE', 'E_SERIALIZE', 'E_SERIALIZE', 'E_VALUE_TOO_LARGE', 'E_CONFIG', 'E_CONFIG'],
    ]);
    expect(await rejection(queue.unschedule(''))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(queue.runSchedule(7))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(queue.schedules({ limit: 101 }))).toMatchObject({ code: 'E_CONFIG' });
    expect(await rejection(queue.schedules({ after: 'x' }))).toMatchObject({ code: 'E_CONFIG' });
    expect(await rejection(queue.schedules({ state: 'x' }))).toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('what a handler asks for its job is checked', async () => {
    const errors = [];
    house.worker(queue, async (job) => {
      const calls = [
        () => job.progress(undefined),
        () => job.log({}),
        () => job.update(1n),
        () => job.extend(0),
        () => job.extend('5'),
        async () => new orgcache.DelayedError(-1),
        async () => new orgcache.RateLimitError(Number.NaN),
        async () => new orgcache.RateLimitError(5, { scope: 'all' }),
      ];
      for (const call of calls) errors.push((await rejection(call())).code);
    });
    await queue.wait((await queue.add('job', 1)).id);
    expect(errors).toEqual([
      ...['E_SERIALIZE', 'E_ARGUMENT', 'E_SERIALIZE', 'E_ARGUMENT', 'E_ARGUMENT'],
      ...['E_CONFIG', 'E_CONFIG', 'E_CONFIG'],
    ]);
  });

  test('no message has data, an id or a key', async () => {
    const secret = 'a-secret-of-the-caller';
    const messages = [];
    const keep = async (call) => {
      const error = await rejection(call());
      messages.push(error.message);
    };
    await queue.add('job', { secret }, { idempotencyKey: secret, orgId: secret });
    await keep(() => queue.add('job', { secret, other: 1 }, { idempotencyKey: secret, orgId: secret }));
    await keep(() => queue.add('job', secret.repeat(100)));
    await keep(() => queue.add(secret.repeat(20), 1));
    await keep(() => queue.wait(secret, { timeoutMs: 10 }));
    expect(messages.filter((message) => message.includes(secret))).toEqual([]);
  });
});
