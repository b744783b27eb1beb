'use strict';

const { startCluster } = require('../support/cluster');
const { startSentinels } = require('../support/sentinel');
const { rejection, until } = require('../support/wait');

describe('a cluster of the harness', () => {
  let cluster;

  beforeAll(async () => {
    cluster = await startCluster();
  });

  beforeEach(() => cluster.flush());

  /** Keys that share a slot, by their tag. */
  const together = (tag, count) => Array.from({ length: count }, (_, index) => `{${tag}}:${index}`);

  test('has three primaries that share all slots, and a replica of each', async () => {
    expect(cluster.hosts).toHaveLength(6);
    const ranges = await cluster.ranges();
    expect(ranges.map(({ first, last }) => [first, last])).toEqual([
      [0, 5460],
      [5461, 10921],
      [10922, 16383],
    ]);
    expect(new Set(ranges.map(({ primary }) => primary)).size).toBe(3);
    for (const primary of await cluster.primaries())
      expect(await cluster.replicasOf(primary)).toHaveLength(1);
  });

  test('moves slots with their keys', async () => {
    const keys = together('moved', 250);
    for (const key of keys) await cluster.commandAt(key, 'SET', key, 1);
    const from = await cluster.ownerOf(keys[0]);
    const to = (await cluster.primaries()).find((node) => node !== from);
    const slot = await cluster.slotOf(keys[0]);
    await cluster.moveSlots({ first: slot, last: slot, to });
    await cluster.settled();
    expect(await cluster.ownerOf(keys[0])).toBe(to);
    expect(await cluster.countKeys()).toBe(250);
    expect(await to.command('GET', keys[249])).toBe('1');
    expect((await rejection(from.command('GET', keys[0]))).message).toBe(
      `MOVED ${slot} 127.0.0.1:${to.port}`,
    );
    await cluster.moveSlots({ first: slot, last: slot, to: from });
    await cluster.settled();
  });

  test('leaves a slot half-way, where ASK and TRYAGAIN are answered', async () => {
    const [here, there] = together('half', 2);
    for (const key of [here, there]) await cluster.commandAt(key, 'SET', key, 'v');
    const from = await cluster.ownerOf(here);
    const to = (await cluster.primaries()).find((node) => node !== from);
    const move = await cluster.beginMove(await cluster.slotOf(here), to);
    await move.migrate([there]);
    expect(await from.command('GET', here)).toBe('v');
    expect((await rejection(from.command('GET', there))).message).toMatch(/^ASK /);
    // Which of the two answers the old primary gives depends on its version.
    expect((await rejection(from.command('MGET', here, there))).message).toMatch(/^(ASK|TRYAGAIN) /);
    await to.command('ASKING');
    expect((await rejection(to.command('MGET', here, there))).message).toMatch(/^TRYAGAIN /);
    await move.finish();
    await cluster.settled();
    expect(await to.command('MGET', here, there)).toEqual(['v', 'v']);
  });

  test('fails over in order and by force, and a replica takes over from a killed primary', async () => {
    const key = 'failing over';
    await cluster.commandAt(key, 'SET', key, 'kept');
    const first = await cluster.ownerOf(key);
    const [second] = await cluster.replicasOf(first);
    await cluster.failover(second);
    expect(await cluster.ownerOf(key)).toBe(second);
    await cluster.failover(first, { mode: 'FORCE' });
    expect(await cluster.ownerOf(key)).toBe(first);
    expect(await cluster.commandAt(key, 'GET', key)).toBe('kept');
    await first.kill();
    await cluster.hasTakenOver(second);
    await cluster.settled();
    expect(await cluster.commandAt(key, 'GET', key)).toBe('kept');
    await first.launch();
    await cluster.settled();
    expect(await cluster.replicasOf(second)).toEqual([first]);
  });
});

describe.each([
  { sentinels: 3, replicas: 2 },
  { sentinels: 2, replicas: 1, password: 'of-servers', sentinelPassword: 'of-sentinels' },
])('$sentinels sentinels of the harness', (options) => {
  let group;

  beforeAll(async () => {
    group = await startSentinels(options);
  });

  test('elect another primary on request, and when the primary dies', async () => {
    const first = await group.primary();
    await first.command('SET', 'kept', 'v');
    const { primary: second } = await group.failover();
    expect(second).not.toBe(first);
    expect(await group.primary()).toBe(second);
    await group.settled();
    const { old, primary: third } = await group.killPrimary();
    expect(old).toBe(second);
    await until(async () => (await third.command('GET', 'kept')) === 'v', {
      what: 'the new primary to serve',
    });
    expect(await third.command('SET', 'written', 'v')).toBe('OK');
  });
});
