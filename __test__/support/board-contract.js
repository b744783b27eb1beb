'use strict';

// A board of bull-board shows a queue and changes it, over HTTP as its page asks for it. The board checks each of its
// answers against its own schemas.

const { BOARD, OWN } = require('./board-app');
const { gate } = require('./queue-contract');
const { until, within } = require('./wait');

const AT_ONCE = { backoff: { type: 'fixed', delayMs: 0 } };

function requestsTo(url) {
  return async function request(method, path, body) {
    const response = await fetch(`${url}/api${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
  };
}

/**
 * `open()` answers the board's `url`, an instance of the package, and whether the queue is in this process. `others` are queues of
 * other adapters on the board.
 */
function boardContract(open, others = []) {
  let request;
  let queue;
  let orgcache;
  let isEmbedded;
  let worker;
  let begun;

  beforeAll(async () => {
    const opened = await open();
    ({ orgcache, isEmbedded } = opened);
    request = requestsTo(opened.url);
    queue = orgcache.createQueue('mails', AT_ONCE);
  });

  beforeEach(() => queue.obliterate({ force: true }));

  afterEach(async () => {
    await worker?.close({ timeoutMs: 0 });
    worker = undefined;
  });

  const path = (id, rest = '', board = BOARD.whole) =>
    `/queues/${encodeURIComponent(board)}/${id}${rest && `/${rest}`}`;
  const put = (what, body, board = BOARD.whole) =>
    request('PUT', `/queues/${encodeURIComponent(board)}/${what}`, body);
  const jobPage = async (id, board) => (await request('GET', path(id, '', board))).body;

  async function listed(board = BOARD.whole, query = {}) {
    const parameters = new URLSearchParams({ activeQueue: board, ...query });
    const { status, body } = await request('GET', `/queues?${parameters}`);
    expect(status).toBe(200);
    return body.queues.find(({ name }) => name === board);
  }

  const idsOf = async (status, board) => (await listed(board, { status })).jobs.map(({ id }) => id);

  /** A worker whose handler of `hang` runs until its signal aborts. */
  function work(options = {}) {
    begun = gate();
    worker = orgcache.createWorker(
      'mails',
      {
        async welcome({ data, ...job }) {
          await job.progress?.(50);
          return { sentTo: data.to };
        },
        fail() {
          throw Object.assign(new Error('no such mailbox'), { code: 'E_MAILBOX' });
        },
        hang(_job, { signal }) {
          begun.open();
          return new Promise((resolve) => signal.addEventListener('abort', resolve));
        },
      },
      { pollMs: 50, graceMs: 100, ...options },
    );
    return worker;
  }

  const inState = (id, state) =>
    until(async () => (await queue.getJob(id))?.state === state, { what: `the job to be ${state}` });

  /** A job in each state, by the name of the state there. */
  async function oneOfEach(orgId = null) {
    const options = { orgId, attempts: 1 };
    const ids = {};
    ids.completed = (await queue.add('welcome', { to: 'ada' }, options)).id;
    ids.failed = (await queue.add('fail', { to: 'bob' }, options)).id;
    work();
    await inState(ids.completed, 'completed');
    await inState(ids.failed, 'dead');
    ids.active = (await queue.add('hang', {}, options)).id;
    await within(5000, begun.promise, 'the handler to begin');
    worker.pause();
    ids.delayed = (await queue.add('welcome', { to: 'cy' }, { ...options, delayMs: 600_000 })).id;
    ids.waiting = (await queue.add('welcome', { to: 'dan' }, options)).id;
    return ids;
  }

  const ONE_OF_EACH = { active: 1, waiting: 1, completed: 1, failed: 1, delayed: 1 };

  test('the queues are listed with their names, descriptions and counts', async () => {
    await oneOfEach();
    const { body } = await request('GET', '/queues');
    expect(body.queues.map(({ name }) => name)).toEqual([...Object.values(BOARD), ...others]);
    expect(body.queues[0]).toMatchObject({
      description: 'Mails to customers',
      type: 'bullmq',
      statuses: ['latest', 'active', 'waiting', 'completed', 'failed', 'delayed'],
      counts: ONE_OF_EACH,
      isPaused: false,
      readOnlyMode: false,
      supportsGlobalRateLimit: true,
      hasWorkers: true,
    });
  });

  test('each state lists its jobs, and the latest those of all', async () => {
    const ids = await oneOfEach();
    for (const [status, id] of Object.entries(ids)) expect(await idsOf(status)).toEqual([id]);
    expect((await idsOf('latest')).sort()).toEqual(Object.values(ids).sort());
  });

  test('pages follow each other', async () => {
    const jobs = Array.from({ length: 250 }, (_, number) => ({ type: 'welcome', data: { number } }));
    await queue.addMany(jobs);
    const seen = [];
    for (const page of [1, 2, 3]) {
      const shown = await listed(BOARD.whole, { status: 'waiting', page, jobsPerPage: 120 });
      expect(shown.pagination.pageCount).toBe(3);
      seen.push(...shown.jobs.map(({ data }) => data.number));
    }
    expect(seen).toEqual(jobs.map(({ data }) => data.number));
  });

  test('a job has its data, options, progress, log, result and times', async () => {
    const log = async (job) => {
      await job.log('looked up');
      await job.log('sent');
      await job.progress({ percent: 50 });
      return { messageId: 7 };
    };
    const started = Date.now();
    const options = { orgId: OWN, priority: -3, attempts: 4, timeoutMs: 9000, idempotencyKey: 'once' };
    const { id } = await queue.add('log', { to: 'ada' }, options);
    const waiting = await jobPage(id);
    expect(waiting).toMatchObject({
      status: 'prioritized',
      job: { priority: 3, attempts: 0, isFailed: false },
    });
    worker = orgcache.createWorker('mails', { log }, { pollMs: 50 });
    await inState(id, 'completed');
    const { job, status } = await jobPage(id);
    expect(status).toBe('completed');
    expect(job).toMatchObject({
      id,
      name: 'log',
      data: { to: 'ada' },
      progress: { percent: 50 },
      returnValue: { messageId: 7 },
      attempts: 1,
      opts: { attempts: 4, priority: 3, timeoutMs: 9000, group: { id: OWN } },
      groupId: OWN,
      deduplicationId: 'once',
      isFailed: false,
    });
    expect(job.timestamp).toBeGreaterThan(started - 5000);
    expect(job.processedOn).toBeGreaterThanOrEqual(job.timestamp);
    expect(job.finishedOn).toBeGreaterThanOrEqual(job.processedOn);
    expect((await request('GET', path(id, 'logs'))).body).toEqual(['looked up', 'sent']);
    const flow = await request('GET', path(id, 'flow'));
    expect(flow).toEqual({ status: 200, body: { nodeId: id, isFlowNode: false, flowRoot: null } });
  });

  test('a dead job has its error, and begins again with all its attempts', async () => {
    const { failed } = await oneOfEach();
    const { job, status } = await jobPage(failed);
    expect([status, job.failedReason, job.isFailed]).toEqual(['failed', 'no such mailbox', true]);
    expect(job.stacktrace[0]).toMatch(/^Error: no such mailbox\n {4}at /);
    expect((await request('PUT', path(failed, 'retry'))).status).toBe(204);
    expect((await jobPage(failed)).status).toBe('waiting');
    expect((await request('PUT', path(failed, 'retry'))).status).toBe(400);
  });

  test('all dead jobs begin again, and all completed ones', async () => {
    const jobs = Array.from({ length: 230 }, () => ({ type: 'fail', data: {}, attempts: 1 }));
    await queue.addMany(jobs);
    work({ concurrency: 100 });
    await until(async () => (await queue.counts()).dead === 230, {
      timeoutMs: 15_000,
      what: 'all to be dead',
    });
    await worker.close();
    expect(await put('retry/failed')).toEqual({ status: 200, body: { retried: 230, skipped: 0 } });
    expect((await queue.counts()).ready).toBe(230);
    expect((await put('retry/waiting')).status).toBe(400);
  });

  test('a delayed job is due at its time, which can be changed, and can be made ready', async () => {
    const { id } = await queue.add('welcome', {}, { delayMs: 60_000 });
    const { job } = await jobPage(id);
    const due = (shown) => shown.timestamp + shown.delay;
    expect(Math.abs(due(job) - Date.now() - 60_000)).toBeLessThan(5000);
    const runAt = Date.now() + 300_000;
    expect((await request('PATCH', path(id, 'delay'), { runAt })).status).toBe(200);
    expect(Math.abs(due((await jobPage(id)).job) - runAt)).toBeLessThan(5000);
    expect((await request('PUT', path(id, 'promote'))).status).toBe(204);
    expect((await jobPage(id)).status).toBe('waiting');
  });

  test('all delayed jobs become ready', async () => {
    const later = { type: 'welcome', data: {}, delayMs: 60_000 };
    await queue.addMany(Array.from({ length: 150 }, () => later));
    expect((await put('promote')).status).toBe(200);
    expect(await queue.counts()).toMatchObject({ delayed: 0, ready: 150 });
  });

  test('data and priority of a job that waits are changed; the lower number is first there', async () => {
    const first = (await queue.add('welcome', { to: 'ada' })).id;
    const second = (await queue.add('welcome', { to: 'bob' }, { priority: -5 })).id;
    const third = (await queue.add('welcome', { to: 'cy' }, { priority: -9 })).id;
    expect((await request('PATCH', path(third, 'priority'), { priority: 2 })).status).toBe(200);
    expect((await queue.getJob(third)).priority).toBe(-2);
    expect((await jobPage(third)).job.priority).toBe(2);
    expect(await idsOf('waiting')).toEqual([first, third, second]);
    const tooLow = await request('PATCH', path(third, 'priority'), { priority: 1001 });
    expect([tooLow.status, tooLow.body.message]).toEqual([
      400,
      'a priority of bull-board must be an integer from 0 to 1000 here; the lower number is first',
    ]);
    const jobData = { to: 'eve', more: [1, null, 'ü'] };
    expect((await request('PATCH', path(first, 'update-data'), { jobData })).status).toBe(200);
    expect((await queue.getJob(first)).data).toEqual(jobData);
  });

  test('jobs are added with options of BullMQ, and what is not known here is refused with a reason', async () => {
    const options = {
      delay: 60_000,
      attempts: 7,
      priority: 4,
      backoff: { type: 'fixed', delay: 10 },
      lifo: false,
    };
    const added = await request('POST', `/queues/mails/add`, {
      name: 'welcome',
      data: { to: 'ada' },
      options: { ...options, group: { id: OWN }, jobId: 'key-1' },
    });
    expect(added).toMatchObject({
      status: 200,
      body: { status: 'delayed', job: { name: 'welcome', groupId: OWN } },
    });
    expect(await queue.getJob(added.body.job.id)).toMatchObject({
      maxAttempts: 7,
      priority: -4,
      orgId: OWN,
      idempotencyKey: 'key-1',
    });
    const refused = {
      lifo: [{ lifo: true }, /^lifo is not known here/],
      retention: [{ removeOnComplete: true }, /retain says what is kept$/],
      unknown: [{ repeat: { every: 5 } }, /repeat/],
      wrong: [{ attempts: 0 }, /attempts is 0/],
    };
    for (const [wrong, reason] of Object.values(refused)) {
      const body = { name: 'welcome', data: {}, options: wrong };
      const answer = await request('POST', '/queues/mails/add', body);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toMatch(reason);
    }
    expect((await queue.counts()).ready).toBe(0);
  });

  test('a job is added as another one was', async () => {
    const { id } = await queue.add(
      'welcome',
      { to: 'ada' },
      { priority: 8, orgId: OWN, idempotencyKey: 'first' },
    );
    const { job } = await jobPage(id);
    const body = { name: job.name, data: job.data, options: job.opts };
    const again = (await request('POST', '/queues/mails/add', body)).body.job;
    expect(again.id).not.toBe(id);
    const { id: _, createdAt: __, idempotencyKey: ___, ...rest } = await queue.getJob(id);
    expect(await queue.getJob(again.id)).toMatchObject(rest);
  });

  test('a job is removed unless it runs', async () => {
    const ids = await oneOfEach();
    const { active, ...others } = ids;
    for (const id of Object.values(others)) {
      expect((await request('PUT', path(id, 'clean'))).status).toBe(204);
      expect((await request('GET', path(id))).status).toBe(404);
    }
    expect((await request('PUT', path(active, 'clean'))).status).toBe(409);
    expect((await jobPage(active)).status).toBe('active');
  });

  test('a paused queue starts nothing until it is resumed', async () => {
    expect((await put('pause')).status).toBe(200);
    expect((await listed()).isPaused).toBe(true);
    expect(await queue.isPaused()).toBe(true);
    const { id } = await queue.add('welcome', { to: 'ada' });
    expect((await put('resume')).status).toBe(200);
    work();
    await inState(id, 'completed');
    for (const what of ['pause', 'resume']) {
      expect((await request('PUT', `/queues/${what}`)).status).toBe(200);
      expect(await queue.isPaused()).toBe(what === 'pause');
    }
  });

  test('an emptied queue has no ready job, and keeps the others', async () => {
    await oneOfEach();
    expect((await put('empty')).status).toBe(200);
    expect(await queue.counts()).toEqual({ ready: 0, delayed: 1, active: 1, completed: 1, dead: 1 });
  });

  test('a queue is obliterated when it is paused, and with active jobs only by force', async () => {
    await oneOfEach();
    expect((await put('obliterate', {})).body.error.key).toBe('ERRORS.QUEUE_NOT_PAUSED');
    await put('pause');
    const refused = await put('obliterate', {});
    expect([refused.status, refused.body.error.key]).toEqual([409, 'ERRORS.QUEUE_HAS_ACTIVE_JOBS']);
    expect(await queue.counts()).toMatchObject({ ready: 1, active: 1 });
    expect((await put('obliterate', { force: true })).status).toBe(200);
    expect(await queue.counts()).toEqual({ ready: 0, delayed: 0, active: 0, completed: 0, dead: 0 });
  });

  test('limits of the queue are shown, set and taken away, and a pause that they make is released', async () => {
    expect((await listed()).globalConcurrency).toBeNull();
    expect((await put('concurrency', { concurrency: 3 })).status).toBe(200);
    expect((await listed()).globalConcurrency).toBe(3);
    expect((await put('concurrency', { concurrency: 0 })).status).toBe(200);
    expect((await listed()).globalConcurrency).toBeNull();

    const limit = { max: 1, duration: 600_000 };
    expect((await put('rate-limit', limit)).status).toBe(200);
    const shown = await request('GET', '/queues/mails/rate-limit');
    expect(shown.body).toEqual({ supported: true, rateLimit: limit });
    expect((await listed()).activeRateLimitTtl).toBe(0);
    const [first, second] = await queue.addMany(['a', 'b'].map((to) => ({ type: 'welcome', data: { to } })));
    work();
    await inState(first.id, 'completed');
    const { activeRateLimitTtl } = await listed();
    expect(activeRateLimitTtl).toBeGreaterThan(590_000);
    expect(activeRateLimitTtl).toBeLessThanOrEqual(600_000);
    expect((await queue.getJob(second.id)).state).toBe('ready');
    expect((await put('rate-limit/release')).status).toBe(200);
    await inState(second.id, 'completed');
    expect((await put('rate-limit', { max: null })).status).toBe(200);
    expect((await request('GET', '/queues/mails/rate-limit')).body.rateLimit).toBeNull();
  });

  test('workers, defaults, totals and the server are told', async () => {
    await oneOfEach();
    const { workers } = (await request('GET', '/queues/mails/workers')).body;
    const own = workers.find(({ name }) => name === worker.name);
    expect(own).toMatchObject({ id: worker.name, addr: expect.stringContaining(`:${process.pid}`) });
    expect(own.age).toBeLessThan(60);
    expect((await request('GET', '/queues/mails/default-job-options')).body).toMatchObject({
      attempts: 3,
      delay: 0,
      priority: 0,
      backoff: { type: 'fixed', delay: 0 },
      timeoutMs: 30_000,
    });
    const { completed, failed } = (await request('GET', '/queues/mails/metrics')).body;
    expect([completed.meta.count, failed.meta.count]).toEqual([1, 1]);
    const stats = await request('GET', '/redis/stats');
    if (isEmbedded) expect(stats.status).toBe(404);
    else expect(stats).toMatchObject({ status: 200, body: { backend: 'redis', mode: 'standalone' } });
  });

  test('schedules are listed, run at once, changed and removed', async () => {
    const nightly = { cron: '30 2 * * *', tz: 'Europe/Berlin', missed: 'skip' };
    const job = { type: 'welcome', data: { to: 'ada@mail.test' }, priority: -2 };
    await queue.schedule('nightly', nightly, job);
    await queue.schedule('often', { everyMs: 600_000, count: 9 }, { type: 'fail', data: {}, orgId: OWN });
    const schedulers = async (board) => {
      const { body } = await request('GET', `/job-schedulers?queueName=${encodeURIComponent(board)}`);
      return Object.fromEntries(body.schedulers.map((one) => [one.id, one]));
    };
    const shown = await schedulers(BOARD.whole);
    expect(Object.keys(shown).sort()).toEqual(['nightly', `${OWN}: often`]);
    expect(shown.nightly).toMatchObject({
      name: 'welcome',
      pattern: nightly.cron,
      tz: nightly.tz,
      iterationCount: 0,
      template: { data: job.data, opts: { priority: 2, missed: 'skip' } },
    });
    expect(shown.nightly.next).toBeGreaterThan(Date.now() - 5000);
    expect(shown[`${OWN}: often`]).toMatchObject({
      every: 600_000,
      limit: 9,
      template: { opts: { group: { id: OWN } } },
    });
    expect([(await listed()).jobSchedulerCount, (await listed(BOARD.own)).jobSchedulerCount]).toEqual([2, 1]);
    expect(Object.keys(await schedulers(BOARD.own))).toEqual(['often']);
    expect(JSON.stringify(await schedulers(BOARD.hidden))).not.toContain('ada@mail.test');

    const at = (id, what = '', board = BOARD.whole) =>
      `/queues/${encodeURIComponent(board)}/job-schedulers/${encodeURIComponent(id)}${what}`;
    const ran = await request('PUT', at('nightly', '/run'));
    expect([ran.status, ran.body.job.data]).toEqual([200, job.data]);
    expect(await queue.getJob(ran.body.job.id)).toMatchObject({
      state: 'ready',
      priority: -2,
      scheduleId: 'nightly',
    });

    const stored = async () => (await queue.schedules()).schedules.find(({ id }) => id === 'nightly');
    const wrong = await request('PATCH', at('nightly'), { pattern: 'at midnight' });
    expect([wrong.status, wrong.body.error.key]).toEqual([400, 'ERRORS.INVALID_SCHEDULER_PATTERN']);
    expect(await stored()).toMatchObject(nightly);
    const changed = await request('PATCH', at('nightly'), { pattern: '0 3 * * *', tz: 'UTC', limit: 5 });
    expect(changed.status).toBe(204);
    expect(await stored()).toMatchObject({ ...job, cron: '0 3 * * *', tz: 'UTC', count: 5, missed: 'skip' });
    expect((await request('PATCH', at('often', '', BOARD.own), { every: 1_200_000 })).status).toBe(204);
    expect((await schedulers(BOARD.whole))[`${OWN}: often`].every).toBe(1_200_000);

    expect((await request('PUT', at('nightly', '/remove', BOARD.own))).status).toBe(404);
    for (const status of [204, 404]) {
      expect((await request('PUT', at('nightly', '/remove'))).status).toBe(status);
      expect((await request('PUT', at(`${OWN}: often`, '/remove'))).status).toBe(status);
    }
    expect((await request('PUT', at('nightly', '/run'))).status).toBe(404);
    expect((await request('PATCH', at('nightly'), { every: 1000 })).status).toBe(404);
    expect((await queue.schedules()).schedules).toEqual([]);
  });

  test('the adapter of an organization shows and changes that organization alone', async () => {
    const ids = await oneOfEach(OWN);
    const theirs = { orgId: 'org-2', idempotencyKey: 'theirs' };
    const waiting = (await queue.add('welcome', { to: 'eve' }, theirs)).id;
    const delayed = (await queue.add('welcome', { to: 'eve' }, { orgId: 'org-2', delayMs: 600_000 })).id;
    expect((await listed(BOARD.own)).counts).toEqual(ONE_OF_EACH);
    for (const [status, id] of Object.entries(ids)) expect(await idsOf(status, BOARD.own)).toEqual([id]);
    for (const id of [waiting, delayed]) {
      expect((await request('GET', path(id, '', BOARD.own))).status).toBe(404);
      expect((await request('PUT', path(id, 'clean', BOARD.own))).status).toBe(404);
      expect((await request('GET', path(id, 'logs', BOARD.own))).body).toEqual([]);
    }
    expect((await listed(BOARD.own)).hasWorkers).toBeNull();
    expect((await request('GET', `/queues/${encodeURIComponent(BOARD.own)}/metrics`)).body).toEqual({
      completed: null,
      failed: null,
    });

    await put('concurrency', { concurrency: 2 }, BOARD.own);
    await put('rate-limit', { max: 9, duration: 1000 }, BOARD.own);
    expect((await listed(BOARD.own)).globalConcurrency).toBe(2);
    const limited = (await queue.organizations()).find(({ orgId }) => orgId === OWN);
    expect(limited).toMatchObject({ concurrency: 2, rate: { max: 9, perMs: 1000 } });
    expect(await queue.limits()).toEqual({ concurrency: null, rate: null, heldMs: 0 });

    await put('pause', undefined, BOARD.own);
    expect([await queue.isPaused(), await queue.isPaused({ orgId: OWN })]).toEqual([false, true]);
    const foreign = { name: 'welcome', data: {}, options: { group: { id: 'org-2' } } };
    expect((await request('POST', `/queues/${encodeURIComponent(BOARD.own)}/add`, foreign)).status).toBe(400);
    await put('promote', undefined, BOARD.own);
    await put('empty', undefined, BOARD.own);
    const refused = await put('obliterate', {}, BOARD.own);
    expect(refused.body.error.key).toBe('ERRORS.QUEUE_HAS_ACTIVE_JOBS');
    expect((await put('obliterate', { force: true }, BOARD.own)).status).toBe(200);
    expect((await listed(BOARD.own)).counts).toEqual({
      active: 0,
      waiting: 0,
      completed: 0,
      failed: 0,
      delayed: 0,
    });
    expect((await listed()).counts).toMatchObject({ waiting: 1, delayed: 1 });
  });

  test('data can be hidden, wholly or by a formatter', async () => {
    const handlers = {
      secret: async (job) => {
        await job.log('to ada@mail.test');
        await job.progress('ada@mail.test');
        throw Object.assign(new Error('ada@mail.test is unknown'), { code: 'E_MAILBOX' });
      },
    };
    const { id } = await queue.add('secret', { to: 'ada@mail.test', subject: 'Hello' }, { attempts: 1 });
    worker = orgcache.createWorker('mails', handlers, { pollMs: 50 });
    await inState(id, 'dead');
    const shown = await jobPage(id, BOARD.hidden);
    expect(shown.job).toMatchObject({
      data: '(hidden)',
      progress: '(hidden)',
      failedReason: 'Error (E_MAILBOX)',
    });
    const logs = (await request('GET', path(id, 'logs', BOARD.hidden))).body;
    const list = await listed(BOARD.hidden, { status: 'failed' });
    expect(JSON.stringify([shown, logs, list])).not.toContain('ada@mail.test');
    const edit = await request('PATCH', path(id, 'update-data', BOARD.hidden), { jobData: '(hidden)' });
    const copy = { name: 'secret', data: '(hidden)' };
    const added = await request('POST', `/queues/${BOARD.hidden}/add`, copy);
    expect([edit.status, added.status]).toEqual([400, 400]);
    expect((await queue.getJob(id)).data.to).toBe('ada@mail.test');
    expect((await jobPage(id, BOARD.formatted)).job.data).toEqual({ subject: 'Hello' });
  });

  test('a board that only reads changes nothing', async () => {
    const { failed, delayed } = await oneOfEach();
    const before = await queue.counts();
    expect((await listed(BOARD.readOnly)).readOnlyMode).toBe(true);
    expect((await jobPage(failed, BOARD.readOnly)).job.failedReason).toBe('no such mailbox');
    for (const what of ['pause', 'empty', 'obliterate', 'retry/failed', 'promote', 'clean/failed']) {
      expect((await put(what, {}, BOARD.readOnly)).status).toBe(405);
    }
    for (const [id, what] of [
      [failed, 'retry'],
      [failed, 'clean'],
      [delayed, 'promote'],
    ]) {
      expect((await request('PUT', path(id, what, BOARD.readOnly))).status).toBe(405);
    }
    expect([await queue.counts(), await queue.isPaused()]).toEqual([before, false]);
  });
}

module.exports = { boardContract };
