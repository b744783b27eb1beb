'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { rejection, until } = require('../support/wait');

const PREFIX = 'app:';
/** A node refuses a slot without an owner. A call that is not sent waits for its whole timeout. */
const REFUSED_WITHIN_MS = 1000;

let cluster;

const open = (options) =>
  openPackage({ clusterHosts: cluster.hosts, clientKeyPrefix: PREFIX, logLevel: 'off', ...options });

/** A move of the slot of `name` to a primary that does not have it. */
async function moveOf(name) {
  const slot = await cluster.slotOf(name);
  const from = await cluster.ownerOfSlot(slot);
  const to = (await cluster.primaries()).find((node) => node !== from);
  return cluster.beginMove(slot, to);
}

/**
 * Waits until so many connections have read the slots again, which each does every five seconds at one
 * node.
 */
async function lookedAgain(connections) {
  const asked = async () => {
    const counts = cluster.nodes.map(async (node) => {
      const stats = await node.command('INFO', 'commandstats');
      return Number(/cmdstat_cluster\|slots:calls=(\d+)/.exec(stats)?.[1] ?? 0);
    });
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  };
  const before = await asked();
  await until(async () => (await asked()) >= before + 2 * connections, {
    timeoutMs: 20_000,
    what: 'a look at the slots',
  });
}

