'use strict';

const { rejection, until, within } = require('./wait');

let counter = 0;
/** A name that no other test has. */
const someone = () => `name-${process.pid}-${++counter}`;

/** The next messages of a subscription. */
async function take(subscription, count) {
  const messages = [];
  while (messages.length < count) {
    const { value } = await within(10_000, subscription.next(), `message ${messages.length + 1} of ${count}`);
    if (value.done) throw new Error(`the subscription ended after ${messages.length} messages`);
    messages.push(value.value);
  }
  return messages;
}

const payloads = (messages) => messages.map(({ payload }) => payload);
const upTo = (count, from = 0) => Array.from({ length: count }, (_, n) => from + n);

/**
 * The promises of topics, whatever the store. `open()` answers an instance of the package, `beside()` another one on the
 * same store, or undefined where there can be none. `least` and `most`: how many messages of a replay of 5 are kept.
 */
function topicsContract(open, beside = () => undefined) {
  let orgcache;
  let rooms;

  beforeAll(async () => {
    orgcache = await open();
  });

  beforeEach(() => {
    rooms = [];
  });

  afterEach(() => Promise.all(rooms.map((room) => room.close())));

  function roomOf(instance = orgcache, options = {}) {
    const { topic } = instance;
    const topics = { kept: topic({ replay: 10_000 }), few: topic({ replay: 5 }), live: topic() };
    const room = instance.createTopics({ topics, ...options });
    rooms.push(room);
    return room;
  }

  async function reader(room, name, options) {
    const subscription = room.subscribe(name, options);
    await subscription.ready();
    return subscription;
  }

  const publishAll = async (room, name, values, options) => {
    const ids = [];
    for (const value of values) ids.push((await room.publish(name, value, options)).id);
    return ids;
  };

  describe('a message', () => {
    test.each(['kept', 'live'])(
      'of a %s topic reaches every reader of its channel, in order',
      async (name) => {
        const room = roomOf();
        const other = beside();
        const places = [room, room, ...(other === undefined ? [] : [roomOf(await other)])];
        const whose = { organizationId: someone(), userId: 7 };
        const readers = await Promise.all(places.map((place) => reader(place, name, whose)));
        const sent = [{ n: 1, text: 'é\u{1F600}\n', ['__proto__']: 7 }, null, 0, '', [[]]];
        const ids = await publishAll(room, name, sent, whose);
        for (const subscription of readers) {
          const messages = await take(subscription, sent.length);
          expect(JSON.stringify(payloads(messages))).toBe(JSON.stringify(sent));
          expect(messages.map(({ id }) => id)).toEqual(ids);
          expect(messages[0]).toEqual({
            topic: name,
            id: ids[0],
            payload: sent[0],
            at: expect.any(Date),
            dropped: 0,
          });
          expect(Math.abs(messages[0].at - Date.now())).toBeLessThan(5_000);
        }
        expect(ids.every((id) => (name === 'live' ? id === null : /^\d+-\d+$/.test(id)))).toBe(true);
      },
    );

    test('is an object of each reader’s own', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const [one, two] = await Promise.all([reader(room, 'kept', whose), reader(room, 'kept', whose)]);
      await room.publish('kept', { list: [1] }, whose);
      const [first] = await take(one, 1);
      first.payload.list.push(2);
      expect((await take(two, 1))[0].payload).toEqual({ list: [1] });
    });

    test.each(['kept', 'live'])(
      'of a %s topic reaches nobody of another organization or user',
      async (name) => {
        const room = roomOf();
        const parts = ['a', 'b', 'a:b', 'a}', '{a}', 'global', '%61', 'a b', '*', '?', 'ä', 'A'];
        const prefix = someone();
        const names = parts.map((part) => prefix + part);
        const scopes = [{}, ...names.map((organizationId) => ({ organizationId }))];
        for (const userId of names) scopes.push({ userId }, { organizationId: names[0], userId });
        const readers = await Promise.all(scopes.map((scope) => reader(room, name, scope)));
        await Promise.all(scopes.map((scope, n) => room.publish(name, n, scope)));
        await Promise.all(scopes.map((scope) => room.publish(name, 'end', scope)));
        for (const [n, subscription] of readers.entries()) {
          expect(payloads(await take(subscription, 2))).toEqual([n, 'end']);
        }
        if (name === 'live') return;
        for (const [n, scope] of scopes.entries()) {
          const kept = payloads(await room.history(name, scope)).filter((payload) => payload !== 'end');
          expect(kept.at(-1)).toBe(n);
        }
      },
    );

    test('with an id is published once, also by many at once', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const subscription = await reader(room, 'kept', whose);
      const sent = upTo(50).map((n) => room.publish('kept', n, { ...whose, id: 'the same' }));
      const ids = new Set((await Promise.all(sent)).map(({ id }) => id));
      await room.publish('kept', 'end', whose);
      const [first, end] = await take(subscription, 2);
      expect([[first.id], end.payload]).toEqual([[...ids], 'end']);
      expect(room.stats().topics.kept.repeated).toBeGreaterThanOrEqual(49);
      const elsewhere = { organizationId: someone(), id: 'the same' };
      expect((await room.publish('kept', 1, elsewhere)).id).not.toBe(first.id);
    });
  });

  describe('what is kept', () => {
    test('is answered oldest first, the latest or behind a message', async () => {
      const room = roomOf();
      const whose = { userId: someone() };
      expect(await room.history('kept', whose)).toEqual([]);
      const ids = await publishAll(room, 'kept', upTo(300), whose);
      const latest = await room.history('kept', whose);
      expect(payloads(latest)).toEqual(upTo(100, 200));
      expect(latest.every((message) => !('reset' in message) && message.dropped === 0)).toBe(true);
      expect(payloads(await room.history('kept', { ...whose, limit: 1_000 }))).toEqual(upTo(300));
      expect(payloads(await room.history('kept', { ...whose, limit: 1 }))).toEqual([299]);
      expect(payloads(await room.history('kept', { ...whose, after: ids[9] }))).toEqual(upTo(100, 10));
      expect(payloads(await room.history('kept', { ...whose, after: ids[9], limit: 250 }))).toEqual(
        upTo(250, 10),
      );
      expect(await room.history('kept', { ...whose, after: ids[299] })).toEqual([]);
    });

    test('is read behind a message, and then what comes, though messages come all the while', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const [, second] = await publishAll(room, 'kept', upTo(20), whose);
      const late = [];
      let isPublishing = true;
      const publishing = (async () => {
        for (let n = 20; isPublishing; n++) await room.publish('kept', n, whose);
      })();
      for (let n = 0; n < 20; n++)
        late.push(room.subscribe('kept', { ...whose, after: second, maxBytes: 2_000 }));
      const all = await Promise.all(late.map((subscription) => take(subscription, 300)));
      isPublishing = false;
      await publishing;
      for (const messages of all) {
        expect(payloads(messages)).toEqual(upTo(300, 2));
        expect(messages.some(({ reset, dropped }) => reset !== undefined || dropped > 0)).toBe(false);
      }
    });

    test('of which something is missing says so with its first message', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const ids = await publishAll(room, 'few', upTo(500), whose);
      const left = await room.history('few', { ...whose, limit: 1_000 });
      expect(left.length).toBeGreaterThanOrEqual(5);
      expect(left.length).toBeLessThan(400);
      for (const after of ['0-0', ids[0]]) {
        const messages = await take(room.subscribe('few', { ...whose, after }), left.length);
        expect(payloads(messages)).toEqual(payloads(left));
        expect(messages.map(({ reset }) => reset)).toEqual([
          'trimmed',
          ...left.slice(1).map(() => undefined),
        ]);
        expect((await room.history('few', { ...whose, after }))[0].reset).toBe('trimmed');
      }
      const [whole] = await take(room.subscribe('few', { ...whose, after: ids[497] }), 1);
      expect([whole.payload, whole.reset]).toEqual([498, undefined]);
    });

    test('has a place that is no longer there: the next message says so', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const gone = room.subscribe('kept', { ...whose, after: '9999999999999-0' });
      const next = gone.next();
      await until(() => room.stats().readers === 1);
      const publishing = (async () => {
        // It is not known when the reader has read that there is nothing.
        for (;;) {
          await room.publish('kept', 1, whose);
          if (
            await Promise.race([
              next.then(() => true),
              new Promise((resolve) => setTimeout(resolve, 20, false)),
            ])
          )
            return;
        }
      })();
      expect((await next).value.reset).toBe('trimmed');
      await publishing;
    });

    test('goes after its time', async () => {
      const { topic, createTopics } = orgcache;
      const room = createTopics({ topics: { short: topic({ replay: 10, retainSeconds: 1 }) } });
      rooms.push(room);
      const whose = { organizationId: someone() };
      const subscription = await reader(room, 'short', whose);
      const { id } = await room.publish('short', 1, { ...whose, id: 'x' });
      await until(async () => (await room.history('short', whose)).length === 0);
      const again = await room.publish('short', 2, { ...whose, id: 'x' });
      expect(again.id).not.toBe(id);
      // Its reader has missed nothing.
      expect((await take(subscription, 2)).map(({ reset }) => reset)).toEqual([undefined, undefined]);
      const [late] = await take(room.subscribe('short', { ...whose, after: id }), 1);
      expect([late.payload, late.reset]).toEqual([2, 'trimmed']);
    });
  });

  describe('a reader that does not read', () => {
    test('of a live topic loses the oldest, and is told how many', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const subscription = await reader(room, 'live', { ...whose, maxBytes: 1_000 });
      const quick = await reader(room, 'live', whose);
      await publishAll(room, 'live', upTo(100), whose);
      await take(quick, 100);
      const [first] = await take(subscription, 1);
      expect(first.dropped).toBe(first.payload);
      expect(first.dropped).toBeGreaterThan(50);
      const rest = await take(subscription, 99 - first.payload);
      expect(payloads(rest)).toEqual(upTo(99 - first.payload, first.payload + 1));
      expect(rest.every(({ dropped }) => dropped === 0)).toBe(true);
      expect(room.stats().topics.live.dropped).toBeGreaterThanOrEqual(first.dropped);
    });

    test('of a kept topic gets everything, later', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const subscription = await reader(room, 'kept', { ...whose, maxBytes: 1_000 });
      await publishAll(room, 'kept', upTo(300), whose);
      const messages = await take(subscription, 300);
      expect(payloads(messages)).toEqual(upTo(300));
      expect(messages.some(({ reset, dropped }) => reset !== undefined || dropped > 0)).toBe(false);
      await room.publish('kept', 300, whose);
      expect(payloads(await take(subscription, 1))).toEqual([300]);
    });
  });

  describe('a subscription', () => {
    test('ends with its loop, its signal and its room, and the channel with the last', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const controller = new AbortController();
      const left = await reader(room, 'kept', whose);
      const aborted = await reader(room, 'kept', { ...whose, signal: controller.signal });
      const closed = await reader(room, 'live', whose);
      expect(room.stats()).toMatchObject({ channels: 2, readers: 3 });
      await room.publish('kept', 1, whose);
      for await (const { payload } of left) {
        expect(payload).toBe(1);
        break;
      }
      expect(await left.next()).toEqual({ done: true, value: undefined });
      await take(aborted, 1);
      const waiting = aborted.next();
      controller.abort(new Error('enough'));
      expect((await rejection(waiting)).message).toBe('enough');
      expect(await aborted.next()).toEqual({ done: true, value: undefined });
      expect(room.stats()).toMatchObject({ channels: 1, readers: 1 });
      const last = closed.next();
      await room.close();
      expect(await last).toEqual({ done: true, value: undefined });
      expect(room.stats()).toMatchObject({ channels: 0, readers: 0 });
      expect((await rejection(room.publish('kept', 1, whose))).code).toBe('E_CLOSED');
      expect(() => room.subscribe('kept')).toThrow(expect.objectContaining({ code: 'E_CLOSED' }));
    });

    test('whose signal has aborted before reads nothing', async () => {
      const subscription = roomOf().subscribe('live', { signal: AbortSignal.abort(new Error('no')) });
      expect((await rejection(subscription.next())).message).toBe('no');
      expect(await subscription.next()).toEqual({ done: true, value: undefined });
    });

    test('answers callers that wait at once in turn', async () => {
      const room = roomOf();
      const whose = { organizationId: someone() };
      const subscription = await reader(room, 'kept', whose);
      const waiting = upTo(5).map(() => subscription.next());
      await publishAll(room, 'kept', upTo(5), whose);
      expect((await Promise.all(waiting)).map(({ value }) => value.payload)).toEqual(upTo(5));
      await subscription.return();
    });
  });

  describe('bad input', () => {
    test('is refused with its code, and publishes nothing', async () => {
      const room = roomOf(orgcache, { maxBytes: 100 });
      const whose = { organizationId: someone() };
      const cycle = {};
      cycle.self = cycle;
      for (const [payload, options, code] of [
        ['x'.repeat(99), whose, 'E_VALUE_TOO_LARGE'],
        [cycle, whose, 'E_SERIALIZE'],
        [1n, whose, 'E_SERIALIZE'],
        [undefined, whose, 'E_SERIALIZE'],
        [1, { organizationId: '' }, 'E_KEY'],
        [1, { organizationId: 'x'.repeat(2_000) }, 'E_KEY'],
        [1, { userId: {} }, 'E_KEY'],
        [1, { ...whose, id: '' }, 'E_KEY'],
        [1, { ...whose, organization: 'x' }, 'E_ARGUMENT'],
      ]) {
        expect((await rejection(room.publish('kept', payload, options))).code).toBe(code);
      }
      await room.publish('kept', 'x'.repeat(98), whose);
      expect(await room.history('kept', whose)).toHaveLength(1);
      for (const after of ['x', '1', '1-', 7, {}]) {
        expect((await rejection(room.history('kept', { ...whose, after }))).code).toBe('E_KEY');
        expect(() => room.subscribe('kept', { after })).toThrow(expect.objectContaining({ code: 'E_KEY' }));
      }
      for (const limit of [0, -1, 1.5, Number.NaN, 10_001, '5']) {
        expect((await rejection(room.history('kept', { ...whose, limit }))).code).toBe('E_ARGUMENT');
      }
      for (const name of ['other', '', undefined, '__proto__', 'constructor']) {
        expect((await rejection(room.publish(name, 1))).code).toBe('E_POLICY');
        expect(() => room.subscribe(name)).toThrow(expect.objectContaining({ code: 'E_POLICY' }));
      }
      for (const call of [
        room.publish('live', 1, { id: 'x' }),
        room.publish('live', 1, { journal: true }),
        room.history('live'),
      ]) {
        expect((await rejection(call)).code).toBe('E_ARGUMENT');
      }
      expect(() => room.subscribe('live', { after: '0-0' })).toThrow(
        expect.objectContaining({ code: 'E_ARGUMENT' }),
      );
      expect(() => room.subscribe('live', { maxBytes: 0 })).toThrow(
        expect.objectContaining({ code: 'E_ARGUMENT' }),
      );
    });

    test('of the room is refused when it is made', () => {
      const { createTopics, topic } = orgcache;
      for (const options of [
        undefined,
        {},
        { topics: {} },
        { topics: { a: topic() }, maxBytes: 0 },
        { topics: { 'a b': topic() } },
        { topics: { a: topic({ replay: Number.NaN }) } },
        { topics: { a: topic({ retainSeconds: 5 }) } },
        { topics: { a: topic({ replay: 2 ** 53 }) } },
      ]) {
        expect(() => createTopics(options)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
      }
      expect(() => topic({ replays: 5 })).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
      expect(() => topic(5)).toThrow(expect.objectContaining({ code: 'E_CONFIG' }));
    });
  });
}

module.exports = { payloads, someone, take, topicsContract, upTo };
