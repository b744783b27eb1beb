'use strict';

const { startCluster } = require('../support/cluster');
const { commandsSent } = require('../support/commands-sent');
const { openPackage } = require('../support/package');
const { someName } = require('../support/queue-contract');
const { names, queueEventsContract, read, some } = require('../support/queue-events-contract');
const { startRedis, withRedis } = require('../support/redis');
const { startSentinels } = require('../support/sentinel');
const { until, within } = require('../support/wait');

const DURABLE = { configuration: ['appendonly yes', 'appendfsync always'] };
/** Keys of a queue in Redis. */
const keyOf = (queue, rest) => `app:queue:{${queue.name}}:${rest}`;

describe.each(['loop', 'thread'])('events over Redis with the %s driver', (driver) => {
  let redis;
  const open = () => openPackage({ url: redis.url, driver, logLevel: 'off' });

  beforeAll(async () => {
    redis = await startRedis();
  });

  queueEventsContract(open, open);
});

describe('events of the embedded queue', () => {
  queueEventsContract(() => openPackage({ useRedis: false, logLevel: 'off' }));
});

describe('events in a cluster', () => {
  let cluster;
  const open = () => openPackage({ clusterHosts: cluster.hosts.join(','), logLevel: 'off' });

  beforeAll(async () => {
    cluster = await startCluster({ replicas: 0 });
  }, 60_000);

  queueEventsContract(open, open);
});

describe('events and the server', () => {
  const redis = withRedis();
  const open = (options) => openPackage({ url: redis.url, prefix: 'app:', logLevel: 'off', ...options });
  const sent = async (name) => (await commandsSent(redis))[name] ?? 0;

  test('nobody pays for events while nobody listens, and not for long after the last reader', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const worker = orgcache.createWorker(queue.name, () => 1, { pollMs: 50 });
    const before = await sent('xadd');
    await queue.wait((await queue.add('job', 1)).id);
    expect(await sent('xadd')).toBe(before);
    expect(await redis.command('EXISTS', keyOf(queue, 'ev'), keyOf(queue, 'listen'))).toBe(0);
    const events = queue.events();
    await events.ready();
    await queue.wait((await queue.add('job', 2)).id);
    expect(await sent('xadd')).toBe(before + 3);
    await events.return();
    // The mark is a minute old.
    await redis.command('HSET', keyOf(queue, 'listen'), 'till', '1');
    await queue.wait((await queue.add('job', 3)).id);
    expect(await sent('xadd')).toBe(before + 3);
    await worker.close();
  });

  test('a reader that waits asks once a second, and a connection is never blocked', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    const next = events.next();
    const before = await commandsSent(redis);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const after = await commandsSent(redis);
    const looks = after.evalsha - before.evalsha;
    expect(looks).toBeGreaterThanOrEqual(1);
    expect(looks).toBeLessThanOrEqual(4);
    expect(after.xread).toBeUndefined();
    expect(await redis.command('PUBSUB', 'NUMSUB', keyOf(queue, 'news'))).toEqual([keyOf(queue, 'news'), 1]);
    await queue.add('job', 1);
    expect((await next).value.event).toBe('added');
    await orgcache.shutdown();
    await until(async () => (await redis.command('PUBSUB', 'NUMSUB', keyOf(queue, 'news')))[1] === 0);
  });

  test('the stream is bounded, and a reader that fell behind is told of the gap', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    const jobs = Array.from({ length: 5000 }, () => ({ type: 'job', data: 1 }));
    for (let round = 0; round < 3; round++) await queue.addMany(jobs);
    const kept = await redis.command('XLEN', keyOf(queue, 'ev'));
    expect(kept).toBeGreaterThanOrEqual(10_000);
    expect(kept).toBeLessThan(10_200);
    const seen = await some(events, kept + 1);
    expect(names(seen.slice(0, 2))).toEqual(['gap', 'added']);
    expect(new Set(names(seen.slice(1)))).toEqual(new Set(['added']));
    await queue.add('last', 1);
    expect((await some(events, 1))[0]).toMatchObject({ event: 'added', type: 'last' });
  });

  test('events that nobody wanted to hear for a while are a gap', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    await queue.add('heard', 1);
    const [heard] = await some(events, 1);
    await redis.command('HSET', keyOf(queue, 'listen'), 'till', '1');
    await queue.add('unheard', 1);
    const seen = [];
    const reading = read(events, (event) => seen.push(event) && event.type === 'heard again');
    await until(async () => Number(await redis.command('HGET', keyOf(queue, 'listen'), 'till')) > 1);
    await queue.add('heard again', 1);
    await reading;
    expect(names(seen)).toEqual(['gap', 'added']);
    expect(Number.parseInt(seen[1].id, 10)).toBeGreaterThan(Number.parseInt(heard.id, 10));
  });

  test('another event in the place of one that was read, as after a failover, is a gap', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    await queue.addMany(['one', 'two', 'three'].map((type) => ({ type, data: 1 })));
    const seen = await some(events, 3);
    await redis.command('XDEL', keyOf(queue, 'ev'), seen[2].id);
    await redis.command('XSETID', keyOf(queue, 'ev'), seen[1].id);
    await redis.command('HSET', keyOf(queue, 'listen'), 'count', '2');
    await queue.addMany(['other', 'four'].map((type) => ({ type, data: 1 })));
    const after = await some(events, 2);
    expect(names(after)).toEqual(['gap', 'added']);
    expect(after[1].type).toBe('four');
  });

  test('jobs whose lease has ended are stalled, and who comes too late has lost them', async () => {
    const orgcache = open();
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    let finish;
    let calls = 0;
    const handler = () => (++calls === 1 ? new Promise((resolve) => (finish = resolve)) : 2);
    const worker = orgcache.createWorker(queue.name, handler, { pollMs: 50, leaseMs: 30_000 });
    const { id } = await queue.add('job', 1);
    await until(() => finish);
    // As if the worker had been away for longer than its lease.
    const [member] = await redis.command('ZRANGE', keyOf(queue, 'lease'), '0', '-1');
    await redis.command('ZADD', keyOf(queue, 'lease'), '1', member);
    await until(() => calls === 2);
    finish();
    const seen = await read(events, (_event, all) =>
      ['lost', 'completed'].every((name) => names(all).includes(name)),
    );
    expect(names(seen).slice(0, 4)).toEqual(['added', 'started', 'stalled', 'started']);
    expect(seen.find(({ event }) => event === 'lost')).toMatchObject({ jobId: id, fence: seen[1].fence });
    expect(seen.find(({ event }) => event === 'completed').fence).toBe(seen[3].fence);
    await worker.close();
  });
});

