'use strict';

const { rejection, until } = require('./wait');

let counter = 0;
/** A name that no other test has. */
const someName = (what = 'queue') => `${what}-${process.pid}-${++counter}`;

/** Retries at once. */
const AT_ONCE = { backoff: { type: 'fixed', delayMs: 0 } };

/** A promise, and the functions that settle it. */
function gate() {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { open: resolve, fail: reject }));
  return made;
}

/** Queues and workers of an instance, closed after each test. */
function queueHouse(instance) {
  const closing = [];
  return {
    queue(options, name = someName()) {
      const queue = instance().createQueue(name, options);
      closing.push(() => queue.close({ timeoutMs: 100 }));
      return queue;
    },
    worker(queue, handlers, options = {}) {
      const worker = instance().createWorker(queue.name, handlers, { pollMs: 100, graceMs: 100, ...options });
      closing.unshift(() => worker.close({ timeoutMs: 0 }));
      return worker;
    },
    async close() {
      for (const close of closing.splice(0)) await close();
    },
  };
}

/** The events of a worker, in their order. */
function eventsOf(worker, ...names) {
  const seen = [];
  for (const name of names) worker.on(name, (detail) => seen.push({ name, ...detail }));
  return seen;
}

/**
 * The promises of queues, whatever the store. `open()` answers an instance of the package, `beside()` another one on the
 * same store, or undefined where there can be none.
 */
