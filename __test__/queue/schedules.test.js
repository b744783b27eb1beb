'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { queueHouse, someName } = require('../support/queue-contract');
const { queueProcess } = require('../support/queue-process');
const { startRedis, withRedis } = require('../support/redis');
const { DAY_MS, JOB, SELDOM, schedulesContract, schedulesOf } = require('../support/schedules-contract');
const { startSentinels } = require('../support/sentinel');
const { rejection, until } = require('../support/wait');

/** Without persistence a killed server forgets. */
const DURABLE = { configuration: ['appendonly yes', 'appendfsync always'] };
const EVERY_MS = 100;

const redis = withRedis();
const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

describe('schedules over the embedded store', () => {
  schedulesContract(() => openPackage({ useRedis: false, logLevel: 'off' }));
});

describe.each(['loop', 'thread'])('schedules over Redis with the %s driver', (driver) => {
  schedulesContract(() => openPackage({ url: redis.url, driver, logLevel: 'off' }));
});

describe('schedules in a cluster', () => {
  schedulesContract(async () => {
    const cluster = await startCluster({ primaries: 3, replicas: 0 });
    return openPackage({ clusterHosts: cluster.hosts, logLevel: 'off' });
  });
});

describe('several processes', () => {
  let house;
  let orgcache;

  beforeAll(() => {
    orgcache = openPackage({ url: redis.url, logLevel: 'off' });
    house = queueHouse(() => orgcache);
  });

  afterEach(() => house.close());

  const workerProcess = (args) => queueProcess('queue-schedules.cjs', redis.url, args);

  /** Milliseconds of processor time that Redis has used. */
  async function cpuMs() {
    const info = await redis.command('INFO', 'cpu');
    const seconds = [...info.matchAll(/^used_cpu_(?:user|sys):(.+)\r$/gm)].map(([, text]) => Number(text));
    return 1000 * (seconds[0] + seconds[1]);
  }

  /** The slots of all jobs that a queue has completed, in their order. None may wait or run, except those of a killed worker. */
  async function slotsMade(queue, lost = 0) {
    await until(async () => {
      const { ready, active } = await queue.counts();
      return ready === 0 && active <= lost;
    });
    const slots = [];
    for (const state of ['completed', 'active']) {
      let after;
      do {
        const page = await queue.list({ state, ...(after ? { after } : {}) });
        slots.push(...page.jobs.map(({ scheduledFor }) => scheduledFor.getTime()));
        ({ after } = page);
      } while (after);
    }
    return slots.sort((a, b) => a - b);
  }

  /** Every slot from the first to the last, each once. */
  function expectEach(slots) {
    const count = (slots.at(-1) - slots[0]) / EVERY_MS + 1;
    expect(slots).toEqual(Array.from({ length: count }, (_, index) => slots[0] + index * EVERY_MS));
  }

  test('any number of processes that make and fire one schedule make each slot once, also when one of them is killed', async () => {
    const queue = house.queue();
    const times = { everyMs: EVERY_MS, missed: 'all' };
    const args = { queue: queue.name, schedules: [['tick', times, JOB]] };
    const processes = [1, 2].map(() => workerProcess(args));
    const ready = ({ reports }) => reports.some((report) => report.ready);
    await until(() => processes.every(ready), { timeoutMs: 15_000 });
    await delay(1000);
    processes[0].kill();
    await processes[0].ended;
    house.worker(queue, () => undefined);
    await delay(1000);
    // Nobody is there over some slots, and the next one makes up for them.
    processes[1].kill();
    await processes[1].ended;
    await queue.unschedule('tick');
    const slots = await slotsMade(queue, 2);
    expect(slots.length).toBeGreaterThanOrEqual(18);
    expectEach(slots);
    const begun = processes.flatMap(({ reports }) => reports.flatMap(({ id }) => id ?? []));
    expect(new Set(begun).size).toBe(begun.length);
  });

  test('slots that come while nobody works make one job, or one each, or none, as missed says', async () => {
    const queue = house.queue();
    for (const missed of ['one', 'all', 'skip']) {
      await queue.schedule(missed, { everyMs: DAY_MS, missed }, { ...JOB, type: missed });
    }
    const { schedules } = await queue.schedules();
    const before = schedules[0].nextAt.getTime() - 5 * DAY_MS;
    const key = (await redis.keys(`*{${queue.name}}:sched`))[0];
    for (const missed of ['one', 'all', 'skip']) await redis.command('ZADD', key, String(before), missed);
    const seen = [];
    house.worker(queue, ({ type, scheduledFor }) => seen.push(`${type} ${(scheduledFor - before) / DAY_MS}`));
    await until(async () => (await schedulesOf(queue)).skip.skipped > 0 && seen.length === 6);
    expect(seen.sort()).toEqual(['all 0', 'all 1', 'all 2', 'all 3', 'all 4', 'one 4']);
    const after = await schedulesOf(queue);
    expect(after).toMatchObject({
      one: { runs: 1, skipped: 4 },
      all: { runs: 5, skipped: 0 },
      skip: { runs: 0, skipped: 5, lastAt: null },
    });
    expect(schedules.map(({ nextAt }) => nextAt)).toEqual(Object.values(after).map(({ nextAt }) => nextAt));
  });

  test('a schedule that is changed while it is due makes each slot once, and no slot as it was before', async () => {
    const queue = house.queue();
    const seen = [];
    for (let index = 0; index < 2; index += 1) {
      house.worker(queue, ({ data, scheduledFor }) => seen.push({ data, slot: scheduledFor.getTime() }));
    }
    const changed = [];
    for (let data = 0; data < 100; data += 1) {
      const began = Date.now();
      await queue.schedule('s', { everyMs: EVERY_MS, missed: 'all' }, { ...JOB, data });
      changed.push({ data, began, ended: Date.now() });
      await delay(10);
    }
    await queue.unschedule('s');
    const slots = seen.map(({ slot }) => slot).sort((a, b) => a - b);
    expect(slots.length).toBeGreaterThanOrEqual(10);
    expectEach(slots);
    // Data of a change may be in slots from its call on, until the next one is there.
    const isEarly = ({ data, slot }) => slot + EVERY_MS < changed[data].began - EVERY_MS;
    const isOld = ({ data, slot }) => slot > (changed[data + 1]?.ended ?? Number.POSITIVE_INFINITY);
    expect(seen.filter((job) => isEarly(job) || isOld(job))).toEqual([]);
    // The pattern changes, and the slot of the old one is never fired.
    await queue.schedule('s', { everyMs: 300 }, { ...JOB, data: 'old' });
    await queue.schedule('s', SELDOM, { ...JOB, data: 'new' });
    await delay(400);
    expect(seen.filter(({ data }) => data === 'old')).toEqual([]);
  });

  test('connections that are lost again and again lose no slot and make none twice', async () => {
    const queue = house.queue();
    house.worker(queue, () => undefined);
    await queue.schedule('s', { everyMs: EVERY_MS, missed: 'all' }, JOB);
    for (let cut = 0; cut < 40; cut += 1) {
      await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await delay(10 + 3 * cut);
    }
    await until(async () => (await schedulesOf(queue)).s.lastAt > Date.now() - 500);
    await queue.unschedule('s');
    const slots = await slotsMade(queue);
    expect(slots.length).toBeGreaterThanOrEqual(20);
    expectEach(slots);
  });

  test('a full Redis refuses the job of a slot, tells the worker, and has it as soon as there is room', async () => {
    const server = await startRedis();
    const own = openPackage({ url: server.url, logLevel: 'off' });
    const queue = own.createQueue(someName());
    const worker = own.createWorker(queue.name, () => undefined);
    const errors = [];
    worker.on('error', (error) => errors.push(error));
    await queue.schedule('s', { everyMs: EVERY_MS, count: 100 }, JOB);
    await until(async () => (await schedulesOf(queue)).s.runs > 1);
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await until(() => errors.length > 0);
    expect(errors[0]).toMatchObject({ code: 'E_REPLY', message: expect.stringContaining('OOM') });
    expect(await rejection(queue.schedule('other', SELDOM, JOB))).toMatchObject({ redisCode: 'OOM' });
    const { runs } = (await schedulesOf(queue)).s;
    expect(await queue.unschedule('unknown')).toBe(false);
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    await until(async () => (await schedulesOf(queue)).s.runs > runs);
    expect((await queue.schedules()).total).toBe(1);
    await worker.close();
  });

  test('a page of many schedules costs Redis little, and a queue has ten thousand at most', async () => {
    const queue = house.queue();
    const many = Array.from({ length: 10_000 }, (_, index) => `s${index}`);
    const orgId = (index) => `org-${index % 2}`;
    await Promise.all(many.map((id, index) => queue.schedule(id, SELDOM, { ...JOB, orgId: orgId(index) })));
    const before = await cpuMs();
    for (let page = 0; page < 10; page += 1) {
      const { schedules, total } = await queue.schedules({ orgId: 'org-1' });
      expect([schedules.length, total]).toEqual([100, 5000]);
    }
    expect((await cpuMs()) - before).toBeLessThan(10 * 30);
    expect(await rejection(queue.schedule('more', SELDOM, JOB))).toMatchObject({ code: 'E_OVERLOADED' });
    expect(await queue.unschedule('s7')).toBe(true);
    expect((await queue.eraseOrganization('org-1')).removed).toBe(4999);
    await queue.obliterate();
    expect((await redis.keys(`*{${queue.name}}:s*`)).filter((key) => !key.endsWith(':sent'))).toEqual([]);
  });
});

