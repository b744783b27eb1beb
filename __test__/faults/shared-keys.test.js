'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { DRIVERS, hasRecovered, prepare, sized } = require('./support/fault-test');
const { startPeer } = require('./support/peer');
const { randomOf } = require('./support/random');
const { until } = require('../support/wait');

/** The newer of two writes has the longer remaining lifetime in milliseconds, less the time of a request. */
const APART_MS = 60;
const TTL_SECONDS = 3600;
const RECOVERY_MS = 10_000;
const KEYS = sized({ short: 40, full: 400 });
const ROUNDS = sized({ short: 4, full: 12 });
const ORGANIZATION = 'org-shared';

/** Values that both processes write, by kind. Lifetimes of a kind are equal. */
const KINDS = {
  'a conversation': {
    write: ({ cacheAdapter }, id, value) =>
      cacheAdapter.setConversationContext(ORGANIZATION, `+1${id}`, [value]),
    read: async ({ cacheAdapter }, id) =>
      (await cacheAdapter.getConversationContext(ORGANIZATION, `+1${id}`))?.[0] ?? null,
  },
  'a key': {
    write: ({ cacheAdapter }, id, value) => cacheAdapter.set(`shared-${id}`, value, TTL_SECONDS),
    read: ({ cacheAdapter }, id) => cacheAdapter.get(`shared-${id}`),
    remove: ({ cacheAdapter }, id) => cacheAdapter.delete(`shared-${id}`),
  },
  'a lead': {
    write: ({ cacheAdapter }, id, value) => cacheAdapter.setPhoneToLeadMapping(`+2${id}`, value),
    read: ({ cacheAdapter }, id) => cacheAdapter.getPhoneToLeadMapping(`+2${id}`),
  },
  'the field of a hash': {
    write: ({ cacheManager }, id, value) => cacheManager.hset(`hash-${id}`, 'field', value, TTL_SECONDS),
    read: ({ cacheManager }, id) => cacheManager.hget(`hash-${id}`, 'field'),
    remove: ({ cacheManager }, id) => cacheManager.hdel(`hash-${id}`, 'field'),
  },
};

/** A black hole is found by its silence, so each takes seconds. */
const STUCK_KINDS = sized({ short: ['a key', 'the field of a hash'], full: Object.keys(KINDS) });