function queueContract(open, beside = () => undefined) {
  let orgcache;
  let house;

  beforeAll(async () => {
    orgcache = await open();
    house = queueHouse(() => orgcache);
  });

  afterEach(() => house.close());

  describe('a job', () => {
    test('runs, and its result is the answer of wait', async () => {
      const queue = house.queue();
      const seen = [];
      house.worker(queue, {
        add: ({ data, ...job }) => {
          seen.push(job);
          return { sum: data.a + data.b };
        },
      });
      const { id, created } = await queue.add('add', { a: 1, b: 2 }, { orgId: 'org-1', priority: 7 });
      expect(created).toBe(true);
      expect(await queue.wait(id)).toEqual({ sum: 3 });
      expect(seen[0]).toMatchObject({
        id,
        type: 'add',
        orgId: 'org-1',
        priority: 7,
        attempt: 1,
        maxAttempts: 3,
      });
      expect(seen[0].stalls).toBe(0);
      expect(seen[0].idempotencyKey).toBeNull();
      expect(seen[0].startedAt - seen[0].createdAt).toBeGreaterThanOrEqual(0);
      const kept = await queue.getJob(id);
      expect(kept).toMatchObject({
        id,
        state: 'completed',
        data: { a: 1, b: 2 },
        result: { sum: 3 },
        orgId: 'org-1',
      });
      expect(kept.finishedAt).toBeInstanceOf(Date);
    });

    test('keeps every value of JSON, and no result is a result', async () => {
      const queue = house.queue();
      house.worker(queue, ({ data }) => data);
      const data = [null, true, -1.5, '', 'é\u{1F600}\u0000"\\', { ['__proto__']: { x: 1 }, list: [[]] }];
      const added = await queue.addMany(data.map((value) => ({ type: 'echo', data: value })));
      const results = await Promise.all(added.map(({ id }) => queue.wait(id)));
      expect(results).toEqual(data);
      expect(Object.keys(results.at(-1))).toEqual(['__proto__', 'list']);
      const silent = house.queue();
      house.worker(silent, async () => {});
      expect(await silent.wait((await silent.add('nothing', 1)).id)).toBeUndefined();
    });

    test('that fails runs again, and is dead after its last attempt', async () => {
      const queue = house.queue({ attempts: 3, ...AT_ONCE });
      const attempts = [];
      const worker = house.worker(queue, {
        fail(job) {
          attempts.push([job.attempt, job.fence]);
          throw Object.assign(new TypeError(`no ${job.attempt}`), { code: 'E_OWN' });
        },
      });
      const events = eventsOf(worker, 'started', 'retrying', 'dead');
      const { id } = await queue.add('fail', 1);
      const error = await rejection(queue.wait(id));
      expect(error).toMatchObject({
        code: 'E_JOB',
        cause: { name: 'TypeError', message: 'no 3', code: 'E_OWN' },
      });
      expect(attempts.map(([attempt]) => attempt)).toEqual([1, 2, 3]);
      expect(attempts[0][1]).toBeLessThan(attempts[1][1]);
      expect(attempts[1][1]).toBeLessThan(attempts[2][1]);
      await until(() => events.length === 6);
      expect(events.map(({ name, attempt }) => `${name} ${attempt}`)).toEqual([
        'started 1',
        'retrying 1',
        'started 2',
        'retrying 2',
        'started 3',
        'dead 3',
      ]);
      expect(events.at(-1)).toMatchObject({ id, type: 'fail', error: { message: 'no 3' } });
      expect(await queue.getJob(id)).toMatchObject({
        state: 'dead',
        attempt: 3,
        error: { name: 'TypeError' },
      });
      expect(await queue.counts()).toMatchObject({ dead: 1, ready: 0, active: 0 });
    });

    test('that waits for another attempt waits as long as its backoff says', async () => {
      const queue = house.queue({ attempts: 3, backoff: { type: 'exponential', delayMs: 100, jitter: 0 } });
      const at = [];
      house.worker(queue, () => {
        at.push(performance.now());
        throw new Error('no');
      });
      await rejection(queue.wait((await queue.add('fail', 1)).id));
      expect(at[1] - at[0]).toBeGreaterThanOrEqual(95);
      expect(at[2] - at[1]).toBeGreaterThanOrEqual(190);
    });

    test('is dead at once when no attempt can help', async () => {
      const queue = house.queue({ attempts: 5, ...AT_ONCE });
      let calls = 0;
      house.worker(queue, () => {
        calls += 1;
        throw new orgcache.UnrecoverableError('cannot be');
      });
      const { id } = await queue.add('fail', 1);
      expect(await rejection(queue.wait(id))).toMatchObject({
        code: 'E_JOB',
        cause: { message: 'cannot be' },
      });
      expect(calls).toBe(1);
    });

    test('that is put off uses no attempt', async () => {
      const queue = house.queue({ attempts: 1 });
      const seen = [];
      house.worker(queue, (job) => {
        seen.push(job.attempt);
        if (seen.length === 1) throw new orgcache.DelayedError(50);
        if (seen.length === 2) throw new orgcache.RateLimitError(50);
        if (seen.length === 3) throw new orgcache.RateLimitError(50, { scope: 'queue' });
        return 'done';
      });
      expect(await queue.wait((await queue.add('patient', 1)).id)).toBe('done');
      expect(seen).toEqual([1, 1, 1, 1]);
    });

    test('starts when its delay is over, at its time, or when it is promoted', async () => {
      const queue = house.queue();
      const order = [];
      house.worker(queue, ({ data }) => {
        order.push([data, performance.now()]);
      });
      const began = performance.now();
      const delayed = await queue.add('late', 'delayed', { delayMs: 700 });
      const timed = await queue.add('late', 'timed', { runAt: new Date(Date.now() + 1100) });
      const far = await queue.add('late', 'far', { delayMs: 3_600_000 });
      expect(await queue.counts()).toMatchObject({ delayed: 3, ready: 0 });
      expect(await queue.getJob(far.id)).toMatchObject({ state: 'delayed', dueAt: expect.any(Date) });
      expect(await queue.promote(far.id)).toBe(true);
      await Promise.all([delayed, timed, far].map(({ id }) => queue.wait(id)));
      expect(order.map(([data]) => data)).toEqual(['far', 'delayed', 'timed']);
      expect(order[1][1] - began).toBeGreaterThanOrEqual(695);
      expect(order[2][1] - began).toBeGreaterThanOrEqual(1080);
      expect(await queue.promote(far.id)).toBe(false);
    });

    test('with a higher priority is first, and others keep their order', async () => {
      const queue = house.queue();
      const add = (data, priority) => queue.add('job', data, { priority });
      await add('a', 0);
      await add('low', -5);
      await add('b', 0);
      const { id } = await add('later high', 0);
      await add('high', 5);
      expect(await queue.setPriority(id, 9)).toBe(true);
      const order = [];
      house.worker(queue, ({ data }) => order.push(data), { concurrency: 1 });
      await until(() => order.length === 5);
      expect(order).toEqual(['later high', 'high', 'a', 'b', 'low']);
    });

    test('keeps progress, log and changed data', async () => {
      const queue = house.queue({ attempts: 2, ...AT_ONCE });
      const seen = [];
      house.worker(queue, async (job) => {
        seen.push(job.data);
        if (job.attempt === 2) return;
        await job.progress({ percent: 50 });
        await Promise.all([job.log('first'), job.log('second')]);
        await job.update({ step: 2 });
        expect(job.data).toEqual({ step: 2 });
        await job.extend(1000);
        throw new Error('again');
      });
      const { id } = await queue.add('steps', { step: 1 });
      await queue.wait(id);
      expect(seen).toEqual([{ step: 1 }, { step: 2 }]);
      expect(await queue.getJob(id)).toMatchObject({ progress: { percent: 50 }, logs: ['first', 'second'] });
    });

    test('is added once for an idempotency key, also when it is done', async () => {
      const queue = house.queue();
      let calls = 0;
      house.worker(queue, () => {
        calls += 1;
      });
      const first = await queue.add('once', { n: 1 }, { idempotencyKey: 'k' });
      expect(await queue.add('once', { n: 1 }, { idempotencyKey: 'k' })).toEqual({
        id: first.id,
        created: false,
      });
      await queue.wait(first.id);
      expect(await queue.add('once', { n: 1 }, { idempotencyKey: 'k' })).toEqual({
        id: first.id,
        created: false,
      });
      const other = await rejection(queue.add('once', { n: 2 }, { idempotencyKey: 'k' }));
      expect(other).toMatchObject({ code: 'E_IDEMPOTENCY', retryable: false });
      expect(await queue.getJob({ idempotencyKey: 'k' })).toMatchObject({ id: first.id });
      const ofOther = await queue.add('once', { n: 2 }, { idempotencyKey: 'k', orgId: 'org-1' });
      expect(ofOther.created).toBe(true);
      await queue.wait(ofOther.id);
      expect(calls).toBe(2);
    });

    test('whose key ends with it can be added again', async () => {
      const queue = house.queue({ idempotency: { mode: 'untilDone' } });
      house.worker(queue, () => undefined, { autorun: false });
      const first = await queue.add('again', 1, { idempotencyKey: 'k' });
      expect((await queue.add('again', 1, { idempotencyKey: 'k' })).created).toBe(false);
      house.worker(queue, () => undefined);
      await queue.wait(first.id);
      await until(async () => (await queue.add('again', 1, { idempotencyKey: 'k' })).created);
    });

    test('of a type that nobody here handles waits for a worker that does', async () => {
      const queue = house.queue({ attempts: 1 });
      const old = house.worker(queue, { known: () => 'old' }, { unhandledMs: 100 });
      const events = eventsOf(old, 'unhandled');
      const { id } = await queue.add('newer', 1);
      await until(() => events.length > 0);
      expect(events[0]).toMatchObject({ id, type: 'newer' });
      house.worker(queue, { newer: ({ attempt }) => `new ${attempt}` });
      expect(await queue.wait(id)).toBe('new 1');
    });
  });

  describe('a handler', () => {
    const thrown = [
      ['undefined', () => undefined, 'undefined'],
      ['a text', () => 'so', 'so'],
      ['an object without a message', () => ({ a: 1 }), 'without a message'],
      ['a message of 10 MB', () => new Error('x'.repeat(10_000_000)), 'xxx'],
      [
        'an object whose getters throw',
        () =>
          new Proxy(
            {},
            {
              get() {
                throw new Error('hostile');
              },
              getPrototypeOf() {
                throw new Error('hostile');
              },
            },
          ),
        'without a message',
      ],
      ['a revoked proxy', revoked, 'without a message'],
    ];

    function revoked() {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }

    test('may throw anything, and its job fails with a safe message', async () => {
      const queue = house.queue({ attempts: 1 });
      house.worker(queue, ({ data }) => {
        throw thrown[data][1]();
      });
      for (const [index, [, , message]] of thrown.entries()) {
        const { id } = await queue.add('throw', index);
        const error = await rejection(queue.wait(id));
        expect(error).toMatchObject({ code: 'E_JOB', cause: { message: expect.stringContaining(message) } });
        expect(Buffer.byteLength(JSON.stringify((await queue.getJob(id)).error))).toBeLessThanOrEqual(8192);
      }
    });

    test('that returns no JSON fails', async () => {
      const queue = house.queue({ attempts: 1 });
      const cycle = {};
      cycle.self = cycle;
      const answers = [cycle, 1n, () => 1, Symbol('s')];
      house.worker(queue, ({ data }) => answers[data]);
      for (const index of answers.keys()) {
        const { id } = await queue.add('odd', index);
        expect(await rejection(queue.wait(id))).toMatchObject({ cause: { code: 'E_SERIALIZE' } });
      }
    });

    test('that settles twice is heard once', async () => {
      const queue = house.queue({ attempts: 1 });
      const worker = house.worker(queue, ({ data }) => ({
        // biome-ignore lint/suspicious/noThenProperty: handlers may return any thenable
        then(resolve, reject) {
          resolve(data);
          reject(new Error('late'));
          resolve('again');
        },
      }));
      expect(await queue.wait((await queue.add('twice', 1)).id)).toBe(1);
      expect(worker.stats()).toMatchObject({ completed: 1, failed: 0 });
    });

    test('that never ends is aborted at its timeout, and frees its place', async () => {
      const queue = house.queue({ attempts: 1, timeoutMs: 100 });
      const reasons = [];
      house.worker(
        queue,
        {
          hang: (_, { signal }) =>
            new Promise(() => {
              signal.addEventListener('abort', () => reasons.push(signal.reason));
            }),
          next: () => 'next',
        },
        { concurrency: 1, graceMs: 100 },
      );
      const hanging = await queue.add('hang', 1);
      const next = await queue.add('next', 1);
      expect(await queue.wait(next.id)).toBe('next');
      expect(reasons).toEqual([expect.objectContaining({ code: 'E_TIMEOUT' })]);
      expect(await rejection(queue.wait(hanging.id))).toMatchObject({ code: 'E_JOB' });
    });

    test('runs beside as many others as concurrency says', async () => {
      const queue = house.queue();
      const door = gate();
      let running = 0;
      let most = 0;
      const worker = house.worker(
        queue,
        async () => {
          running += 1;
          most = Math.max(most, running);
          await door.promise;
          running -= 1;
        },
        { concurrency: 3 },
      );
      const added = await queue.addMany(Array.from({ length: 12 }, (_, data) => ({ type: 'slow', data })));
      await until(() => running === 3);
      worker.setConcurrency(5);
      await until(() => running === 5);
      expect(worker.stats()).toMatchObject({ active: 5 });
      door.open();
      await Promise.all(added.map(({ id }) => queue.wait(id)));
      expect(most).toBe(5);
      expect(worker.stats()).toMatchObject({ active: 0, completed: 12 });
    });
  });

  describe('a queue', () => {
    test('adds many jobs in order, and answers in the same order', async () => {
      const queue = house.queue();
      const jobs = Array.from({ length: 1200 }, (_, data) => ({ type: 'n', data }));
      const added = await queue.addMany(jobs);
      expect(new Set(added.map(({ id }) => id)).size).toBe(1200);
      const order = [];
      // A job that was fetched early and has not begun goes back to the front.
      house.worker(queue, ({ data }) => order.push(data), { concurrency: 1, prefetch: 0 });
      await until(() => order.length === 1200, { timeoutMs: 15_000 });
      expect(order).toEqual(jobs.map(({ data }) => data));
      expect(await queue.addMany([])).toEqual([]);
    });

    test('lists its jobs in pages', async () => {
      const queue = house.queue();
      await queue.addMany(
        Array.from({ length: 25 }, (_, data) => ({
          type: data % 5 ? 'a' : 'b',
          data,
          orgId: data % 2 ? 'o' : null,
        })),
      );
      const seen = [];
      let after;
      do {
        const page = await queue.list({ state: 'ready', limit: 10, ...(after ? { after } : {}) });
        expect(page.jobs.length).toBeLessThanOrEqual(10);
        seen.push(...page.jobs.map(({ data }) => data));
        after = page.after;
      } while (after !== null);
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, data) => data));
      const ofOne = await queue.list({ state: 'ready', orgId: 'o' });
      expect(ofOne.jobs.every(({ orgId }) => orgId === 'o')).toBe(true);
      expect(ofOne.jobs).toHaveLength(12);
    });

    test('cancels and removes what waits, and signals what runs', async () => {
      const queue = house.queue({ attempts: 1 });
      const waiting = await queue.add('job', 1);
      expect(await queue.cancel(waiting.id)).toBe('removed');
      expect(await queue.getJob(waiting.id)).toBeNull();
      expect(await queue.cancel('unknown')).toBe('unknown');
      const delayed = await queue.add('job', 1, { delayMs: 1000 });
      expect(await queue.remove(delayed.id)).toBe(true);
      expect(await queue.remove(delayed.id)).toBe(false);
      let started = false;
      house.worker(queue, (_, { signal }) => {
        started = true;
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      });
      const running = await queue.add('job', 1);
      await until(() => started);
      expect(await queue.remove(running.id)).toBe(false);
      expect(await queue.cancel(running.id, { reason: 'no need' })).toBe('signalled');
      await until(async () => (await queue.counts()).active === 0);
    });

    test('that is paused starts nothing, nor does an organization that is', async () => {
      const queue = house.queue();
      const seen = [];
      house.worker(queue, ({ data }) => seen.push(data));
      await queue.pause();
      await queue.pause({ orgId: 'org-1' });
      expect(await queue.isPaused()).toBe(true);
      expect(await queue.isPaused({ orgId: 'org-1' })).toBe(true);
      expect(await queue.isPaused({ orgId: 'org-2' })).toBe(false);
      await queue.add('job', 'one', { orgId: 'org-1' });
      const two = await queue.add('job', 'two', { orgId: 'org-2' });
      await queue.resume();
      await queue.wait(two.id);
      expect(seen).toEqual(['two']);
      await queue.resume({ orgId: 'org-1' });
      await until(() => seen.length === 2);
    });

    test('retries dead jobs, with all their attempts', async () => {
      const queue = house.queue({ attempts: 2, ...AT_ONCE });
      let isBroken = true;
      const attempts = [];
      house.worker(queue, ({ attempt }) => {
        attempts.push(attempt);
        if (isBroken) throw new Error('no');
        return 'yes';
      });
      const added = await queue.addMany([1, 2, 3].map((data) => ({ type: 'job', data })));
      await Promise.all(added.map(({ id }) => rejection(queue.wait(id))));
      isBroken = false;
      attempts.length = 0;
      expect(await queue.retry(added[0].id)).toBe(1);
      expect(await queue.retry({ state: 'dead' })).toBe(2);
      expect(await Promise.all(added.map(({ id }) => queue.wait(id)))).toEqual(['yes', 'yes', 'yes']);
      expect(attempts).toEqual([1, 1, 1]);
      expect(await queue.retry('unknown')).toBe(0);
    });

    test('drains, cleans and obliterates', async () => {
      const queue = house.queue();
      await queue.addMany([1, 2].map((data) => ({ type: 'job', data })));
      await queue.add('job', 3, { delayMs: 60_000 });
      expect(await queue.drain()).toBe(2);
      expect(await queue.counts()).toMatchObject({ ready: 0, delayed: 1 });
      expect(await queue.drain({ delayed: true })).toBe(1);
      const door = gate();
      house.worker(queue, ({ data }) => (data === 'slow' ? door.promise : undefined));
      await queue.wait((await queue.add('job', 4)).id);
      expect(await queue.clean('completed', { olderThanMs: 60_000 })).toBe(0);
      expect(await queue.clean('completed', { olderThanMs: 0 })).toBe(1);
      const slow = await queue.add('job', 'slow');
      await until(async () => (await queue.counts()).active === 1);
      expect(await rejection(queue.obliterate())).toMatchObject({ code: 'E_CONFLICT' });
      door.open();
      await queue.wait(slow.id);
      await queue.obliterate({ force: true });
      expect(await queue.counts()).toEqual(
        expect.objectContaining({ ready: 0, delayed: 0, active: 0, completed: 0, dead: 0 }),
      );
    });

    test('reschedules what waits', async () => {
      const queue = house.queue();
      const { id } = await queue.add('job', 1, { delayMs: 60_000 });
      expect(await queue.reschedule(id, { delayMs: 30_000 })).toBe(true);
      expect((await queue.getJob(id)).dueAt - Date.now()).toBeLessThan(31_000);
      expect(await queue.reschedule(id, { runAt: Date.now() + 100 })).toBe(true);
      house.worker(queue, () => 'ran');
      expect(await queue.wait(id)).toBe('ran');
      expect(await queue.reschedule('unknown', { delayMs: 1 })).toBe(false);
    });

    test('tells of its organizations, its workers and its health', async () => {
      const queue = house.queue();
      await queue.setOrganization('org-1', { weight: 3, concurrency: 2, rate: { max: 10, perMs: 1000 } });
      await queue.add('job', 1, { orgId: 'org-1' });
      const organizations = await queue.organizations();
      expect(organizations).toEqual([expect.objectContaining({ orgId: 'org-1', ready: 1, active: 0 })]);
      const worker = house.worker(queue, () => undefined, { name: 'the worker' });
      await until(async () => (await queue.workers()).some(({ name }) => name === 'the worker'));
      expect(worker.name).toBe('the worker');
      expect(await queue.healthCheck()).toMatchObject({ ok: true });
      await queue.setLimits({ concurrency: 5, rate: { max: 100, perMs: 1000 } });
      await queue.setLimits({ concurrency: null, rate: null });
      expect(await queue.stats()).toMatchObject({ dead: 0, totals: { added: 1, died: 0 } });
    });

    test('answers a wait that is over, and never later than its timeout', async () => {
      const queue = house.queue();
      expect(await rejection(queue.wait('unknown'))).toMatchObject({ code: 'E_JOB' });
      const { id } = await queue.add('job', 1);
      const began = performance.now();
      expect(await rejection(queue.wait(id, { timeoutMs: 100 }))).toMatchObject({ code: 'E_TIMEOUT' });
      expect(performance.now() - began).toBeLessThan(1500);
      const aborter = new AbortController();
      const waiting = rejection(queue.wait(id, { signal: aborter.signal }));
      aborter.abort(new Error('enough'));
      expect((await waiting).message).toBe('enough');
    });

    test('refuses calls after its close, which settles once', async () => {
      const queue = house.queue();
      await queue.add('job', 1);
      const closing = queue.close();
      expect(queue.close()).toBe(closing);
      expect(await closing).toBeUndefined();
      for (const call of [
        () => queue.add('job', 1),
        () => queue.counts(),
        () => queue.wait('x'),
        () => queue.list({ state: 'ready' }),
      ]) {
        expect(await rejection(call())).toMatchObject({ code: 'E_CLOSED' });
      }
    });
  });

  describe('two organizations', () => {
    test('never see each other in bound queues', async () => {
      const queue = house.queue();
      const [one, two] = ['org-1', 'org-2'].map((orgId) => queue.org(orgId));
      const { id } = await one.add('job', 1);
      await two.add('job', 2);
      expect(await one.getJob(id)).toMatchObject({ orgId: 'org-1', data: 1 });
      expect(await two.getJob(id)).toBeNull();
      expect(await two.cancel(id)).toBe('unknown');
      expect(await two.remove(id)).toBe(false);
      expect(await two.promote(id)).toBe(false);
      expect(await two.reschedule(id, { delayMs: 1 })).toBe(false);
      expect(await two.setPriority(id, 5)).toBe(false);
      expect(await two.retry(id)).toBe(0);
      expect(await rejection(two.wait(id))).toMatchObject({ code: 'E_JOB' });
      expect((await one.list({ state: 'ready' })).jobs.map(({ data }) => data)).toEqual([1]);
      expect(await one.counts()).toMatchObject({ ready: 1 });
      expect(await rejection(one.add('job', 1, { orgId: 'org-2' }))).toMatchObject({ code: 'E_KEY' });
      expect(await one.drain()).toBe(1);
      expect(await queue.counts()).toMatchObject({ ready: 1 });
    });

    test('are erased one by one', async () => {
      const queue = house.queue();
      await queue.addMany(['a', 'b', 'a'].map((orgId) => ({ type: 'job', data: orgId, orgId })));
      await queue.add('job', 'a', { orgId: 'a', delayMs: 60_000 });
      expect(await queue.counts({ orgId: 'a' })).toMatchObject({ ready: 2 });
      expect(await queue.eraseOrganization('a')).toMatchObject({ removed: 3, signalled: 0 });
      expect(await queue.counts({ orgId: 'a' })).toMatchObject({ ready: 0 });
      expect(await queue.counts()).toMatchObject({ ready: 1, delayed: 0 });
    });
  });

  describe('a worker', () => {
    test('starts when it is told to, pauses and resumes', async () => {
      const queue = house.queue();
      const seen = [];
      const worker = house.worker(queue, ({ data }) => seen.push(data), { autorun: false });
      expect(worker.isRunning).toBe(false);
      expect(worker.stats()).toMatchObject({ started: 0, active: 0 });
      const first = await queue.add('job', 1);
      worker.run();
      await queue.wait(first.id);
      worker.pause();
      expect([worker.isPaused, worker.isRunning]).toEqual([true, false]);
      // A job that was asked for before the pause may still come.
      await until(async () => (await queue.counts()).active === 0);
      const second = await queue.add('job', 2);
      expect(await rejection(queue.wait(second.id, { timeoutMs: 300 }))).toMatchObject({ code: 'E_TIMEOUT' });
      worker.resume();
      await queue.wait(second.id);
      expect(seen).toEqual([1, 2]);
    });

    test('that closes lets handlers end, and others get what has not begun', async () => {
      const queue = house.queue();
      const door = gate();
      const worker = house.worker(queue, () => door.promise, { concurrency: 1 });
      const [first, second] = await queue.addMany([1, 2].map((data) => ({ type: 'job', data })));
      await until(() => worker.stats().active === 1);
      const closing = worker.close({ timeoutMs: 5000 });
      expect(worker.close()).toBe(closing);
      expect(worker.isRunning).toBe(false);
      door.open('done');
      expect(await closing).toMatchObject({ finished: 1, abandoned: 0 });
      expect(await queue.wait(first.id)).toBe('done');
      expect(await queue.getJob(second.id)).toMatchObject({ state: 'ready', attempt: 0 });
      expect(worker.stats()).toMatchObject({ completed: 1, active: 0 });
      expect(() => worker.run()).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
    });

    test('that closes aborts handlers that take too long, and they use no attempt', async () => {
      const queue = house.queue({ attempts: 1 });
      const obedient = (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      const worker = house.worker(queue, { obedient, deaf: () => new Promise(() => {}) }, { graceMs: 100 });
      const [first, second] = await queue.addMany([
        { type: 'obedient', data: 1 },
        { type: 'deaf', data: 1 },
      ]);
      await until(() => worker.stats().active === 2);
      const began = performance.now();
      const closed = await worker.close({ timeoutMs: 50 });
      expect(performance.now() - began).toBeLessThan(2000);
      expect(closed).toMatchObject({ finished: 0, handedBack: 1, abandoned: 1 });
      house.worker(queue, { obedient: ({ attempt }) => attempt, deaf: ({ attempt }) => attempt });
      expect(await queue.wait(first.id)).toBe(1);
      expect(await queue.wait(second.id)).toBe(1);
    });

    test('closes when its signal aborts, and with await using', async () => {
      const queue = house.queue();
      const aborter = new AbortController();
      const worker = house.worker(queue, () => undefined, { signal: aborter.signal });
      await queue.wait((await queue.add('job', 1)).id);
      aborter.abort();
      expect(await worker.close()).toEqual({ finished: 0, handedBack: 0, abandoned: 0 });
      const other = house.worker(queue, () => undefined);
      await other[Symbol.asyncDispose]();
      expect(other.isRunning).toBe(false);
      expect(
        await house.worker(queue, () => undefined, { signal: AbortSignal.abort() }).close(),
      ).toMatchObject({
        finished: 0,
      });
    });

    test('tells when it has nothing to do, and what became of jobs', async () => {
      const queue = house.queue();
      const worker = house.worker(queue, ({ data }) => data);
      const events = eventsOf(worker, 'started', 'completed', 'idle');
      const { id } = await queue.add('job', 1, { orgId: 'org-1' });
      await until(() => events.some(({ name }) => name === 'completed') && events.at(-1).name === 'idle');
      expect(events.find(({ name }) => name === 'completed')).toMatchObject({
        id,
        type: 'job',
        orgId: 'org-1',
        attempt: 1,
        fence: expect.any(Number),
      });
      expect(() => worker.on('complete', () => {})).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
    });

    test('of another instance takes over what one has left', async () => {
      const other = await beside();
      if (other === undefined) return;
      const queue = house.queue();
      const worker = other.createWorker(queue.name, ({ data }) => ({ data }), { pollMs: 100 });
      try {
        const { id } = await queue.add('job', 5);
        expect(await queue.wait(id)).toEqual({ data: 5 });
        const there = other.createQueue(queue.name);
        expect(await there.getJob(id)).toMatchObject({ state: 'completed' });
        await there.close();
      } finally {
        await worker.close();
      }
    });
  });
}

module.exports = { AT_ONCE, eventsOf, gate, queueContract, queueHouse, someName };