test('a slot that comes while Redis is away makes its job once, within a second of its return', async () => {
  const server = await startRedis(DURABLE);
  const instances = [1, 2].map(() => openPackage({ url: server.url, logLevel: 'off' }));
  const queues = instances.map((own) => own.createQueue('ticks'));
  const seen = [];
  for (const own of instances) {
    own.createWorker('ticks', ({ scheduledFor }) =>
      seen.push({ slot: scheduledFor.getTime(), at: Date.now() }),
    );
  }
  const startAt = Date.now() + 1000;
  await queues[0].schedule('s', { everyMs: DAY_MS, startAt }, JOB);
  await until(async () => (await queues[1].workers()).length === 2);
  await server.kill();
  await delay(Math.max(0, startAt + 500 - Date.now()));
  await server.launch();
  const back = Date.now();
  await until(() => seen.length > 0);
  expect(seen[0].at - back).toBeLessThan(1500);
  await delay(500);
  expect(seen.map(({ slot }) => slot)).toEqual([startAt]);
  expect((await queues[1].schedules()).schedules[0]).toMatchObject({
    runs: 1,
    nextAt: new Date(startAt + DAY_MS),
  });
});

test('after a failover slots go on, and none is lost', async () => {
  const group = await startSentinels();
  const own = openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });
  const queue = own.createQueue('ticks');
  const seen = [];
  for (let index = 0; index < 2; index += 1) {
    own.createWorker('ticks', ({ scheduledFor }) => seen.push(scheduledFor.getTime()));
  }
  await queue.schedule('s', { everyMs: 300, missed: 'all' }, JOB);
  await until(() => seen.length >= 3);
  await group.settled();
  await group.failover();
  const later = Date.now();
  await until(() => seen.some((slot) => slot > later), { timeoutMs: 20_000 });
  await queue.unschedule('s');
  const slots = [...new Set(seen)].sort((a, b) => a - b);
  const count = (slots.at(-1) - slots[0]) / 300 + 1;
  // Up to 100 missed slots are made up for, and the failover takes less.
  expect(slots.length).toBe(count);
}, 60_000);
