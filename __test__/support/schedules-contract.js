'use strict';

const { queueHouse } = require('./queue-contract');
const { rejection, until } = require('./wait');

const DAY_MS = 86_400_000;
/** No slot comes while a test runs. */
const SELDOM = { everyMs: 365 * DAY_MS };
const JOB = { type: 'tick', data: { n: 1 } };

/** The schedules of a queue by their ids. */
async function schedulesOf(queue, options) {
  const { schedules } = await queue.schedules(options);
  return Object.fromEntries(schedules.map((schedule) => [schedule.id, schedule]));
}

/**
 * The promises of schedules, whatever the store. `open()` answers an instance of the package.
 */
function schedulesContract(open) {
  let house;
  let orgcache;

  beforeAll(async () => {
    orgcache = await open();
    house = queueHouse(() => orgcache);
  });

  afterEach(() => house.close());

  test('a schedule makes a job for each slot, at its time, that knows the schedule and the slot', async () => {
    const queue = house.queue();
    const seen = [];
    house.worker(queue, (job) => seen.push({ ...job, at: Date.now() }));
    const job = { ...JOB, orgId: 'org-1', priority: 5, attempts: 7, timeoutMs: 1000 };
    const stored = await queue.schedule('often', { everyMs: 200 }, job);
    expect(stored).toMatchObject({ id: 'often', created: true });
    await until(() => seen.length >= 4);
    expect(seen[0]).toMatchObject({
      type: 'tick',
      data: { n: 1 },
      orgId: 'org-1',
      priority: 5,
      maxAttempts: 7,
      timeoutMs: 1000,
      scheduleId: 'often',
      idempotencyKey: null,
      scheduledFor: stored.nextAt,
    });
    const slots = seen.map(({ scheduledFor }) => scheduledFor.getTime());
    expect(slots.slice(1, 4).map((slot, index) => slot - slots[index])).toEqual([200, 200, 200]);
    expect(slots[0] % 200).toBe(0);
    expect(Math.min(...seen.map(({ at }, index) => at - slots[index]))).toBeGreaterThanOrEqual(-5);
    expect(Math.min(...seen.map(({ at }, index) => at - slots[index]))).toBeLessThan(150);
    const kept = await until(async () => {
      const snapshot = await queue.getJob(seen[0].id);
      return snapshot.state === 'completed' && snapshot;
    });
    expect(kept).toMatchObject({ scheduleId: 'often', scheduledFor: stored.nextAt });
    const { id } = await queue.add('tick', 1);
    expect(await queue.getJob(id)).toMatchObject({ scheduleId: null, scheduledFor: null });
  });

  test('the same schedule made again keeps its slot and counts, and other times replace it', async () => {
    const queue = house.queue();
    const startAt = new Date(Date.now() + DAY_MS);
    const first = await queue.schedule('s', { ...SELDOM, startAt }, JOB);
    expect(first).toEqual({ id: 's', created: true, nextAt: startAt });
    const again = await queue.schedule('s', { ...SELDOM, startAt, missed: 'all' }, { ...JOB, data: 2 });
    expect(again).toEqual({ id: 's', created: false, nextAt: startAt });
    expect((await schedulesOf(queue)).s).toMatchObject({ everyMs: SELDOM.everyMs, missed: 'all', data: 2 });
    const other = await queue.schedule('s', { cron: '@yearly', tz: 'America/New_York', count: 3 }, JOB);
    expect(other.created).toBe(false);
    const { schedules, after, total } = await queue.schedules();
    expect([schedules.length, after, total]).toEqual([1, null, 1]);
    expect(schedules[0]).toEqual({
      id: 's',
      orgId: null,
      type: 'tick',
      data: { n: 1 },
      cron: '@yearly',
      tz: 'America/New_York',
      count: 3,
      missed: 'one',
      overlap: 'allow',
      attempts: 3,
      backoff: { type: 'exponential', delayMs: 5000, maxMs: 3_600_000, jitter: 0.2 },
      timeoutMs: 30_000,
      priority: 0,
      nextAt: other.nextAt,
      lastAt: null,
      lastJobId: null,
      runs: 0,
      skipped: 0,
    });
  });

  test('a schedule ends with its count, with endAt, or when it is unscheduled, and its jobs stay', async () => {
    const queue = house.queue();
    const seen = [];
    house.worker(queue, ({ scheduleId }) => seen.push(scheduleId));
    await queue.schedule('counted', { everyMs: 100, count: 2 }, JOB);
    await queue.schedule('limited', { everyMs: 100, endAt: Date.now() + 350 }, JOB);
    await queue.schedule('removed', { everyMs: 100 }, JOB);
    await until(() => seen.filter((id) => id === 'removed').length >= 5);
    expect(await queue.unschedule('removed')).toBe(true);
    expect(await queue.unschedule('removed')).toBe(false);
    await until(async () => (await queue.schedules()).total === 0);
    const count = seen.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
    // A job that was made before may begin behind the call.
    expect(seen.length - count).toBeLessThanOrEqual(1);
    expect(seen.filter((id) => id === 'counted')).toHaveLength(2);
    const limited = seen.filter((id) => id === 'limited').length;
    expect(limited).toBeGreaterThanOrEqual(1);
    expect(limited).toBeLessThanOrEqual(4);
  });

  test('a job of a schedule can be had at once, beside its slots', async () => {
    const queue = house.queue();
    house.worker(queue, ({ scheduleId }) => scheduleId);
    const { nextAt } = await queue.schedule('seldom', SELDOM, JOB);
    const { id, created } = await queue.runSchedule('seldom');
    expect(created).toBe(true);
    expect(await queue.wait(id)).toBe('seldom');
    expect((await schedulesOf(queue)).seldom).toMatchObject({ nextAt, lastJobId: id, runs: 0 });
    expect(await queue.runSchedule('unknown')).toBeNull();
  });

  test('a schedule that skips overlaps makes no job while its last one has not ended', async () => {
    const queue = house.queue();
    let end;
    let calls = 0;
    house.worker(queue, () => {
      calls += 1;
      return new Promise((resolve) => {
        end = resolve;
      });
    });
    await queue.schedule('slow', { everyMs: 100, overlap: 'skip' }, JOB);
    await until(() => calls === 1);
    await until(async () => (await schedulesOf(queue)).slow.skipped >= 2);
    const { lastJobId } = (await schedulesOf(queue)).slow;
    expect(await queue.runSchedule('slow')).toEqual({ id: lastJobId, created: false });
    expect([calls, (await queue.counts()).ready]).toEqual([1, 0]);
    end();
    await until(() => calls === 2);
    end();
    await queue.unschedule('slow');
    end();
  });

  test('schedules of two organizations may have one id, and a bound queue sees its own alone', async () => {
    const queue = house.queue();
    const [one, two] = ['org-1', 'org/2: *'].map((orgId) => queue.org(orgId));
    for (const bound of [one, two]) await bound.schedule('daily', SELDOM, { ...JOB, data: bound.orgId });
    await one.schedule('own', SELDOM, JOB);
    expect(await two.unschedule('own')).toBe(false);
    expect(await two.runSchedule('own')).toBeNull();
    expect(Object.keys(await schedulesOf(two))).toEqual(['daily']);
    expect((await two.schedules()).schedules[0]).toMatchObject({ orgId: 'org/2: *', data: 'org/2: *' });
    expect((await queue.schedules({ orgId: 'org-1' })).total).toBe(2);
    expect(await rejection(queue.unschedule('daily'))).toMatchObject({ code: 'E_KEY' });
    expect(await rejection(two.schedule('x', SELDOM, { ...JOB, orgId: 'org-1' }))).toMatchObject({
      code: 'E_KEY',
    });
    const { id } = await two.runSchedule('daily');
    expect(await one.getJob(id)).toBeNull();
    expect(await two.getJob(id)).toMatchObject({ orgId: 'org/2: *', scheduleId: 'daily' });
    expect(await queue.unschedule('own')).toBe(true);
    expect(await queue.unschedule('daily', { orgId: 'org-1' })).toBe(true);
    expect(await two.unschedule('daily')).toBe(true);
  });

  test('erasing an organization removes its schedules, drain leaves them, and obliterate removes all', async () => {
    const queue = house.queue();
    for (const orgId of ['org-1', 'org-2', null]) await queue.schedule('s', SELDOM, { ...JOB, orgId });
    await queue.runSchedule('s', { orgId: 'org-1' });
    expect(await queue.eraseOrganization('org-1')).toEqual({ removed: 2, signalled: 0 });
    expect((await queue.schedules()).schedules.map(({ orgId }) => orgId).sort()).toEqual(
      [null, 'org-2'].sort(),
    );
    expect(await queue.drain({ delayed: true })).toBe(0);
    expect((await queue.schedules()).total).toBe(2);
    expect(await queue.counts()).toMatchObject({ ready: 0, delayed: 0, active: 0 });
    const { remaining } = await orgcache.eraseOrganization('org-2');
    expect([remaining, (await queue.schedules()).total]).toEqual([0, 1]);
    await queue.obliterate();
    expect((await queue.schedules()).total).toBe(0);
  });

  test('what is refused leaves the stored schedule as it was', async () => {
    const queue = house.queue();
    await queue.schedule('s', SELDOM, JOB);
    const before = await queue.schedules();
    const refused = [
      { cron: '0 0 30 2 *' },
      { cron: '* * * * *', tz: 'Europe/Nowhere' },
      { cron: 'often' },
      { everyMs: 99 },
      { everyMs: 1000, endAt: 1000 },
      { cron: '* * * * *', everyMs: 1000 },
      {},
    ];
    for (const times of refused) {
      const error = await rejection(queue.schedule('s', times, JOB));
      expect(error).toMatchObject({ code: 'E_CONFIG', retryable: false });
    }
    expect(await queue.schedules()).toEqual(before);
  });

  test('pages of schedules go through all of them', async () => {
    const queue = house.queue();
    const ids = Array.from({ length: 5 }, (_, index) => `s${index}`);
    for (const [index, id] of ids.entries()) {
      await queue.schedule(id, { ...SELDOM, startAt: Date.now() + DAY_MS + index * 1000 }, JOB);
    }
    const seen = [];
    let after = null;
    do {
      const page = await queue.schedules({ limit: 2, ...(after === null ? {} : { after }) });
      expect(page.total).toBe(5);
      seen.push(...page.schedules.map(({ id }) => id));
      ({ after } = page);
    } while (after !== null);
    expect(seen).toEqual(ids);
  });

  test('a slot has the time that the clock of its zone shows, on the days when it changes too', async () => {
    const queue = house.queue();
    const nextAt = async (cron, tz, startAt) => {
      const stored = await queue.schedule('zone', { cron, tz, startAt: new Date(startAt) }, JOB);
      return stored.nextAt.toISOString();
    };
    // Skipped: Berlin goes from 02:00 to 03:00, New York too, a few weeks earlier.
    expect(await nextAt('30 2 * * *', 'Europe/Berlin', '2090-03-25T12:00:00Z')).toBe(
      '2090-03-26T01:00:00.000Z',
    );
    expect(await nextAt('30 2 * * *', 'America/New_York', '2090-03-11T12:00:00Z')).toBe(
      '2090-03-12T07:00:00.000Z',
    );
    // Twice: the first time counts, and the second one is no slot.
    expect(await nextAt('30 2 * * *', 'Europe/Berlin', '2090-10-28T12:00:00Z')).toBe(
      '2090-10-29T00:30:00.000Z',
    );
    expect(await nextAt('30 2 * * *', 'Europe/Berlin', '2090-10-29T00:31:00Z')).toBe(
      '2090-10-30T01:30:00.000Z',
    );
    expect(await nextAt('30 1 * * *', 'America/New_York', '2090-11-05T05:31:00Z')).toBe(
      '2090-11-06T06:30:00.000Z',
    );
  });
}

module.exports = { DAY_MS, JOB, SELDOM, schedulesContract, schedulesOf };
