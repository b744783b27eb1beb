'use strict';

const { startCluster } = require('../support/cluster');
const { openPackage } = require('../support/package');
const { startSentinels } = require('../support/sentinel');
const { payloads, someone, take, topicsContract, upTo } = require('../support/topics-contract');
const { until } = require('../support/wait');

/** Publishes numbers until each is acknowledged. */
async function publishAll(room, numbers, options) {
  for (const n of numbers) {
    await until(() => room.publish('kept', n, { ...options, id: `${n}` }).then(() => true), {
      timeoutMs: 20_000,
      everyMs: 50,
    });
  }
}

describe.each(['loop', 'thread'])('topics in a cluster with the %s driver', (driver) => {
  let cluster;
  let orgcache;
  const open = () => openPackage({ clusterHosts: cluster.hosts.join(','), driver, logLevel: 'off' });
  const roomOf = ({ createTopics, topic } = open()) =>
    createTopics({ topics: { kept: topic({ replay: 10_000 }), live: topic() } });

  beforeAll(async () => {
    cluster = await startCluster();
    orgcache = open();
  });

  topicsContract(() => orgcache, open);

  test('channels are sharded, and all of an organization is in one slot', async () => {
    const room = roomOf(orgcache);
    const organizationId = someone();
    const scopes = [{ organizationId }, { organizationId, userId: 'u' }];
    const readers = scopes.flatMap((scope) => ['kept', 'live'].map((name) => room.subscribe(name, scope)));
    await Promise.all(readers.map((reader) => reader.ready()));
    const perNode = await Promise.all(
      (await cluster.primaries()).map(async (node) => [
        (await node.command('PUBSUB', 'SHARDCHANNELS', '*!topic:*')).length,
        (await node.command('PUBSUB', 'CHANNELS', '*!topic:*')).length,
      ]),
    );
    const sharded = perNode.map(([count]) => count).sort();
    expect(sharded).toEqual([...Array(perNode.length - 1).fill(0), 4]);
    expect(perNode.every(([, plain]) => plain === 0)).toBe(true);
    for (const scope of scopes) await room.publish('kept', 1, { ...scope, id: 'x' });
    const keys = await cluster.keys(`*!topic:*${organizationId}*`);
    expect(keys).toHaveLength(4);
    expect(new Set(await Promise.all(keys.map((key) => cluster.slotOf(key)))).size).toBe(1);
    await room.close();
  });

  test('a watched session hears of its end in another process, whichever node tells of it', async () => {
    const options = { secret: 'a secret that all instances have in common', namespace: 'watched' };
    const [here, there] = [orgcache.createSessions(options), open().createSessions(options)];
    const made = await Promise.all(upTo(6).map(() => here.create({ userId: someone() })));
    const watched = made.map(({ id }) => here.watch(id));
    await until(async () => {
      const nodes = await cluster.primaries();
      const found = await Promise.all(
        nodes.map((node) => node.command('PUBSUB', 'CHANNELS', '*:watched:ended')),
      );
      return found.flat().length > 0;
    });
    await Promise.all(made.slice(1).map(({ id }) => there.destroy(id)));
    await until(() => watched.slice(1).every(({ signal }) => signal.aborted), { timeoutMs: 1_000 });
    expect(watched[0].signal.aborted).toBe(false);
    await here.close();
  });

  test('a reader gets every acknowledged message though the primary of its slot dies', async () => {
    const room = roomOf(orgcache);
    const scopes = upTo(6).map(() => ({ organizationId: someone() }));
    const readers = scopes.map((scope) => room.subscribe('kept', scope));
    await Promise.all(readers.map((reader) => reader.ready()));
    await Promise.all(scopes.map((scope) => publishAll(room, upTo(20), scope)));
    const [primary] = await cluster.primaries();
    const [replica] = await cluster.replicasOf(primary);
    await primary.command('WAIT', '1', '5000');
    await primary.kill();
    await Promise.all(scopes.map((scope) => publishAll(room, upTo(20, 20), scope)));
    await cluster.hasTakenOver(replica);
    for (const reader of readers) {
      const messages = await take(reader, 40);
      // A primary may die before its replica has a message that it has acknowledged; its reader has it then.
      expect(payloads(messages)).toEqual(upTo(40));
    }
    await primary.restart();
    await cluster.settled();
    await room.close();
  }, 60_000);
});

test('in a cluster whose servers know no sharded channels all nodes are told', async () => {
  // As before Redis 7.
  const configuration = ['rename-command SPUBLISH ""', 'rename-command SSUBSCRIBE ""'];
  const cluster = await startCluster({ replicas: 0, configuration });
  const open = () => openPackage({ clusterHosts: cluster.hosts.join(','), logLevel: 'off' });
  const roomOf = ({ createTopics, topic }) =>
    createTopics({ topics: { kept: topic({ replay: 10 }), live: topic() } });
  const [here, there] = [roomOf(open()), roomOf(open())];
  for (const name of ['kept', 'live']) {
    const scopes = upTo(6).map(() => ({ organizationId: someone() }));
    const readers = scopes.map((scope) => here.subscribe(name, scope));
    await Promise.all(readers.map((reader) => reader.ready()));
    await Promise.all(scopes.map((scope, n) => there.publish(name, n, scope)));
    for (const [n, reader] of readers.entries()) expect(payloads(await take(reader, 1))).toEqual([n]);
  }
  await Promise.all([here.close(), there.close()]);
}, 60_000);

describe('topics behind sentinels', () => {
  let group;
  const open = () => openPackage({ sentinelHosts: group.hosts, logLevel: 'off' });

  topicsContract(async () => {
    group = await startSentinels();
    return open();
  }, open);
});