describe('while slots move', () => {
  beforeAll(async () => {
    cluster = await startCluster({ replicas: 0 });
  }, 60_000);

  describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
    let orgcache;
    let client;

    beforeEach(async () => {
      await cluster.flush();
      orgcache = open({ driver });
      client = await orgcache.getRedis();
    });

    afterEach(() => orgcache.shutdown({ timeoutMs: 500 }));

    test('a transaction goes where its keys are, half-way and behind', async () => {
      await client.set('key', 1);
      const move = await moveOf(`${PREFIX}key`);
      await move.migrateAll();
      expect(await client.multi().incr('key').get('key').exec()).toEqual([
        [null, 2],
        [null, '2'],
      ]);
      await move.finish();
      expect(await client.multi().incr('key').exec()).toEqual([[null, 3]]);
    });

    test('a transaction that watches a key whose slot has gone to another node does not run', async () => {
      await client.set('key', 1);
      await client.watch('key');
      await client.set('key', 2);
      const move = await moveOf(`${PREFIX}key`);
      await move.finish();
      await lookedAgain(2);
      expect(await client.multi().set('key', 3).exec()).toBeNull();
      expect(await client.get('key')).toBe('2');
    });

    test('a transaction whose watched key is on its way to another node meets a conflict, and runs when it is made again', async () => {
      const raise = async () => {
        await client.watch('key');
        const value = Number(await client.get('key'));
        return client
          .multi()
          .set('key', value + 1)
          .exec();
      };
      await client.set('key', 1);
      await client.watch('key');
      const move = await moveOf(`${PREFIX}key`);
      await move.migrateAll();
      expect(await client.multi().set('key', 3).exec()).toBeNull();
      await move.finish();
      expect(await raise()).toEqual([[null, 'OK']]);
      await client.watch('key');
      await (await moveOf(`${PREFIX}key`)).finish();
      expect(await client.multi().set('key', 4).exec()).toBeNull();
      expect(await raise()).toEqual([[null, 'OK']]);
      expect(await client.get('key')).toBe('3');
    });

    test('a command whose keys are on two nodes is run when its slot has moved, however often it was tried', async () => {
      await client.mset('{two}a', 1, '{two}b', 2);
      const move = await moveOf(`${PREFIX}{two}a`);
      await move.migrate([`${PREFIX}{two}a`]);
      const reading = client.mget('{two}a', '{two}b');
      const tries = async () => {
        const counts = cluster.nodes.map(async (node) => {
          const stats = await node.command('INFO', 'errorstats');
          return Number(/errorstat_TRYAGAIN:count=(\d+)/.exec(stats)?.[1] ?? 0);
        });
        return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      };
      const before = await tries();
      await until(async () => (await tries()) > before + 20, { what: 'that many refusals' });
      await move.finish();
      expect(await reading).toEqual(['1', '2']);
    });

    test('a command that blocks longer than others may take follows its slot', async () => {
      const patient = await open({ driver, commandTimeout: 300 }).getRedis();
      const popped = patient.blpop('list', 20);
      expect(await patient.blpop('{list}other', 0.6)).toBeNull();
      await (await moveOf(`${PREFIX}list`)).finish();
      const isBlocked = async (node) => /blocked_clients:1/.test(await node.command('INFO', 'clients'));
      const owner = await cluster.ownerOf(`${PREFIX}list`);
      await until(() => isBlocked(owner), { what: 'the command at the new owner' });
      await client.rpush('list', 'value');
      expect(await popped).toEqual([`${PREFIX}list`, 'value']);
    });

    test('UNWATCH ends watches wherever their key is', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
        await client.watch(name);
        await client.unwatch();
        await client.set(name, 1);
        await client.watch(`{${name}}other`);
        expect(await client.multi().set(`{${name}}other`, 1).exec()).toEqual([[null, 'OK']]);
      }
    });

    test('keys of several slots cannot be watched together', async () => {
      await client.watch('a');
      expect(await rejection(client.watch('b'))).toMatchObject({ code: 'E_REPLY', redisCode: 'CROSSSLOT' });
    });

    test('channels are counted together, deliver once and end, wherever their slots go', async () => {
      const heard = [];
      client.on('message', (channel, message) => heard.push(`${channel} ${message}`));
      const listeners = async () => {
        const counts = cluster.nodes.map(async (node) => (await node.command('PUBSUB', 'NUMSUB', 'news'))[1]);
        return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
      };
      expect(await client.subscribe('news')).toBe(1);
      expect([await client.subscribe('a'), await client.subscribe('b')]).toEqual([2, 3]);
      expect(await client.psubscribe('c*')).toBe(4);
      const move = await moveOf('news');
      await move.finish();
      await lookedAgain(1);
      expect(await client.subscribe('news')).toBe(4);
      expect(await listeners()).toBe(1);
      await cluster.nodes[0].command('PUBLISH', 'news', 'once');
      await cluster.nodes[0].command('PUBLISH', 'b', 'last');
      await until(() => heard.includes('b last'), { what: 'the messages' });
      expect(heard).toEqual(['news once', 'b last']);
      expect(await client.unsubscribe('news')).toBe(3);
      expect(await listeners()).toBe(0);
    });

    test('a scan finds all keys that stay where they are', async () => {
      const keys = Array.from({ length: 1500 }, (_, index) => `${PREFIX}${index}`);
      await Promise.all(keys.map((key) => client.set(key.slice(PREFIX.length), 1)));
      const [giver, taker] = await cluster.primaries();
      const held = await giver.keys('*');
      const found = new Set();
      const moved = [];
      for await (const page of client.scanStream({ count: 25 })) {
        for (const key of page) found.add(key);
        if (found.size === 0 || moved.length > 0) continue;
        // A scan that keeps to the first key of a node meets one of these.
        for (let number = 0; number < 30; number += 1) {
          const slot = await cluster.slotOf(String(number));
          if ((await cluster.ownerOfSlot(slot)) !== giver) continue;
          await (await cluster.beginMove(slot, taker)).finish();
          moved.push(slot);
        }
      }
      const stayed = new Set(await giver.keys('*'));
      const missed = held.filter((key) => stayed.has(key) && !found.has(key));
      for (const slot of moved) await (await cluster.beginMove(slot, giver)).finish();
      expect(missed).toEqual([]);
    }, 60_000);

    test('a slot without an owner is refused at once, and its node goes on with the others', async () => {
      const slot = await cluster.slotOf(`${PREFIX}lost`);
      const owner = await cluster.ownerOfSlot(slot);
      const everybody = (...command) => Promise.all(cluster.nodes.map((node) => node.command(...command)));
      await everybody('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
      await everybody('CLUSTER', 'DELSLOTS', slot);
      try {
        const again = open({ driver });
        const other = await again.getRedis();
        await other.set('kept', 1);
        const { connectionLost } = (await again.cacheAdapter.getStats()).cache.redis;
        const before = performance.now();
        expect(await rejection(other.get('lost'))).toMatchObject({
          code: 'E_REPLY',
          redisCode: 'CLUSTERDOWN',
        });
        expect(performance.now() - before).toBeLessThan(REFUSED_WITHIN_MS);
        expect(await other.get('kept')).toBe('1');
        expect((await again.cacheAdapter.getStats()).cache.redis.connectionLost).toBe(connectionLost);
      } finally {
        await owner.command('CLUSTER', 'ADDSLOTS', slot);
        await everybody('CONFIG', 'SET', 'cluster-require-full-coverage', 'yes');
        await cluster.settled();
      }
    });
  });
});