describe.each(['loop', 'thread'])('events and outages with the %s driver', (driver) => {
  test('a reader goes on after an outage without a gap where Redis has lost nothing', async () => {
    const server = await startRedis(DURABLE);
    const orgcache = openPackage({ url: server.url, driver, logLevel: 'off' });
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    await queue.add('before', 1);
    await some(events, 1);
    const next = some(events, 1);
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await server.launch();
    await until(async () => (await queue.healthCheck()).ok, { timeoutMs: 10_000 });
    await queue.add('after', 1);
    expect((await next)[0]).toMatchObject({ event: 'added', type: 'after' });
  }, 30_000);

  test('a server that comes back empty is a gap, and the signal ends a reader while it is away', async () => {
    const server = await startRedis();
    const orgcache = openPackage({ url: server.url, driver, logLevel: 'off' });
    const queue = orgcache.createQueue(someName());
    const events = queue.events();
    await events.ready();
    await queue.add('before', 1);
    await some(events, 1);
    const next = events.next();
    await server.kill();
    const controller = new AbortController();
    const away = queue.events({ signal: controller.signal });
    const begin = away.ready();
    const ended = expect(within(2000, begin)).rejects.toThrow('enough');
    controller.abort(new Error('enough'));
    await ended;
    await server.launch();
    expect((await within(10_000, next)).value.value.event).toBe('gap');
    await until(async () => (await queue.healthCheck()).ok, { timeoutMs: 10_000 });
    await queue.add('after', 1);
    // A producer adds again what the new server does not know.
    await read(events, ({ event, type }) => event === 'added' && type === 'after');
  }, 30_000);
});

test('a failover that loses no event is no gap', async () => {
  const group = await startSentinels({ replicas: 1 });
  const orgcache = openPackage({ sentinelHosts: group.hosts, sentinelName: group.name, logLevel: 'off' });
  const queue = orgcache.createQueue(someName());
  const events = queue.events();
  await events.ready();
  await queue.add('before', 1);
  await some(events, 1);
  const reading = read(events, ({ type }) => type === 'after');
  await group.failover();
  await until(() => queue.add('after', 1).then(() => true), { timeoutMs: 20_000, everyMs: 200 });
  expect(new Set(names(await reading))).toEqual(new Set(['added']));
}, 60_000);
