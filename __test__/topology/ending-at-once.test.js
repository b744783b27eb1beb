'use strict';

const { startCluster, fieldsOf } = require('../support/cluster');
const { runProgram } = require('../support/process');

const CALLS = 150;
const SETTLED_FIRST = 5000;
/** The program's calls are about keys with these tags. */
const TAGS = Array.from({ length: 12 }, (_, index) => String(index));
/** So many of their slots stay half-way: both nodes answer for them, with ASK. */
const HALF_WAY = 3;
const PROCESSES = 3;
const ROUNDS = 2;
const TIMEOUT_MS = 120_000;
const NOTHING = { clients: 0, cores: 0, handles: 0, hooks: 0, keepers: 0, queues: 0, wakers: 0, watches: 0 };

let cluster;

beforeAll(async () => {
  cluster = await startCluster({ primaries: 3, replicas: 0 });
}, 60_000);

async function move(slot) {
  const owner = await cluster.ownerOfSlot(slot);
  const others = (await cluster.primaries()).filter((node) => node !== owner);
  return cluster.beginMove(slot, others[slot % others.length]);
}

/** Moves slots from node to node until it is stopped. */
function keepMoving(slots) {
  let isStopped = false;
  const moving = (async () => {
    while (!isStopped) {
      for (const slot of slots) {
        const begun = await move(slot);
        await begun.migrateAll();
        await begun.finish();
      }
    }
  })();
  return {
    stop: () => {
      isStopped = true;
      return moving;
    },
  };
}

/** How often clients were sent to another node, by the word of the reply. */
async function redirections() {
  const sums = { ASK: 0, MOVED: 0 };
  for (const node of cluster.nodes) {
    const stats = fieldsOf(await node.command('INFO', 'errorstats'));
    for (const word of Object.keys(sums)) {
      sums[word] += Number(/count=(\d+)/.exec(stats[`errorstat_${word}`])?.[1] ?? 0);
    }
  }
  return sums;
}

test.each(['loop', 'thread'])(
  'with the %s driver every process ends whose slots move while it shuts down without patience, and every call settles once',
  async (driver) => {
    const slots = await Promise.all(TAGS.map((tag) => cluster.slotOf(tag)));
    const halfWay = await Promise.all(slots.slice(0, HALF_WAY).map(move));
    for (const begun of halfWay) await begun.migrateAll();
    const moving = keepMoving(slots.slice(HALF_WAY));
    const addresses = cluster.nodes.map(({ host, port }) => ({ host, port }));
    const options = { clusterHosts: cluster.hosts, driver };
    const args = { options, addresses, calls: CALLS, settledFirst: SETTLED_FIRST };
    const before = await redirections();
    const results = [];
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const runs = Array.from({ length: PROCESSES }, () => runProgram('ending-at-once.cjs', { args }));
        // Each rejects if its process does not end.
        results.push(...(await Promise.all(runs)));
      }
    } finally {
      await moving.stop();
      for (const begun of halfWay) await begun.finish();
      await cluster.settled();
    }
    const after = await redirections();
    for (const word of Object.keys(after)) expect(after[word] - before[word]).toBeGreaterThan(100);
    for (const { report } of results) {
      const { made, settled, lost, resolved, rejected, underWay, left } = report;
      expect({ settled, lost, left }).toEqual({ settled: made, lost: {}, left: NOTHING });
      expect(resolved).toBeGreaterThan(SETTLED_FIRST / 2);
      // Those of the last moment, on every connection.
      expect(underWay).toBeGreaterThan(CALLS);
      expect(rejected.E_CLOSED).toBeGreaterThan(0);
    }
  },
  TIMEOUT_MS,
);
