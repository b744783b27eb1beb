'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { sized, underFault } = require('../faults/support/fault-test');
const { NODE_TIMEOUT_MS, startCluster } = require('../support/cluster');
const { until } = require('../support/wait');
const { firstWrite } = require('./support/first-write');

/** From the takeover until writes of that shard come through. */
const FOLLOWED_WITHIN_MS = 2000;
/** One to each primary, and one that reads the slots. */
const CONNECTIONS = 4;
const RECOVERY_MS = 15_000;
const HALF_MOVED_MS = sized({ short: 1500, full: 5000 });
/** Well under the time after which the other nodes take it for dead. */
const PAUSED_MS = sized({ short: NODE_TIMEOUT_MS / 4, full: NODE_TIMEOUT_MS / 2 });
const SLOTS_HALF_MOVED = sized({ short: 40, full: 150 });

let cluster;

beforeAll(async () => {
  cluster = await startCluster();
});

beforeEach(async () => {
  await cluster.settled();
  await cluster.flush();
});

/** The slots that have keys, each with its keys and the node that has it. */
async function slotsInUse() {
  const slots = new Map();
  for (const node of await cluster.primaries()) {
    for (const key of await node.keys()) {
      const slot = await cluster.slotOf(key);
      if (!slots.has(slot)) slots.set(slot, { slot, from: node, keys: [] });
      slots.get(slot).keys.push(key);
    }
  }
  return [...slots.values()];
}

/** For each node the primary that gets its slots. */
async function neighbours() {
  const primaries = await cluster.primaries();
  return new Map(primaries.map((node, index) => [node, primaries[(index + 1) % primaries.length]]));
}

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  const through = (options) =>
    underFault({
      topology: { options: { clusterHosts: cluster.hosts }, connections: CONNECTIONS },
      options: { driver },
      recoveryMs: RECOVERY_MS,
      faultMs: 0,
      ...options,
    });

  /** Waits until a replica leads, and until writes of its slots come through. */
  async function followed({ orgcache }, replica, key) {
    const at = await cluster.hasTakenOver(replica);
    const followedMs = (await firstWrite(orgcache, { key })) - at;
    process.stdout.write(`fault: writes came through ${Math.round(followedMs)} ms after the takeover\n`);
    expect(followedMs).toBeLessThan(FOLLOWED_WITHIN_MS);
  }

  test('a replica takes over from a killed primary, which comes back as its replica', async () => {
    const key = 'probe of the killed one';
    const primary = await cluster.ownerOf(key);
    const [replica] = await cluster.replicasOf(primary);
    const { figures, problems } = await through({
      name: 'kill -9 of a primary',
      fault: async (bench) => {
        await primary.kill();
        await followed(bench, replica, key);
      },
      heal: async () => {
        await primary.launch();
        await cluster.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expect(await cluster.replicasOf(replica)).toEqual([primary]);
  }, 60_000);

  test.each([
    ['in order', { mode: null, isTrusted: true }],
    ['by force', { mode: 'FORCE', isTrusted: false }],
  ])(
    'primaries that change places with their replicas %s cost nothing',
    async (how, { mode, isTrusted }) => {
      const { figures, problems } = await through({
        name: `failover of all primaries ${how}`,
        fault: async ({ load }) => {
          // After a forced failover the old primary goes on for a moment, beside the new one.
          load.trust(isTrusted);
          for (const primary of await cluster.primaries()) {
            const [replica] = await cluster.replicasOf(primary);
            await cluster.failover(replica, { mode });
          }
          load.trust(true);
        },
        heal: () => cluster.settled(),
      });
      expect(problems).toEqual([]);
      expect(figures.refused).toBe(0);
    },
    60_000,
  );

  test('slots that move with their keys cost nothing', async () => {
    let moved;
    const { figures, problems } = await through({
      name: 'all slots in use moved',
      fault: async () => {
        const to = await neighbours();
        moved = await slotsInUse();
        for (const { slot, from } of moved)
          await cluster.moveSlots({ first: slot, last: slot, to: to.get(from) });
      },
      heal: () => cluster.settled(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(moved.length).toBeGreaterThan(50);
  }, 60_000);

  /** Moves every other key of the slots with most keys, and the others a while later. */
  async function slotsHalfMoved({ name, slots, load }) {
    const moves = [];
    const { figures, problems } = await through({
      name,
      load,
      fault: async () => {
        const to = await neighbours();
        const used = await slotsInUse();
        // The slots with most keys are those of organizations, whose values and index are written together.
        used.sort((left, right) => right.keys.length - left.keys.length);
        for (const { slot, from, keys } of used.slice(0, slots)) {
          const move = await cluster.beginMove(slot, to.get(from));
          moves.push(move);
          await move.migrate(keys.filter((_, index) => index % 2 === 0));
        }
        await delay(HALF_MOVED_MS);
      },
      heal: async () => {
        for (const move of moves) await move.finish();
        await cluster.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(moves).toHaveLength(slots);
    return figures;
  }

  test('slots that stay half-way, some keys here and some there, cost nothing', async () => {
    await slotsHalfMoved({ name: `${SLOTS_HALF_MOVED} slots half-way`, slots: SLOTS_HALF_MOVED });
  }, 60_000);

  test('fields of a hash that are written while its slot stays half-way cost nothing', async () => {
    // The other slot is that of the organization which the load clears.
    const figures = await slotsHalfMoved({
      name: 'the slot of a hash half-way',
      slots: 2,
      load: { kinds: ['field'] },
    });
    expect(figures.state.journaled).toBeGreaterThan(0);
  }, 60_000);

  test('a primary that is paused for a moment keeps its slots', async () => {
    const [primary] = await cluster.primaries();
    const { figures, problems } = await through({
      name: `SIGSTOP of a primary for ${PAUSED_MS} ms`,
      faultMs: PAUSED_MS,
      fault: () => primary.pause(),
      heal: async () => {
        primary.resume();
        await cluster.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(await cluster.primaries()).toContain(primary);
  }, 60_000);

  test('a primary that is paused until its replica leads costs nothing when it wakes', async () => {
    const key = 'probe of the paused one';
    const primary = await cluster.ownerOf(key);
    const [replica] = await cluster.replicasOf(primary);
    const { figures, problems } = await through({
      name: 'SIGSTOP of a primary until its replica leads',
      fault: async (bench) => {
        primary.pause();
        await followed(bench, replica, key);
      },
      heal: async () => {
        primary.resume();
        await cluster.settled();
      },
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    await until(async () => (await primary.command('ROLE'))[0] === 'slave', {
      what: 'the paused one to follow',
    });
  }, 60_000);
});