describe.each(['hostname', 'unknown-endpoint'])('a cluster whose nodes tell no address (%s)', (type) => {
  beforeAll(async () => {
    cluster = await startCluster({
      replicas: 0,
      configuration: [`cluster-preferred-endpoint-type ${type}`],
    });
  }, 60_000);

  test.each(['loop', 'thread'])('is followed while a slot moves, with the %s driver', async (driver) => {
    const orgcache = open({ driver });
    const client = await orgcache.getRedis();
    await client.set('key', 1);
    const move = await moveOf(`${PREFIX}key`);
    await move.migrateAll();
    expect(await client.incr('key')).toBe(2);
    await move.finish();
    expect(await client.incr('key')).toBe(3);
    await orgcache.shutdown({ timeoutMs: 500 });
  });
});

describe.each(['loop', 'thread'])('a subscriber with the %s driver', (driver) => {
  let heard;
  let gaps;

  beforeEach(async () => {
    cluster = await startCluster({
      replicas: 0,
      configuration: ['cluster-require-full-coverage no'],
    });
    const client = await open({ driver }).getRedis();
    [heard, gaps] = [[], []];
    client.on('message', (channel, message) => heard.push(`${channel} ${message}`));
    client.on('gap', (gap) => gaps.push(gap));
    client.on('error', () => {});
    await client.subscribe('news');
  }, 60_000);

  const isHeard = async (message) => {
    await cluster.live[0].command('PUBLISH', 'news', message);
    return heard.includes(`news ${message}`);
  };

  test('goes to another node when its own has given all slots away', async () => {
    const owner = await cluster.ownerOf('news');
    const { first, last } = (await cluster.ranges()).find(({ primary }) => primary === owner.id);
    const others = cluster.nodes.filter((node) => node !== owner);
    const [heir] = others;
    const slots = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    await owner.command('CLUSTER', 'DELSLOTS', ...slots);
    for (const node of others) await node.command('CLUSTER', 'DELSLOTS', ...slots);
    await heir.command('CLUSTER', 'ADDSLOTS', ...slots);
    await heir.command('CLUSTER', 'BUMPEPOCH');
    await until(() => gaps.length === 1, { timeoutMs: 20_000, what: 'the event gap' });
    for (const node of others) await node.command('CLUSTER', 'FORGET', owner.id);
    await owner.kill();
    await until(() => isHeard('after'), { what: 'the message' });
  }, 90_000);

  test('goes to another node when its own has died and no replica takes over', async () => {
    const owner = await cluster.ownerOf('news');
    await owner.kill();
    await until(() => gaps.length === 1, { timeoutMs: 40_000, what: 'the event gap' });
    await until(() => isHeard('after'), { what: 'the message' });
    await owner.restart();
    await until(() => gaps.length === 2, { timeoutMs: 20_000, what: 'the second gap' });
    for (const gap of gaps) {
      expect(gap).toEqual({ channels: ['news'], since: expect.any(Number), until: expect.any(Number) });
    }
    await cluster.settled();
    await owner.command('PUBLISH', 'news', 'once');
    await until(() => isHeard('last'), { what: 'the message' });
    expect(heard.filter((message) => message === 'news once')).toHaveLength(1);
  }, 90_000);
});
