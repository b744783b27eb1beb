'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { createConsumerGroup } = require('../../js/streams/consumer-group.js');
const { DEFAULTS, KNOWN } = require('../../js/streams/options.js');
const { consumerGroups } = require('../support/consumer-group-harness');
const { PACKAGE_ROOT } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { CLIENTS } = require('../support/stream-clients');
const { rejection, until, within } = require('../support/wait');

describe.each(CLIENTS)('a consumer group over $name', ({ open }) => {
  let streams;
  let redis;

  beforeAll(async () => {
    streams = await consumerGroups(open);
    redis = streams.redis;
  });

  afterEach(async () => {
    await streams.stopAll();
    await redis.command('FLUSHALL');
  });

  const consumers = async () => (await redis.command('XINFO', 'CONSUMERS', 'orders', 'workers')).length;
  const never = () => new Promise(() => {});

  describe('that is stopped', () => {
    test('waits for its handlers and loses nothing: another handles the rest without waiting', async () => {
      let finish;
      const gate = new Promise((resolve) => {
        finish = resolve;
      });
      const first = await streams.started({ concurrency: 2, batchSize: 20, handler: () => gate });
      const ids = await streams.add(30);
      await until(() => first.stats().running === 2);
      const stopping = first.stop();
      finish();
      expect((await within(2_000, stopping, 'the stop')).value).toEqual({ left: 0 });
      expect(first.stats()).toMatchObject({ state: 'stopped', handled: 2, running: 0, waiting: 0 });

      const deliveries = new Set();
      const handler = (entry) => void deliveries.add(entry.deliveries);
      const second = await streams.started({ handler });
      await streams.settled();
      await until(() => second.stats().handled === 28);
      expect([...first.handled, ...second.handled].sort()).toEqual([...ids].sort());
      expect([...deliveries]).toEqual([1]);
    });

    test('begins nothing more and leaves nothing behind, however often that happens in the middle of traffic', async () => {
      const client = await streams.client();
      const all = [];
      const ids = [];
      let isProducing = true;
      const producing = (async () => {
        while (isProducing) ids.push(await client.xadd('orders', '*', 'n', ids.length));
      })();
      for (let cycle = 0; cycle < 40; cycle += 1) {
        const group = await streams.started({ client });
        all.push(group);
        await until(() => group.stats().read > 0, { everyMs: 1 });
        const begun = group.handled.length;
        await group.stop();
        expect(group.handled).toHaveLength(begun);
      }
      isProducing = false;
      await producing;
      const last = await streams.started({ client });
      await until(() => last.handled.includes(ids.at(-1)));
      await streams.settled();
      const handled = [...all, last].flatMap((group) => group.handled);
      expect(handled.sort()).toEqual(ids.sort());
    });

    test('hands back entries that it gets while it stops', async () => {
      const producer = await streams.client();
      await producer.ping();
      const first = await streams.started({ blockMs: 60_000 });
      await streams.add(1);
      await streams.settled();
      const clients = () => redis.command('CLIENT', 'LIST');
      await until(async () => /cmd=xreadgroup/.test(await clients()) && /flags=b/.test(await clients()));
      redis.pause();
      const adding = producer.xadd('orders', '*', 'n', 'late');
      const stopping = first.stop();
      await new Promise((resolve) => setImmediate(resolve));
      redis.resume();
      const [id] = await Promise.all([adding, stopping]);
      expect(first.handled).not.toContain(id);
      const second = await streams.started();
      await streams.settled();
      expect(second.handled).toEqual([id]);
    });

    test('tells handlers that are not done in time by their signal, and leaves their entries pending', async () => {
      let told = 0;
      const handler = (_entry, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            told += 1;
          });
        });
      const group = await streams.started({ handler });
      await streams.add(3);
      await until(() => group.stats().running === 3);
      expect(await group.stop({ timeoutMs: 50 })).toEqual({ left: 3 });
      expect(told).toBe(3);
      expect(await streams.pending()).toBe(3);
    });

    test('makes no dead letter of an entry that its stop interrupted', async () => {
      const handler = (_entry, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('told to end')));
        });
      const client = await streams.client();
      const group = await streams.started({ client, maxDeliveries: 1, handler });
      await streams.add(1);
      await until(() => group.stats().running === 1);
      await group.stop({ timeoutMs: 0 });
      await until(() => group.stats().failed === 1);
      // Commands are answered in the order in which they were sent.
      await client.ping();
      expect(group.stats().deadLettered).toBe(0);
      expect(await streams.pending()).toBe(1);
    });

    test('ends a blocked read at once and takes itself out of the group', async () => {
      const group = await streams.started({ blockMs: 60_000 });
      await streams.add(1);
      await until(() => group.stats().handled === 1);
      await streams.settled();
      expect(await consumers()).toBe(1);
      await within(400, group.stop(), 'the stop');
      expect(await consumers()).toBe(0);
    });

    test('stays in the group under a name that it was given, and where anything is pending', async () => {
      const named = await streams.started({ consumer: 'named' });
      const failing = await streams.started({ handler: () => Promise.reject(new Error('no')) });
      while (named.handled.length === 0 || failing.handled.length === 0) await streams.add(1);
      await Promise.all([named.stop(), failing.stop()]);
      expect(await consumers()).toBe(2);
    });

    test('answers every stop alike, also before it has begun, and cannot be started again', async () => {
      const group = await streams.group();
      expect(group.stop()).toBe(group.stop());
      expect(await group.stop()).toEqual({ left: 0 });
      expect(await rejection(group.start())).toMatchObject({ name: 'OrgCacheError', code: 'E_CLOSED' });
      expect(await redis.keys()).toEqual([]);
      expect(await rejection(group.stop({ timeoutMs: -1 }))).toMatchObject({ code: 'E_CONFIG' });
    });

    test('cannot be started again after it has run either', async () => {
      const group = await streams.started();
      await group.stop();
      expect(await rejection(group.start())).toMatchObject({ name: 'OrgCacheError', code: 'E_CLOSED' });
      expect(group.stats().state).toBe('stopped');
    });

    test('leaves the client to its owner', async () => {
      const client = await streams.client();
      const group = await streams.started({ client });
      await group.stop();
      expect(await client.xlen('orders')).toBe(0);
    });

    test('is stopped by its signal and by leaving the scope that it was declared in', async () => {
      const aborter = new AbortController();
      const signalled = await streams.started({ signal: aborter.signal });
      aborter.abort();
      await until(() => signalled.stats().state === 'stopped');

      const disposed = await streams.started();
      await disposed[Symbol.asyncDispose]();
      expect(disposed.stats().state).toBe('stopped');
    });

    test('does not begin with a signal that has aborted', async () => {
      const group = await streams.group({ signal: AbortSignal.abort(new Error('too late')) });
      expect((await rejection(group.start())).message).toBe('too late');
      expect(await redis.keys()).toEqual([]);
    });
  });

  describe('that is started', () => {
    test('twice, begins once', async () => {
      const group = await streams.group();
      expect(group.start()).toBe(group.start());
      await group.start();
      const [id] = await streams.add(1);
      await until(() => group.stats().handled === 1);
      expect(group.handled).toEqual([id]);
    });

    test('on a key that is no stream, rejects with the server’s refusal and may be started again', async () => {
      await redis.command('SET', 'orders', 'a text');
      const group = await streams.group();
      expect((await rejection(group.start())).message).toMatch(/WRONGTYPE/);
      expect(group.stats().state).toBe('idle');
      await redis.command('DEL', 'orders');
      await group.start();
      expect(group.stats().state).toBe('running');
    });

    test('while the server is away, says so, and may be stopped', async () => {
      const client = await open(`redis://127.0.0.1:${await closedPort()}`, { failsAtOnce: true });
      const group = await streams.group({ client });
      const starting = rejection(group.start());
      await until(() => group.errors.length > 0);
      expect(group.errors[0].during).toBe('create');
      await within(1_000, group.stop(), 'the stop');
      expect(await starting).toMatchObject({ code: 'E_CLOSED' });
      client.disconnect();
    });
  });

  test('stops in time while the server is silent', async () => {
    const group = await streams.started({ handler: never });
    redis.pause();
    try {
      await within(1_500, group.stop({ timeoutMs: 200 }), 'the stop');
    } finally {
      redis.resume();
    }
    expect(group.stats().state).toBe('stopped');
  });
});

