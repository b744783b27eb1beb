'use strict';

const { subscribe, unsubscribe } = require('node:diagnostics_channel');
const { parseExposition } = require('../support/exposition');
const { openPackage } = require('../support/package');
const { AT_ONCE, gate, queueHouse, someName } = require('../support/queue-contract');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis();
const keyOf = (queue, rest) => `app:queue:{${queue.name}}:${rest}`;

/** The values of a metric of one queue by the values of a label. */
async function series(orgcache, queue, name, label) {
  const families = parseExposition(await orgcache.metrics(), 'prometheus');
  const samples = [...families.values()].flatMap((family) => family.samples);
  const own = samples.filter((sample) => sample.name === name && sample.labels.queue === queue.name);
  return Object.fromEntries(own.map(({ labels, value }) => [labels[label] ?? '', value]));
}

describe.each([
  ['over Redis', () => openPackage({ url: redis.url, prefix: 'app:', logLevel: 'off' })],
  ['in this process', () => openPackage({ useRedis: false, logLevel: 'off' })],
])('numbers of queues %s', (_name, open) => {
  let orgcache;
  let house;

  beforeAll(() => {
    orgcache = open();
    house = queueHouse(() => orgcache);
  });

  afterEach(() => house.close());

  test('stats() counts what has happened, how fast, and how long it took', async () => {
    const queue = house.queue({ attempts: 2, ...AT_ONCE });
    const before = await queue.stats();
    expect(before).toMatchObject({
      ready: 0,
      workers: 0,
      oldestReadyAt: null,
      waiting: { count: 0, p50Ms: null },
    });
    house.worker(queue, {
      work: ({ data }) => new Promise((resolve) => setTimeout(resolve, data)),
      fail: () => Promise.reject(new Error('no')),
    });
    const added = await queue.addMany([
      ...Array.from({ length: 10 }, () => ({ type: 'work', data: 20 })),
      { type: 'fail', data: 1 },
      { type: 'later', data: 1, delayMs: 60_000 },
    ]);
    await queue.wait(added[10].id).catch(() => {});
    await Promise.all(added.slice(0, 10).map(({ id }) => queue.wait(id)));
    const stats = await until(async () => {
      // A turn of the minute may lie between the jobs.
      const seen = await queue.stats({ minutes: 2 });
      return seen.running.count === 12 && seen.workers === 1 && seen;
    });
    expect(stats).toMatchObject({ ready: 0, delayed: 1, active: 0, completed: 10, dead: 1 });
    expect(stats.totals).toMatchObject({
      added: 12,
      completed: 10,
      retried: 1,
      died: 1,
      lost: 0,
      stalled: 0,
    });
    expect(stats.waiting.count).toBe(11);
    expect(stats.running.p50Ms).toBeGreaterThan(15);
    expect(stats.running.p50Ms).toBeLessThanOrEqual(stats.running.p95Ms);
    expect(stats.running.p95Ms).toBeLessThanOrEqual(stats.running.p99Ms);
    const { windowMs, added: perSecond, completed } = stats.rates;
    expect(windowMs).toBeGreaterThan(0);
    expect(Math.abs((perSecond * windowMs) / 1000 - 12)).toBeLessThan(0.1);
    expect(Math.abs((completed * windowMs) / 1000 - 10)).toBeLessThan(0.1);
    expect(stats.oldest.delayed - stats.at).toBeGreaterThan(50_000);
    expect(stats.at - stats.oldest.completed).toBeGreaterThanOrEqual(0);
    expect(stats.oldest).toMatchObject({ ready: null, active: null });
    expect(stats.organization).toBeUndefined();
  });

  test('stats({ orgId }) tells the share of an organization', async () => {
    const queue = house.queue();
    await queue.setOrganization('org/1', { weight: 3, concurrency: 2 });
    await queue.add('job', 1, { orgId: 'org/1' });
    await queue.add('job', 1, { orgId: 'org-2' });
    const { organization } = await queue.stats({ orgId: 'org/1' });
    expect(organization).toEqual({ orgId: 'org/1', ready: 1, active: 0, weight: 3, share: 0.75 });
    expect((await queue.stats({ orgId: 'org-3' })).organization).toMatchObject({
      ready: 0,
      active: null,
      share: 1 / 5,
    });
    expect((await queue.stats({ orgId: null })).organization.orgId).toBeNull();
    await expect(queue.stats({ minutes: 61 })).rejects.toMatchObject({ code: 'E_CONFIG' });
    await expect(queue.stats({ minute: 1 })).rejects.toMatchObject({ code: 'E_ARGUMENT' });
  });

  test('watch() tells an alert and its end', async () => {
    const queue = house.queue();
    const alerts = [];
    await queue.addMany(Array.from({ length: 4 }, () => ({ type: 'job', data: 1 })));
    const stop = queue.watch({ backlog: 3, failureRate: null }, (alert) => alerts.push(alert));
    await until(() => alerts.length === 1, { timeoutMs: 10_000 });
    expect(alerts[0]).toEqual({
      ...{ alert: 'backlog', queue: queue.name, value: 4, limit: 3, since: expect.any(Date), isOver: false },
    });
    await queue.drain();
    await until(() => alerts.length === 2, { timeoutMs: 10_000 });
    expect(alerts[1]).toMatchObject({ alert: 'backlog', value: 0, since: alerts[0].since, isOver: true });
    stop();
    stop();
    for (const limits of [{ backlog: 0 }, { failureRate: 2 }, { noWorkerMs: 1000 }, { other: 1 }]) {
      expect(() => queue.watch(limits, () => {})).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    }
    expect(() => queue.watch({})).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
  }, 30_000);

  test('metrics() shows the queue, and counts what the workers of the process have done', async () => {
    const queue = house.queue({ attempts: 2, ...AT_ONCE });
    const door = gate();
    const worker = house.worker(queue, {
      work: () => door.promise,
      fail: () => Promise.reject(new Error('no')),
    });
    await queue.add('work', 1, { orgId: 'organization-canary' });
    await queue.add('fail', 1);
    await queue.add('later', 1, { delayMs: 60_000 });
    await until(async () => {
      const { active, dead } = await queue.counts();
      return active === 1 && dead === 1;
    });
    const jobs = await series(orgcache, queue, 'orgcache_queue_jobs', 'state');
    expect(jobs).toEqual({ ready: 0, delayed: 1, active: 1, completed: 0, dead: 1 });
    expect((await series(orgcache, queue, 'orgcache_queue_oldest_seconds', 'state')).active).toBeGreaterThan(
      0,
    );
    await until(async () => (await series(orgcache, queue, 'orgcache_queue_workers'))[''] === 1);
    door.open();
    await until(async () => (await queue.counts()).completed === 1);
    await worker.close();
    const finished = await series(orgcache, queue, 'orgcache_queue_finished_total', 'outcome');
    expect(finished).toEqual({ completed: 1, retrying: 1, dead: 1, released: 0 });
    expect(await series(orgcache, queue, 'orgcache_queue_wait_seconds_count')).toEqual({ '': 2 });
    expect(await series(orgcache, queue, 'orgcache_queue_run_seconds_count')).toEqual({ '': 3 });
    const quantiles = await series(orgcache, queue, 'orgcache_queue_run_seconds', 'quantile');
    expect(quantiles['0.5']).toBeLessThan(5);
    expect(await series(orgcache, queue, 'orgcache_queue_lost_total')).toEqual({ '': 0 });
    expect(await series(orgcache, queue, 'orgcache_queue_stalled_total')).toEqual({ '': 0 });
    expect(await orgcache.metrics()).not.toContain('organization-canary');
  });

  test('a diagnostics channel tells what happens to jobs, and not whose they are', async () => {
    const queue = house.queue({ attempts: 2, ...AT_ONCE });
    const seen = [];
    const listener = (told) => told.queue === queue.name && seen.push(told);
    house.worker(queue, {
      work: ({ attempt }) => (attempt === 1 ? Promise.reject(new Error('canary')) : 'canary'),
    });
    await queue.wait((await queue.add('work', 1)).id);
    subscribe('orgcache:queue', listener);
    const { id } = await queue.add('work', 'canary', { orgId: 'canary' });
    await queue.wait(id);
    await until(() => seen.length === 4);
    unsubscribe('orgcache:queue', listener);
    expect(seen.map(({ event, attempt }) => `${event} ${attempt}`)).toEqual([
      'started 1',
      'retrying 1',
      'started 2',
      'completed 2',
    ]);
    expect(Object.keys(seen[3]).sort()).toEqual(['attempt', 'event', 'fence', 'id', 'queue', 'type']);
    expect(JSON.stringify(seen)).not.toContain('canary');
    await queue.wait((await queue.add('work', 1)).id);
    expect(seen).toHaveLength(4);
  });
});

