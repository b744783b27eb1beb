'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { payloads, someone, take, topicsContract, upTo } = require('../support/topics-contract');
const { until } = require('../support/wait');

describe.each(['loop', 'thread'])('topics over Redis with the %s driver', (driver) => {
  let redis;
  const open = () => openPackage({ url: redis.url, driver, logLevel: 'off' });
  const roomOf = ({ createTopics, topic } = open()) =>
    createTopics({ topics: { kept: topic({ replay: 100 }), live: topic() } });

  beforeAll(async () => {
    redis = await startRedis();
  });

  topicsContract(open, open);

  const subscribers = async (channel) => (await redis.command('PUBSUB', 'NUMSUB', channel))[1];

  test('a channel has one subscription however many readers, and it ends with the last', async () => {
    const room = roomOf();
    const organizationId = someone();
    const readers = upTo(100).map(() => room.subscribe('kept', { organizationId }));
    await Promise.all(readers.map((reader) => reader.ready()));
    const [channel, ...others] = await redis.command(
      'PUBSUB',
      'CHANNELS',
      `*!topic:kept:{${organizationId}}`,
    );
    expect(others).toEqual([]);
    expect(await subscribers(channel)).toBe(1);
    await Promise.all(readers.slice(1).map((reader) => reader.return()));
    expect(await subscribers(channel)).toBe(1);
    await readers[0].return();
    await until(async () => (await subscribers(channel)) === 0);
    await room.close();
  });

  test('nothing is kept for ever', async () => {
    const room = roomOf();
    const organizationId = someone();
    await room.publish('kept', 1, { organizationId, id: 'a' });
    await room.publish('live', 1, { organizationId });
    const keys = await redis.keys(`*!topic:*${organizationId}*`);
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(await redis.command('PTTL', key)).toBeGreaterThan(3_500_000);
      expect(await redis.command('PTTL', key)).toBeLessThanOrEqual(3_600_000);
      expect(key).not.toContain(':a');
    }
    await room.close();
  });

  test('a server that evicts keys leads to one warning, where messages are kept', async () => {
    await redis.command('CONFIG', 'SET', 'maxmemory', '1gb', 'maxmemory-policy', 'allkeys-lru');
    const lines = [];
    const orgcache = openPackage({ url: redis.url, driver, logger: { warn: (line) => lines.push(line) } });
    const { createTopics, topic } = orgcache;
    const live = createTopics({ topics: { live: topic() } });
    await live.publish('live', 1);
    const [one, two] = [roomOf(orgcache), roomOf(orgcache)];
    await Promise.all([one.publish('kept', 1), two.publish('kept', 1)]);
    await until(() => lines.length > 0);
    await orgcache.cacheAdapter.getStats();
    expect(lines).toEqual([
      expect.stringContaining('allkeys-lru: when its memory is full, messages that topics keep'),
    ]);
    await redis.command('CONFIG', 'SET', 'maxmemory', '0', 'maxmemory-policy', 'noeviction');
    await Promise.all([live, one, two].map((room) => room.close()));
  });

  test('databases of one server share no messages', async () => {
    const [one, two] = [roomOf(), roomOf(openPackage({ url: `${redis.url}/3`, driver, logLevel: 'off' }))];
    const whose = { organizationId: someone() };
    for (const name of ['kept', 'live']) {
      const readers = [one, two].map((room) => room.subscribe(name, whose));
      await Promise.all(readers.map((reader) => reader.ready()));
      await one.publish(name, 'one', whose);
      await two.publish(name, 'two', whose);
      expect(payloads(await take(readers[0], 1))).toEqual(['one']);
      expect(payloads(await take(readers[1], 1))).toEqual(['two']);
    }
    await Promise.all([one.close(), two.close()]);
  });

  test('messages that others put there are read where they are JSON, and counted where they are not', async () => {
    const room = roomOf();
    const organizationId = someone();
    const reader = room.subscribe('live', { organizationId });
    await reader.ready();
    const [channel] = await redis.command('PUBSUB', 'CHANNELS', `*!topic:live:{${organizationId}}`);
    await redis.command('PUBLISH', channel, 'no JSON');
    await redis.command('PUBLISH', channel, '{"n":1}');
    expect(payloads(await take(reader, 1))).toEqual([{ n: 1 }]);
    expect(room.stats().topics.live.damaged).toBe(1);
    await room.close();
  });

  test('a script that the server has forgotten is sent again', async () => {
    const room = roomOf();
    const whose = { organizationId: someone() };
    const reader = room.subscribe('kept', whose);
    await reader.ready();
    for (const n of upTo(20)) {
      await redis.command('SCRIPT', 'FLUSH');
      await room.publish('kept', n, whose);
    }
    await redis.command('SCRIPT', 'FLUSH');
    expect(payloads(await room.history('kept', whose))).toEqual(upTo(20));
    expect(payloads(await take(reader, 20))).toEqual(upTo(20));
    await room.close();
  });
});