test('a consumer goes on where a listener throws, warns of no listeners, and lets its process end', async () => {
  const redis = await startRedis();
  const { report, exitDelayMs, stderr } = await inFreshProcess(
    async ({ load, report, args }) => {
      const { Redis } = require('ioredis');
      const client = new Redis(args.url);
      const heard = [];
      process.on('uncaughtException', ({ message }) => heard.push(message));
      const group = load().createConsumerGroup({
        client,
        stream: 'orders',
        group: 'workers',
        handler({ fields }, { signal }) {
          for (let n = 0; n < 12; n += 1) signal.addEventListener('abort', () => {});
          if (fields.n === '3') setImmediate(end);
          throw new Error('no');
        },
        onError() {
          throw new Error('the listener failed');
        },
      });
      async function end() {
        await group.stop();
        client.disconnect();
        report({ heard, failed: group.stats().failed });
      }
      await group.start();
      for (const n of ['1', '2', '3']) await client.xadd('orders', '*', 'n', n);
    },
    { args: { url: redis.url } },
  );
  expect(report).toEqual({ heard: new Array(3).fill('the listener failed'), failed: 3 });
  expect(stderr).toBe('');
  expect(exitDelayMs).toBeLessThan(1_000);
});

describe('an option of a consumer group', () => {
  const methods =
    'call duplicate eval multi watch xack xadd xautoclaim xclaim xgroup xinfo xpending xrange xreadgroup'.split(
      ' ',
    );
  const client = Object.fromEntries(methods.map((method) => [method, () => {}]));
  const fine = { client, stream: 'orders', group: 'workers', handler() {} };
  const cluster = { ...client, isCluster: true, options: { keyPrefix: 'app:' } };

  test.each([
    [undefined, /takes an object of options/],
    [{ ...fine, client: undefined }, /the option client must be a client with the methods of ioredis/],
    [{ ...fine, client: { ...client, xautoclaim: 1 } }, /this one has no xautoclaim\(\)/],
    [{ ...fine, stream: '' }, /the option stream must be a text that is not empty/],
    [{ ...fine, group: 7 }, /the option group must be a text/],
    [{ ...fine, consumer: null }, /the option consumer must be a text/],
    [{ ...fine, deadLetterStream: 'orders' }, /the option deadLetterStream must name another stream/],
    [{ ...fine, concurrency: 0 }, /the option concurrency must be a whole number from 1 to 10000/],
    [{ ...fine, batchSize: 1.5 }, /the option batchSize must be a whole number from 1 to 10000/],
    [{ ...fine, blockMs: 0 }, /the option blockMs must be a whole number from 1 to 3600000/],
    [{ ...fine, minIdleMs: '60' }, /the option minIdleMs must be a whole number from 10 to 86400000/],
    [{ ...fine, maxDeliveries: Infinity }, /the option maxDeliveries must be a whole number from 1 to/],
    [{ ...fine, from: 'now' }, /the option from must be '\$'/],
    [{ ...fine, handler: 'x' }, /the option handler must be a function/],
    [{ ...fine, onError: {} }, /the option onError must be a function/],
    [{ ...fine, signal: {} }, /the option signal must be an AbortSignal/],
    [{ ...fine, maxRetries: 3 }, /has no option maxRetries; there are: batchSize, /],
    [{ ...fine, client: cluster }, /give both names the same hash tag/],
  ])('that is wrong is refused: %#', (options, sentence) => {
    expect(() => createConsumerGroup(options)).toThrow(sentence);
    expect(() => createConsumerGroup(options)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
  });

  test('is told by its page, with its default', () => {
    const page = fs.readFileSync(path.join(PACKAGE_ROOT, 'docs', 'streams.md'), 'utf8');
    const table = page.split('<!-- consumer group -->')[1].split('<!-- /consumer group -->')[0];
    const rows = [...table.matchAll(/^\| ([a-zA-Z, ]+) \|([^|]*)\|/gm)].slice(1);
    expect(rows.flatMap(([, names]) => names.split(', ')).sort()).toEqual(KNOWN);
    const told = Object.fromEntries(rows.map(([, name, text]) => [name, text.trim().replaceAll('`', '')]));
    expect(told).toMatchObject(
      Object.fromEntries(Object.entries(DEFAULTS).map(([name, value]) => [name, String(value)])),
    );
  });

  test('that is undefined is as good as left out', () => {
    expect(createConsumerGroup({ ...fine, consumer: undefined, signal: undefined }).stats()).toMatchObject({
      state: 'idle',
      consumer: expect.stringMatching(/-\d+-[0-9a-f]{8}$/),
    });
  });

  test('that names streams of one slot is taken in a cluster', () => {
    expect(() => createConsumerGroup({ ...fine, client: cluster, stream: '{orders}' })).not.toThrow();
  });
});