describe.each(DRIVERS)('a process that is cut off and another that is not, with the %s driver', (driver) => {
  let bench;
  let first;
  let second;

  beforeEach(async () => {
    bench = await prepare({ isProxied: true, options: { driver } });
    first = bench.orgcache;
    const { url: _, ...settings } = bench.settings;
    second = await startPeer({ ...settings, url: bench.redis.url });
    await first.cacheAdapter.get('connect');
    await second.cacheAdapter.get('connect');
  });
  afterEach(async () => {
    await first.shutdown();
    await second.stop();
    await bench.proxy.stop();
    await bench.redis.stop();
  });

  async function cutOff() {
    await bench.proxy.refuse();
    await outage();
  }

  async function outage() {
    await until(() => bench.state().state === 'degraded', { what: 'the outage to be noticed' });
  }

  async function heal() {
    await bench.proxy.heal();
    await until(() => hasRecovered(bench.state()), { timeoutMs: RECOVERY_MS, what: 'the recovery' });
  }

  /** Both processes must read the same, or it is not the value in Redis. */
  async function expectBothToRead(kind, id, value) {
    const read = [await KINDS[kind].read(first, id), await KINDS[kind].read(second, id)];
    expect({ kind, id, read }).toEqual({ kind, id, read: [value, value] });
  }

  test.each(Object.keys(KINDS))(
    '%s is what it was last written as, whoever did it',
    async (kind) => {
      const { write } = KINDS[kind];
      for (const id of [1, 2]) expect(await write(first, id, 'before')).toBe(true);
      await cutOff();
      expect(await write(first, 1, 'first')).toBe(true);
      expect(await write(second, 2, 'second')).toBe(true);
      await delay(APART_MS);
      expect(await write(second, 1, 'second, later')).toBe(true);
      expect(await write(first, 2, 'first, later')).toBe(true);
      await heal();
      await expectBothToRead(kind, 1, 'second, later');
      await expectBothToRead(kind, 2, 'first, later');
    },
    30_000,
  );

  test.each(Object.keys(KINDS).filter((kind) => KINDS[kind].remove))(
    '%s that the first deletes is gone, and one that the second writes after that is not',
    async (kind) => {
      const { write, remove } = KINDS[kind];
      for (const id of [3, 4]) expect(await write(first, id, 'before')).toBe(true);
      await cutOff();
      for (const id of [3, 4]) await remove(first, id);
      await delay(APART_MS);
      expect(await write(second, 4, 'second, later')).toBe(true);
      await heal();
      await expectBothToRead(kind, 3, null);
      await expectBothToRead(kind, 4, 'second, later');
    },
    30_000,
  );

  test('an organization that the first clears loses what was written before, and keeps what the second wrote later', async () => {
    const { write } = KINDS['a conversation'];
    expect(await write(first, 5, 'before')).toBe(true);
    await cutOff();
    expect(await write(second, 6, 'second')).toBe(true);
    await delay(APART_MS);
    expect(await first.cacheAdapter.clearOrganizationCache(ORGANIZATION)).not.toBe(false);
    await delay(APART_MS);
    expect(await write(second, 7, 'second, later')).toBe(true);
    await heal();
    await expectBothToRead('a conversation', 5, null);
    await expectBothToRead('a conversation', 6, null);
    await expectBothToRead('a conversation', 7, 'second, later');
  }, 30_000);

  test.each(STUCK_KINDS)(
    '%s that is stuck in a black hole and dies there undoes nothing that the other process has written since',
    async (kind) => {
      const { write } = KINDS[kind];
      expect(await write(first, 8, 'before')).toBe(true);
      await bench.proxy.blackHole();
      const stuck = write(first, 8, 'first, stuck');
      await delay(APART_MS);
      expect(await write(second, 8, 'second, later')).toBe(true);
      expect(await stuck).toBe(true);
      await outage();
      // Bytes that leave the hole are carried out: they cannot be recalled. These stay in it.
      await bench.proxy.reset();
      await heal();
      await expectBothToRead(kind, 8, 'second, later');
    },
    30_000,
  );

  test('fields of one hash that each process wrote alone are all there, whoever wrote the hash last', async () => {
    await cutOff();
    const set = ({ cacheManager }, field, value) => cacheManager.hset('hash', field, value, TTL_SECONDS);
    expect(await set(first, 'earlier', 'first')).toBe(true);
    await delay(APART_MS);
    expect(await set(second, 'between', 'second')).toBe(true);
    await delay(APART_MS);
    expect(await set(first, 'later', 'first')).toBe(true);
    await heal();
    const all = { earlier: 'first', between: 'second', later: 'first' };
    expect(await first.cacheManager.hgetall('hash')).toEqual(all);
    expect(await second.cacheManager.hgetall('hash')).toEqual(all);
  }, 30_000);

  test(`${KEYS} keys that both write in turns during an outage end as the last of both wrote them`, async () => {
    const random = randomOf(7);
    const names = Object.keys(KINDS);
    await cutOff();
    const last = new Map();
    for (let round = 0; round < ROUNDS; round += 1) {
      const writes = [];
      for (let id = 100; id < 100 + KEYS; id += 1) {
        const [who, process] = random.chance(0.5) ? ['first', first] : ['second', second];
        const kind = names[id % names.length];
        const value = `${id} ${who} ${round}`;
        last.set(id, { kind, value });
        writes.push(KINDS[kind].write(process, id, value));
      }
      expect(new Set(await Promise.all(writes))).toEqual(new Set([true]));
      await delay(APART_MS);
    }
    await heal();
    for (const [id, { kind, value }] of last) await expectBothToRead(kind, id, value);
  }, 60_000);
});
