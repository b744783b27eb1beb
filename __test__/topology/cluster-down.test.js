'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { rejection, until } = require('../support/wait');

/** From the death of a primary until a replica leads, with room for a busy machine. */
const TAKEOVER_TIMEOUT_MS = 20_000;
/** How long a command is sent again, its last answer included; less than its deadline, which is longer. */
const GIVEN_UP_WITHIN_MS = 3000;

let cluster;

const open = (options) =>
  openPackage({ clusterHosts: cluster.hosts, clientKeyPrefix: '', logLevel: 'off', ...options });

/** A name for each of the nodes, whose slot is that node's. */
async function nameOf(node, prefix) {
  for (let index = 0; ; index += 1) {
    const name = `${prefix}:${index}`;
    if ((await cluster.ownerOf(name)) === node) return name;
  }
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  let client;
  let orgcache;

  beforeEach(async () => {
    cluster = await startCluster();
    orgcache = open({ driver });
    client = await orgcache.getRedis();
  }, 60_000);

  test('a cluster that is down until a replica takes over refuses no waiting call, and loses no connection', async () => {
    const faults = [];
    client.on('error', ({ message }) => faults.push(message));
    const [dead, ...others] = await cluster.primaries();
    const [heir] = await cluster.replicasOf(dead);
    await client.subscribe('news');
    for (const node of [dead, ...others]) await client.ssubscribe(await nameOf(node, 'shard'));
    const keys = await Promise.all(others.map((node) => nameOf(node, 'key')));
    // The connection to the node that will be killed exists.
    await client.get(await nameOf(dead, 'key'));
    await client.mset(keys[0], 1);
    const writes = { done: 0, refused: [] };
    let isOver = false;
    const writing = keys.map(async (key) => {
      while (!isOver) {
        await client.multi().set(key, 1).incr(key).exec();
        await client.set(key, 2).catch((error) => writes.refused.push(error.message));
        writes.done += 1;
      }
    });
    await dead.kill();
    await cluster.hasTakenOver(heir, { timeoutMs: TAKEOVER_TIMEOUT_MS });
    const { done } = writes;
    await until(() => writes.done > done + 100, { what: 'writes after the takeover' });
    isOver = true;
    await Promise.all(writing);
    expect(writes.refused).toEqual([]);
    expect(faults.filter((message) => message.includes('CLUSTERDOWN'))).toEqual([]);
    const stats = (await orgcache.cacheAdapter.getStats()).cache.redis;
    expect(stats.connectionLost).toBe(1);
  }, 60_000);

  test('reads wait for the replica that they come from, which takes over', async () => {
    const reader = await open({ driver, scaleReads: 'replica' }).getRedis();
    const [dead] = await cluster.primaries();
    const [heir] = await cluster.replicasOf(dead);
    const key = await nameOf(dead, 'key');
    await reader.set(key, 'value');
    await dead.command('WAIT', 1, 2000);
    await heir.command('CONFIG', 'RESETSTAT');
    const isFromReplica = async () =>
      (await reader.get(key)) && /cmdstat_get:/.test(await heir.command('INFO', 'commandstats'));
    await until(isFromReplica, { what: 'a read from the replica' });
    const refused = [];
    let isOver = false;
    const reading = (async () => {
      while (!isOver) await reader.get(key).catch(({ message }) => refused.push(message));
    })();
    await dead.kill();
    await cluster.hasTakenOver(heir, { timeoutMs: TAKEOVER_TIMEOUT_MS });
    await until(() => reader.set(key, 'again').catch(() => false), { what: 'a write after the takeover' });
    isOver = true;
    await reading;
    expect(refused).toEqual([]);
  }, 60_000);

  test('a cluster that stays down refuses in its own words, and an organization is cleared when it is back', async () => {
    const [one, two, three] = await cluster.primaries();
    const key = await nameOf(one, 'key');
    await client.set(key, 1);
    await orgcache.cacheAdapter.setConversationSummary('org', '1', 'Hello');
    const [first, second] = [two, three];
    for (const node of [first, second]) {
      for (const replica of await cluster.replicasOf(node)) await replica.kill();
    }
    for (const node of [first, second]) await node.kill();
    await until(async () => /cluster_state:fail/.test(await one.command('CLUSTER', 'INFO')), {
      timeoutMs: TAKEOVER_TIMEOUT_MS,
      what: 'the cluster to be down',
    });
    const before = performance.now();
    expect(await rejection(client.set(key, 2))).toMatchObject({ code: 'E_REPLY', redisCode: 'CLUSTERDOWN' });
    expect(performance.now() - before).toBeLessThan(GIVEN_UP_WITHIN_MS);
    expect(await orgcache.cacheAdapter.clearOrganizationCache('org')).not.toBe(false);
    expect(await orgcache.cacheAdapter.getConversationSummary('org', '1')).toBeNull();
  }, 60_000);

  test('the gap of other nodes is reported although one that is away has channels too', async () => {
    const gaps = [];
    client.on('gap', ({ channels }) => gaps.push(...channels));
    client.on('error', () => {});
    const owner = await cluster.ownerOf('news');
    const other = (await cluster.primaries()).find((node) => node !== owner);
    const [away, here] = [await nameOf(owner, 'shard'), await nameOf(other, 'shard')];
    await client.subscribe('news');
    await client.ssubscribe(away, here);
    for (const replica of await cluster.replicasOf(owner)) await replica.kill();
    await owner.kill();
    await until(() => gaps.includes('news') && gaps.includes(here), {
      timeoutMs: TAKEOVER_TIMEOUT_MS,
      what: 'the event gap',
    });
    expect(gaps).not.toContain(away);
    await owner.restart();
    await until(() => gaps.includes(away), { timeoutMs: TAKEOVER_TIMEOUT_MS, what: 'the event gap' });
    expect(await owner.command('SPUBLISH', away, 'again')).toBe(1);
  }, 90_000);
});
