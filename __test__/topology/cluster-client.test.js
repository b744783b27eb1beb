'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { rejection, until } = require('../support/wait');

let cluster;

beforeAll(async () => {
  cluster = await startCluster({ replicas: 0 });
}, 60_000);

beforeEach(() => cluster.flush());

const names = (count, prefix = 'key') => Array.from({ length: count }, (_, index) => `${prefix}:${index}`);

describe.each(['loop', 'thread'])('the Redis client over a cluster, with the %s driver', (driver) => {
  let orgcache;
  let client;

  beforeEach(async () => {
    orgcache = openPackage({ clusterHosts: cluster.hosts, clientKeyPrefix: 'app:', driver, logLevel: 'off' });
    client = await orgcache.getRedis();
  });

  afterEach(() => orgcache.shutdown({ timeoutMs: 500 }));

  test('says that it is one', async () => {
    expect(client.isCluster).toBe(true);
    expect(orgcache.getConnectionInfo()).toMatchObject({ isCluster: true, keyPrefix: 'app:' });
  });

  test('sends each command to the node of its key, and a pipeline to all of them in order', async () => {
    const keys = names(60);
    await Promise.all(keys.map((key) => client.set(key, key)));
    expect(await Promise.all(keys.map((key) => client.get(key)))).toEqual(keys);
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.append(key, '!').get(key);
    const results = await pipeline.exec();
    expect(results).toEqual(
      keys.flatMap((key) => [
        [null, key.length + 1],
        [null, `${key}!`],
      ]),
    );
    const counts = await Promise.all((await cluster.primaries()).map((node) => node.command('DBSIZE')));
    expect(counts.every((count) => count > 0)).toBe(true);
  });

  test('runs a transaction whose keys lie in one slot, and refuses one whose do not', async () => {
    expect(await client.multi().set('{a}1', 1).incr('{a}1').get('{a}1').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
      [null, '2'],
    ]);
    const error = await rejection(client.multi().set('a', 1).set('b', 1).exec());
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_REPLY' });
    expect(await client.exists('a')).toBe(0);
  });

  test('watches keys on the node that has them', async () => {
    for (const key of names(6)) {
      await client.watch(key);
      expect(await client.multi().set(key, 1).exec()).toEqual([[null, 'OK']]);
      await client.watch(key);
      await client.set(key, 2);
      expect(await client.multi().set(key, 3).exec()).toBeNull();
      expect(await client.get(key)).toBe('2');
    }
  });

  test('blocks on the node that has the key', async () => {
    const keys = names(9, 'list');
    const popped = keys.map((key) => client.blpop(key, 5));
    for (const key of keys) await client.rpush(key, key);
    expect(await Promise.all(popped)).toEqual(keys.map((key) => [`app:${key}`, key]));
    const reading = client.xread('BLOCK', 5000, 'STREAMS', 'stream', '0');
    await client.xadd('stream', '1-1', 'f', 'v');
    expect(await reading).toEqual([['app:stream', [['1-1', ['f', 'v']]]]]);
  });

  test('uses borrowed connections again for keys of other nodes', async () => {
    for (const key of names(12, 'list')) {
      await client.rpush(key, key);
      expect(await client.blpop(key, 5)).toEqual([`app:${key}`, key]);
    }
  });

  test('gets messages that are published on any node, in channels and in shard channels', async () => {
    const heard = [];
    client.on('message', (channel, message) => heard.push([channel, message]));
    client.on('smessage', (channel, message) => heard.push([channel, message]));
    await client.subscribe('news');
    const shards = names(6, 'shard');
    for (const shard of shards) await client.ssubscribe(shard);
    const nodes = await cluster.primaries();
    for (const node of nodes) await node.command('PUBLISH', 'news', node.port);
    for (const shard of shards) await client.spublish(shard, 'new');
    await until(() => heard.length === nodes.length + shards.length, { what: 'the messages' });
    expect(
      heard
        .filter(([channel]) => channel !== 'news')
        .map(([channel]) => channel)
        .sort(),
    ).toEqual(shards);
  });

  test('stays subscribed to a shard channel whose slot has moved, and reports the gap', async () => {
    const heard = [];
    const gaps = [];
    client.on('smessage', (channel, message) => heard.push(`${channel} ${message}`));
    client.on('gap', ({ channels }) => gaps.push(...channels));
    await client.ssubscribe('moving', 'staying');
    const slot = await cluster.nodes[0].command('CLUSTER', 'KEYSLOT', 'moving');
    const from = await cluster.ownerOfSlot(slot);
    const to = (await cluster.primaries()).find((node) => node !== from);
    await (await cluster.beginMove(slot, to)).finish();
    await until(() => gaps.includes('moving'), { what: 'the event gap' });
    expect(await to.command('SPUBLISH', 'moving', 'after')).toBe(1);
    await until(() => heard.includes('moving after'), { what: 'the message' });
    expect(gaps).not.toContain('staying');
    await (await cluster.beginMove(slot, from)).finish();
  });

  test('subscribes again at every node whose connection was lost', async () => {
    const heard = [];
    const gaps = [];
    client.on('smessage', (channel) => heard.push(channel));
    client.on('gap', ({ channels }) => gaps.push(...channels));
    const shards = names(6, 'shard');
    await client.ssubscribe(shards);
    for (const node of await cluster.primaries()) await node.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(() => shards.every((shard) => gaps.includes(shard)), { what: 'the event gap' });
    const isHeard = async (shard) => (await cluster.commandAt(shard, 'SPUBLISH', shard, 'again')) === 1;
    for (const shard of shards) await until(() => isHeard(shard), { what: 'the subscription' });
    await until(() => shards.every((shard) => heard.includes(shard)), { what: 'the messages' });
  });

  test('subscribes again at the one node whose connection was lost', async () => {
    const gaps = [];
    client.on('gap', ({ channels }) => gaps.push(...channels));
    const shards = names(6, 'shard');
    await client.subscribe('news');
    await client.ssubscribe(shards);
    const owner = await cluster.ownerOf(shards[0]);
    await owner.command('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await until(async () => (await owner.command('SPUBLISH', shards[0], 'again')) === 1, {
      what: 'the subscription',
    });
    await until(() => gaps.includes(shards[0]), { what: 'the event gap' });
  });

  test('finds the keys of all nodes with a scan', async () => {
    const keys = names(100);
    await Promise.all(keys.map((key) => client.set(key, key)));
    const found = [];
    for await (const page of client.scanStream({ match: 'key:*', count: 10 })) found.push(...page);
    expect(found.sort()).toEqual(keys.map((key) => `app:${key}`).sort());
  });

  test('does not disturb its watches while it scans, and scans one node if all keys are on one', async () => {
    await client.watch('key');
    await Promise.all(names(30).map((key) => client.set(key, key)));
    for await (const _page of client.scanStream()) await client.set('key', 1);
    expect(await client.multi().set('key', 2).exec()).toBeNull();
    const tagged = client.duplicate({ keyPrefix: '{tag}:' });
    await Promise.all(names(30).map((key) => tagged.set(key, key)));
    const found = [];
    for await (const page of tagged.scanStream()) found.push(...page);
    expect(found.sort()).toEqual(names(30, '{tag}:key').sort());
    await tagged.quit();
  });

  test('runs scripts wherever their keys are', async () => {
    client.defineCommand('addOne', { numberOfKeys: 1, lua: 'return redis.call("INCR", KEYS[1])' });
    const keys = names(20);
    expect(await Promise.all(keys.map((key) => client.addOne(key)))).toEqual(keys.map(() => 1));
    const pipeline = client.pipeline();
    for (const key of keys) pipeline.addOne(key);
    expect(await pipeline.exec()).toEqual(keys.map(() => [null, 2]));
  });

  test('has duplicates that know the cluster too', async () => {
    const copy = client.duplicate();
    for (const key of names(6)) expect(await copy.set(key, 1)).toBe('OK');
    await copy.quit();
  });
});
