/** Sessions: reads, whole lives, reads among a million, the end of all of a user's, and what they cost Redis. */
import { createRequire } from 'node:module';
import { withHosts } from '../contender-host.mjs';
import { sessionsAmong } from '../contenders.mjs';
import { measureCells, orderOfRound } from '../rounds.mjs';
import { COMPARED } from '../session-workloads.mjs';

/** One caller measures the way to the server, which other scenarios do. */
const isMany = (callers) => callers > 1;
const AMONG = { few: 10_000, many: 1_000_000, callers: 64 };
const OF_A_USER = 10_000;
const MEASURED_SESSIONS = 30_000;
/** Sessions of a user, where the contender knows users. */
const PER_USER = [1, 3];

export async function measureSessions({ contenders, callers, redis, effort, progress }) {
  const optionsOf = () => ({ url: redis.url });
  const admin = await connectAdmin(redis.url);
  const measure = (part, work) => {
    const chosen = sessionsAmong(contenders, part);
    return chosen.length === 0 ? null : withHosts(chosen, optionsOf, work);
  };
  try {
    const calls = await measure('calls', (hosts) => {
      const cells = COMPARED.flatMap((operation) =>
        callers.filter(isMany).map((count) => ({ operation, callers: count })),
      );
      return measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress });
    });
    const memory = await measure('memory', (hosts) => measureMemory({ admin, hosts, progress }));
    const ends = await measure('ends', (hosts) => measureEnds({ admin, hosts, effort, progress }));
    const among = await measure('among', async (hosts) => {
      await admin.flushall();
      const cells = [AMONG.few, AMONG.many].map((sessions) => ({
        operation: 'session-among',
        sessions,
        callers: AMONG.callers,
      }));
      const measured = await measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress });
      await admin.flushall();
      return measured;
    });
    const cells = [...(calls?.cells ?? []), ...(among?.cells ?? [])];
    return cells.length === 0 && !memory && !ends ? null : { cells, memory, ends };
  } finally {
    admin.disconnect();
  }
}

async function connectAdmin(url) {
  const { default: Redis } = createRequire(import.meta.url)('ioredis');
  const admin = new Redis(url, { lazyConnect: true });
  await admin.connect();
  return admin;
}

async function usedMemory(admin) {
  return Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))[1]);
}

/** Bytes of the server for each session: `{ [id]: { [perUser]: bytes } }`. */
async function measureMemory({ admin, hosts, progress }) {
  const measured = {};
  for (const host of hosts) {
    measured[host.id] = {};
    for (const perUser of PER_USER) {
      progress(`sessions: memory, ${perUser} a user, ${host.id}`);
      await admin.flushall();
      const before = await usedMemory(admin);
      await host.ask('fillSessions', { name: 'memory', count: MEASURED_SESSIONS, perUser });
      measured[host.id][perUser] = ((await usedMemory(admin)) - before) / MEASURED_SESSIONS;
    }
  }
  await admin.flushall();
  return { sessions: MEASURED_SESSIONS, bytes: measured };
}

/** How long the end of all sessions of a user takes: `{ [id]: rounds }`. */
async function measureEnds({ admin, hosts, effort, progress }) {
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  // The first round compiles and is left out.
  for (let round = -1; round < effort.rounds; round += 1) {
    for (const host of orderOfRound(hosts, round + 1)) {
      progress(`sessions: the end of ${OF_A_USER} of a user, round ${round + 1}, ${host.id}`);
      const name = `ends-${host.id}-${round}`;
      const ids = await host.ask('fillSessions', { name, count: OF_A_USER, perUser: OF_A_USER });
      const sample = await host.ask('endUser', { userId: `${name}-0`, ids });
      if (round >= 0) samples[host.id].push(sample);
    }
  }
  await admin.flushall();
  return { sessions: OF_A_USER, samples };
}