describe('numbers of queues and the server', () => {
  const open = () => openPackage({ url: redis.url, prefix: 'app:', logLevel: 'off' });

  test('a watch asks every five seconds, and nobody asks after its end', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    await queue.counts();
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.command('INFO', 'commandstats'))[1]);
    const before = await calls();
    const stop = queue.watch({}, () => {});
    await until(async () => (await calls()) === before + 1);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await calls()).toBe(before + 1);
    stop();
    await orgcache.shutdown();
  });

  test('nothing that is known by the minute grows without bound', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const worker = orgcache.createWorker(queue.name, () => 1, { pollMs: 50 });
    await queue.wait((await queue.add('job', 1)).id);
    const minute = Math.floor(Date.now() / 60_000);
    const old = Array.from({ length: 1700 }, (_, back) => [`m${minute - 2000 - back}`, '1 0 0 0 0 0 0 0']);
    await redis.command('HSET', keyOf(queue, 'stat'), ...old.flat(), `h${minute - 90}`, 'w1=1');
    await redis.command('HSET', keyOf(queue, 'meta'), 'minute', String(minute - 1));
    await until(async () => (await redis.command('HLEN', keyOf(queue, 'stat'))) < 5);
    const { waiting } = await queue.stats({ minutes: 60 });
    expect(waiting.count).toBe(1);
    await worker.close();
  });

  test('a user of the process sees the same from another one', async () => {
    const [one, other] = [open(), open()];
    const queue = one.createQueue(someName());
    const worker = one.createWorker(queue.name, () => 1);
    await queue.wait((await queue.add('job', 1)).id);
    const beside = other.createQueue(queue.name);
    await until(async () => (await beside.stats()).running.count === 1);
    await worker.close();
  });
});
