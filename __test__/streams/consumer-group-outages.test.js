'use strict';

const { spawn } = require('node:child_process');
const path = require('node:path');
const { onEnd } = require('../support/cleanup');
const { consumerGroups } = require('../support/consumer-group-harness');
const { PACKAGE_ROOT } = require('../support/package');
const { CLIENTS } = require('../support/stream-clients');
const { until } = require('../support/wait');

const CONSUMER = path.join(__dirname, '..', 'programs', 'consumer.cjs');
const KEPT = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A consumer in a process of its own, which takes entries and settles none; answers when it has taken `count`. */
async function deafConsumer(url, options, count) {
  const child = spawn(process.execPath, [CONSUMER, JSON.stringify({ url, options })], {
    cwd: PACKAGE_ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onEnd(() => child.kill('SIGKILL'));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => {
    printed += chunk;
  });
  await until(() => printed.split('@report ').length > count, {
    timeoutMs: 15_000,
    what: 'entries to be taken',
  });
  return child;
}

describe.each(CLIENTS)('a consumer group over $name', ({ open }) => {
  let streams;
  let redis;

  beforeAll(async () => {
    streams = await consumerGroups(open, { args: KEPT });
    redis = streams.redis;
  });

  afterEach(async () => {
    await streams.stopAll();
    await redis.command('FLUSHALL');
  });

  const pendingOf = async (consumer) =>
    (await redis.command('XPENDING', 'orders', 'workers', '-', '+', 100)).filter(
      ([, name]) => name === consumer,
    );

  test('handles the entries of a consumer whose process was killed', async () => {
    const options = { stream: 'orders', group: 'workers', from: '0', consumer: 'killed', minIdleMs: 400 };
    await streams.add(20);
    const child = await deafConsumer(redis.url, options, 10);
    expect(await pendingOf('killed')).toHaveLength(10);
    const group = await streams.started({ minIdleMs: 400 });
    await until(() => group.stats().handled === 10);
    expect(await pendingOf('killed')).toHaveLength(10);

    child.kill('SIGKILL');
    await streams.settled();
    expect(new Set(group.handled).size).toBe(20);
    expect(group.stats()).toMatchObject({ handled: 20, claimed: 10, read: 10 });
  });

  test('handles every entry that was acknowledged to its producer, though the server dies twice', async () => {
    const groups = [];
    for (let n = 0; n < 2; n += 1) {
      groups.push(await streams.started({ minIdleMs: 300, concurrency: 5, handler: () => aTick() }));
    }
    const producer = await streams.client({ failsAtOnce: true });
    const acknowledged = [];
    let isProducing = true;
    const producing = (async () => {
      while (isProducing) {
        await producer.xadd('orders', '*', 'n', acknowledged.length).then(
          (id) => acknowledged.push(id),
          () => aTick(),
        );
      }
    })();
    for (let kills = 1; kills <= 2; kills += 1) {
      const before = acknowledged.length;
      await until(() => acknowledged.length > before + 150, { timeoutMs: 10_000 });
      await redis.restart();
    }
    const before = acknowledged.length;
    await until(() => acknowledged.length > before + 150, { timeoutMs: 10_000 });
    isProducing = false;
    await producing;

    const handled = () => new Set(groups.flatMap((group) => group.handled));
    const lost = () => acknowledged.filter((id) => !handled().has(id));
    await until(() => lost().length === 0, { timeoutMs: 10_000, what: 'every entry to be handled' });
    await streams.settled();
    expect(groups.every((group) => group.stats().errors > 0)).toBe(true);
    expect(groups.map((group) => group.stats().deadLettered)).toEqual([0, 0]);
  });

  test('acknowledges entries that were handled while the server was away, once it is back', async () => {
    let finish;
    const gate = new Promise((resolve) => {
      finish = resolve;
    });
    const client = await streams.client({ failsAtOnce: true });
    const group = await streams.started({ client, handler: () => gate });
    const ids = await streams.add(3);
    await until(() => group.stats().running === 3);
    await redis.kill();
    finish();
    await until(() => group.errors.some(({ during }) => during === 'acknowledge'));
    await redis.restart();
    await streams.settled();
    expect(group.handled).toEqual(ids);
  });

  test('is made again where it stood when it was deleted, and misses nothing', async () => {
    const group = await streams.started();
    const before = await streams.add(5);
    await until(() => group.stats().handled === 5);
    await streams.settled();
    await redis.command('XGROUP', 'DESTROY', 'orders', 'workers');
    const after = await streams.add(5);
    await until(() => group.handled.length >= 10);
    await until(async () => (await streams.pending()) === 0);
    expect(group.handled).toEqual([...before, ...after]);
    expect(group.errors.map(({ error }) => error.message)).toContainEqual(expect.stringContaining('NOGROUP'));
  });

  test('goes on with a stream that was deleted and made again, from its beginning', async () => {
    const group = await streams.started({ blockMs: 300 });
    await streams.add(2);
    await until(() => group.stats().handled === 2);
    await redis.command('DEL', 'orders');
    // Ids before any that the group has seen.
    await redis.command('XADD', 'orders', '1-1', 'n', 'first');
    await redis.command('XADD', 'orders', '1-2', 'n', 'second');
    await until(() => group.handled.length === 4);
    expect(group.handled.slice(2)).toEqual(['1-1', '1-2']);
  });

  test('makes stream and group again after everything was flushed', async () => {
    const group = await streams.started({ blockMs: 300 });
    await redis.command('FLUSHALL');
    await until(async () => (await redis.command('EXISTS', 'orders')) === 1);
    const [id] = await streams.add(1);
    await until(() => group.stats().handled === 1);
    expect(group.handled).toEqual([id]);
  });

  test('reads on after a connection was cut', async () => {
    const group = await streams.started({ blockMs: 60_000 });
    await streams.add(1);
    await until(() => group.stats().handled === 1);
    for (const type of ['normal', 'normal'])
      await redis.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    const [id] = await streams.add(1);
    await until(() => group.stats().handled === 2);
    expect(group.handled.at(-1)).toBe(id);
  });
});

function aTick() {
  return new Promise((resolve) => setImmediate(resolve));
}
