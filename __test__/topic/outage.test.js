'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { payloads, someone, take, upTo } = require('../support/topics-contract');
const { rejection, until, within } = require('../support/wait');

const AWAY = /^E_(CONNECT|TIMEOUT)$/;
const TIMEOUT_MS = 300;

describe.each(['loop', 'thread'])('topics in an outage with the %s driver', (driver) => {
  let redis;
  let room;
  let whose;

  const open = (options = {}) =>
    openPackage({ url: redis.url, driver, logLevel: 'off', commandTimeout: TIMEOUT_MS, ...options });
  const roomOf = ({ createTopics, topic } = open()) =>
    createTopics({ topics: { kept: topic({ replay: 1_000 }), few: topic({ replay: 1 }), live: topic() } });
  const reader = async (name, options, from = room) => {
    const subscription = from.subscribe(name, { ...whose, ...options });
    await subscription.ready();
    return subscription;
  };
  /** Ends the connections that subscribe. */
  const cut = async () => expect(await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub')).toBeGreaterThan(0);
  const isSubscribed = async (name) => {
    const [, count] = await redis
      .command('PUBSUB', 'CHANNELS', `*!topic:${name}:*`)
      .then(([channel]) => (channel === undefined ? [0, 0] : redis.command('PUBSUB', 'NUMSUB', channel)));
    return count > 0;
  };
  /** Publishes until one arrives. */
  const published = async (payload) => {
    await until(() => room.publish('kept', payload, whose).then(() => true), { timeoutMs: 15_000 });
  };

  beforeEach(async () => {
    redis = await startRedis();
    room = roomOf();
    whose = { organizationId: someone() };
  });

  afterEach(() => room.close());

  test('a reader whose connection is cut over and over gets each message once, in order', async () => {
    const readers = await Promise.all(upTo(10).map(() => reader('kept')));
    let isDone = false;
    const cutting = (async () => {
      while (!isDone) {
        await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
        await new Promise((resolve) => setTimeout(resolve, 60));
      }
    })();
    for (const n of upTo(600)) {
      await room.publish('kept', n, whose);
      if (n % 5 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    isDone = true;
    await cutting;
    for (const one of readers) {
      const messages = await take(one, 600);
      expect(payloads(messages)).toEqual(upTo(600));
      expect(messages.every(({ reset }) => reset === undefined)).toBe(true);
    }
  });

  test('a reader of a live topic is told that it may have missed some', async () => {
    const one = await reader('live');
    await room.publish('live', 0, whose);
    expect((await take(one, 1))[0].reset).toBeUndefined();
    await cut();
    await until(() => isSubscribed('live'));
    await until(() => room.stats().topics.live.reset === 1);
    await room.publish('live', 1, whose);
    await room.publish('live', 2, whose);
    expect((await take(one, 2)).map(({ payload, reset }) => [payload, reset])).toEqual([
      [1, 'unknown'],
      [2, undefined],
    ]);
  });

  test('a reader of which messages are gone when it is back is told so', async () => {
    const one = await reader('few');
    await room.publish('few', 'first', whose);
    await take(one, 1);
    await redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    for (const n of upTo(400)) await room.publish('few', n, whose);
    await until(() => room.stats().topics.few.delivered > 0);
    const [next] = await take(one, 1);
    // It may have been back before all were gone.
    expect([undefined, 'trimmed']).toContain(next.reset);
    expect(next.reset === 'trimmed' ? next.payload > 0 : next.payload === 0).toBe(true);
  });

  test('FLUSHALL leads to a reset, whether the reader is connected or not', async () => {
    const one = await reader('kept');
    const { id } = await room.publish('kept', 0, whose);
    // A stream that begins anew in the same millisecond would begin with the same id.
    await until(() => Date.now() > Number.parseInt(id, 10) + 1);
    await redis.command('FLUSHALL');
    await room.publish('kept', 1, whose);
    const connected = await take(one, 2);
    await cut();
    await redis.command('FLUSHALL');
    await until(() => isSubscribed('kept'));
    await room.publish('kept', 2, whose);
    await room.publish('kept', 3, whose);
    const messages = [...connected, ...(await take(one, 2))];
    expect(payloads(messages)).toEqual(upTo(4));
    expect(messages.map(({ reset }) => reset !== undefined)).toEqual([false, true, true, false]);
  });

  test('a message is refused in time while Redis is away, and readers go on when it is back', async () => {
    const one = await reader('kept');
    redis.pause();
    const { value, ms } = await within(5_000, rejection(room.publish('kept', 'lost', whose)));
    expect(value.code).toMatch(AWAY);
    expect(ms).toBeLessThan(TIMEOUT_MS + 1_000);
    await until(async () => (await rejection(room.publish('kept', 'lost', whose))).code === 'E_CONNECT');
    expect((await rejection(room.history('kept', whose))).code).toBe('E_CONNECT');
    redis.resume();
    await published('back');
    const found = [];
    while (found.at(-1) !== 'back') found.push(...payloads(await take(one, 1)));
    // Messages that were sent to the silent server may have been published.
    expect(found.filter((payload) => payload === 'back')).toHaveLength(1);
    expect(payloads(await room.history('kept', whose))).toEqual(found);
  });

  test('a message that the journal keeps is published once when Redis is back', async () => {
    const one = await reader('kept');
    redis.pause();
    const sent = await Promise.all(
      upTo(10).map((n) =>
        room.publish('kept', n, { ...whose, journal: true, ...(n < 5 ? { id: `id ${n}` } : {}) }),
      ),
    );
    expect(sent.every(({ id }) => id === null)).toBe(true);
    expect(room.stats().topics.kept.journalled).toBe(10);
    redis.resume();
    const messages = await take(one, 10);
    expect(payloads(messages).sort()).toEqual(upTo(10));
    const { id } = await room.publish('kept', 'again', { ...whose, id: 'id 3' });
    expect(id).toBe(messages.find(({ payload }) => payload === 3).id);
    await published('end');
    expect(payloads(await take(one, 1))).toEqual(['end']);
    expect(await room.history('kept', whose)).toHaveLength(11);
  });

  test('a subscription that cannot be made is refused, and can be made later', async () => {
    await redis.kill();
    const other = roomOf(open({ maxRetries: 1 }));
    const error = await rejection(other.subscribe('kept', whose).ready());
    expect(error.code).toBe('E_CONNECT');
    expect(other.stats()).toMatchObject({ channels: 0, readers: 0 });
    await redis.restart();
    const one = await until(() => reader('kept', {}, other), { timeoutMs: 10_000 });
    await until(() => other.publish('kept', 1, whose), { timeoutMs: 10_000 });
    expect(payloads(await take(one, 1))).toEqual([1]);
    await other.close();
  });
});
