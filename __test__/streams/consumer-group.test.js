'use strict';

const { consumerGroups } = require('../support/consumer-group-harness');
const { CLIENTS } = require('../support/stream-clients');
const { until, within } = require('../support/wait');

const SHORT_IDLE_MS = 400;

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

  const sorted = (ids) => [...ids].sort();
  const deadLetters = () => redis.command('XRANGE', '{orders}:dead', '-', '+');
  const fieldsOf = ([, words]) =>
    Object.fromEntries(words.flatMap((word, index) => (index % 2 ? [] : [[word, words[index + 1]]])));

  describe('in which all is well', () => {
    test('gives each entry to one of its consumers, once', async () => {
      const first = await streams.started();
      const second = await streams.started();
      const ids = await streams.add(200);
      await streams.settled();
      await until(() => first.handled.length + second.handled.length >= 200);
      expect(sorted([...first.handled, ...second.handled])).toEqual(sorted(ids));
      expect(first.handled.length).toBeGreaterThan(0);
      expect(second.handled.length).toBeGreaterThan(0);
      expect(first.stats()).toMatchObject({ state: 'running', errors: 0, failed: 0, claimed: 0 });
      expect(first.stats().handled + second.stats().handled).toBe(200);
    });

    test('gives the handler an entry’s id, fields, flat list and number of deliveries', async () => {
      let seen;
      await streams.started({
        handler: (entry) => {
          seen = entry;
        },
      });
      const id = await redis.command('XADD', 'orders', '*', 'a', '1', '__proto__', '2', 'a', '3');
      await until(() => seen);
      expect(seen).toEqual({
        id,
        fields: Object.fromEntries([
          ['a', '3'],
          ['__proto__', '2'],
        ]),
        fieldsAndValues: ['a', '1', '__proto__', '2', 'a', '3'],
        deliveries: 1,
      });
    });

    test('begins with new entries, unless it is configured to begin with all', async () => {
      const [old] = await streams.add(1);
      const fresh = await streams.started({ group: 'fresh', from: '$' });
      const all = await streams.started({ group: 'all', from: '0' });
      const [latest] = await streams.add(1);
      await until(() => fresh.handled.length === 1 && all.handled.length === 2);
      expect(fresh.handled).toEqual([latest]);
      expect(all.handled).toEqual([old, latest]);
    });

    test('never works on more entries at once than it may, and on as many as it may', async () => {
      let running = 0;
      let most = 0;
      await streams.add(150);
      const group = await streams.started({
        concurrency: 4,
        batchSize: 9,
        handler: async () => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
        },
      });
      await until(() => group.stats().handled === 150);
      expect(most).toBe(4);
    });

    test('leaves entries in Redis while it has no room', async () => {
      const group = await streams.started({
        concurrency: 2,
        batchSize: 3,
        handler: () => new Promise(() => {}),
      });
      await streams.add(40);
      await until(() => group.stats().running === 2);
      expect(await streams.pending()).toBeLessThanOrEqual(4);
      expect(group.stats()).toMatchObject({ running: 2, read: await streams.pending() });
    });

    test('does not make the client’s other commands wait behind its reads', async () => {
      const client = await streams.client();
      await streams.started({ client, blockMs: 3_600_000 });
      const [id] = await streams.add(1);
      const { value } = await within(
        1_000,
        client.xrange('orders', '-', '+'),
        'XRANGE beside a blocked read',
      );
      expect(value.map(([first]) => first)).toEqual([id]);
    });
  });

  describe('whose consumers die', () => {
    test('gives an entry that its consumer has not settled to another one', async () => {
      await streams.started({ minIdleMs: SHORT_IDLE_MS }).then((group) => group.stop());
      const [id] = await streams.add(1);
      await redis.command('XREADGROUP', 'GROUP', 'workers', 'dead', 'STREAMS', 'orders', '>');
      let deliveries;
      const group = await streams.started({
        minIdleMs: SHORT_IDLE_MS,
        handler: (entry) => {
          deliveries = entry.deliveries;
        },
      });
      await streams.settled();
      expect(group.handled).toEqual([id]);
      expect(deliveries).toBe(2);
      expect(group.stats()).toMatchObject({ claimed: 1, read: 0 });
    });

    test('claims more than one batch without waiting between them', async () => {
      await streams.started().then((group) => group.stop());
      await streams.add(50);
      await redis.command('XREADGROUP', 'GROUP', 'workers', 'dead', 'STREAMS', 'orders', '>');
      await until(
        async () =>
          (await redis.command('XPENDING', 'orders', 'workers', 'IDLE', 200, '-', '+', 99)).length === 50,
      );
      const group = await streams.started({ concurrency: 1, batchSize: 2, minIdleMs: 200 });
      await until(() => group.stats().handled === 50);
    });

    test('does not take an entry from a handler that is slower than the idle time', async () => {
      let finish;
      const gate = new Promise((resolve) => {
        finish = resolve;
      });
      const slow = await streams.started({ minIdleMs: SHORT_IDLE_MS, handler: () => gate });
      await streams.add(3);
      await until(() => slow.stats().running === 3);
      const begun = performance.now();
      const other = await streams.started({ minIdleMs: SHORT_IDLE_MS });
      await until(() => performance.now() - begun > 4 * SHORT_IDLE_MS);
      const owners = await redis.command('XPENDING', 'orders', 'workers', '-', '+', 9);
      expect(owners.map(([, consumer, , deliveries]) => [consumer, deliveries])).toEqual(
        new Array(3).fill([slow.stats().consumer, 1]),
      );
      finish();
      await streams.settled();
      expect(other.handled).toEqual([]);
      expect(slow.stats()).toMatchObject({ handled: 3, claimed: 0 });
    });

    test('does not begin an entry again that it is still working on', async () => {
      const handler = () => new Promise(() => {});
      const group = await streams.started({ consumer: 'c1', minIdleMs: 100, handler });
      const [id] = await streams.add(1);
      await until(() => group.stats().running === 1);
      await redis.command('XCLAIM', 'orders', 'workers', 'c1', 0, id, 'IDLE', 60_000, 'JUSTID');
      const deliveries = async () => (await redis.command('XPENDING', 'orders', 'workers', id, id, 1))[0][3];
      await until(async () => (await deliveries()) >= 2);
      const later = performance.now() + 100;
      await until(() => performance.now() > later);
      expect(group.handled).toEqual([id]);
    });

    test('counts and settles entries that were deleted from the stream while pending', async () => {
      await streams.started().then((group) => group.stop());
      const [gone, there] = await streams.add(2);
      await redis.command('XREADGROUP', 'GROUP', 'workers', 'dead', 'STREAMS', 'orders', '>');
      await redis.command('XDEL', 'orders', gone);
      const group = await streams.started({ minIdleMs: SHORT_IDLE_MS });
      await streams.settled();
      await until(() => group.stats().deleted === 1);
      expect(group.handled).toEqual([there]);
    });
  });

  describe('whose handler fails', () => {
    test('tries again and, after the last delivery, puts the entry to the dead letters with the reason', async () => {
      const group = await streams.started({
        minIdleMs: 50,
        maxDeliveries: 3,
        consumer: 'c1',
        handler: ({ fields }) => {
          if (fields.n === '1') throw new Error('no such order');
        },
      });
      const [fine, poison, alsoFine] = await streams.add(3);
      await until(async () => (await deadLetters()).length > 0);
      await streams.settled();
      expect(group.handled.filter((id) => id === poison)).toHaveLength(3);
      expect(group.handled.filter((id) => id !== poison)).toEqual([fine, alsoFine]);
      const letters = await deadLetters();
      expect(letters.map(fieldsOf)).toEqual([
        {
          'dead:stream': 'orders',
          'dead:group': 'workers',
          'dead:consumer': 'c1',
          'dead:id': poison,
          'dead:deliveries': '3',
          'dead:reason': 'no such order',
          n: '1',
        },
      ]);
      expect(group.stats()).toMatchObject({ handled: 2, failed: 3, deadLettered: 1, errors: 0 });
      expect(group.errors.map(({ during, id, deliveries }) => [during, id, deliveries])).toEqual([
        ['handle', poison, 1],
        ['handle', poison, 2],
        ['handle', poison, 3],
      ]);
    });

    test('puts an entry that kills its consumers to the dead letters without handling it once more', async () => {
      await streams.started().then((group) => group.stop());
      const [poison] = await streams.add(1);
      await redis.command('XREADGROUP', 'GROUP', 'workers', 'dead', 'STREAMS', 'orders', '>');
      await redis.command(
        'XCLAIM',
        'orders',
        'workers',
        'dead',
        0,
        poison,
        'RETRYCOUNT',
        5,
        'IDLE',
        60_000,
        'JUSTID',
      );
      const group = await streams.started({ maxDeliveries: 5 });
      await streams.settled();
      expect(group.handled).toEqual([]);
      const [letter] = await deadLetters();
      expect(fieldsOf(letter)).toMatchObject({
        'dead:id': poison,
        'dead:reason': 'delivered 5 times and never acknowledged',
      });
    });

    test('copies bytes to the dead letters as they are', async () => {
      await streams.started({ maxDeliveries: 1, handler: () => Promise.reject(new Error('no')) });
      const bytes = Buffer.from([0xff, 0x00, 0xfe, 0x0d, 0x0a]);
      await redis.commandBuffer('XADD', 'orders', '*', 'bytes', bytes);
      await until(async () => (await deadLetters()).length > 0);
      const [[, words]] = await redis.commandBuffer('XRANGE', '{orders}:dead', '-', '+');
      expect(words.at(-1).equals(bytes)).toBe(true);
    });

    test('copies an entry of ten thousand fields', async () => {
      await streams.started({ maxDeliveries: 1, handler: () => Promise.reject(new Error('no')) });
      const words = Array.from({ length: 10_000 }, (_, index) => [`f${index}`, index]).flat();
      await redis.command('XADD', 'orders', '*', ...words);
      await until(async () => (await deadLetters()).length > 0);
      await streams.settled();
      const [letter] = await deadLetters();
      expect(fieldsOf(letter)).toMatchObject({ 'dead:reason': 'no', f9999: '9999' });
    });

    test('keeps an entry that the dead letters’ key cannot take', async () => {
      await redis.command('SET', '{orders}:dead', 'a text');
      const handler = () => Promise.reject(new Error('no'));
      const group = await streams.started({ maxDeliveries: 1, handler });
      await streams.add(1);
      await until(() => group.errors.some(({ during }) => during === 'dead-letter'));
      await until(() => group.stats().running === 0);
      expect(await streams.pending()).toBe(1);
      expect(group.stats().deadLettered).toBe(0);
      expect(group.errors.at(-1).error.message).toMatch(/WRONGTYPE/);
    });
  });
});
