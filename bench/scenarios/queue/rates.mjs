/** The rates of adding and processing in other surroundings: with AOF, with several workers' processes, with organizations. */
import { setTimeout as delay } from 'node:timers/promises';
import { withHosts } from '../../contender-host.mjs';
import { BULLMQ } from '../../queue-contenders.mjs';
import { startRedisServer } from '../../redis-server.mjs';
import { someName } from './rounds.mjs';

const BYTES = 120;
const CONCURRENCY = 50;
export const PROCESSES = [2, 4, 8];
const ORGANIZATIONS = 100;
const DEADLINE_MS = 60_000;
const LOOK_MS = 20;
const AOF = { appendOnly: 'everysec' };

/** Answers `samples[id]` by row: adds in lists of 50 and processing a second, of all workers together. */
export async function measureRates(run) {
  const { chosen, redis, counts, progress } = run;
  const measured = chosen.filter((contender, at) => at === 0 || contender.id === BULLMQ);
  const rows = {};
  const row = async (title, contenders, how) => {
    progress(`queue: rates, ${title}`);
    rows[title] = await roundsOf({ ...run, contenders, jobs: counts.processed, ...how });
  };
  await row('without AOF, 1 process', measured, { url: redis.url, processes: 1 });
  const server = await startRedisServer(AOF);
  try {
    await row('AOF everysec, 1 process', measured, { url: server.url, processes: 1 });
  } finally {
    await server.stop();
  }
  for (const processes of PROCESSES) {
    await row(`${processes} processes`, measured, { url: redis.url, processes });
  }
  const organizations = Array.from({ length: ORGANIZATIONS }, (_, at) => `org${at}`);
  await row('100 organizations', [chosen[0]], { url: redis.url, processes: 1, organizations });
  return rows;
}

async function roundsOf({ contenders, url, processes, rounds, admin, ...given }) {
  const copies = contenders.flatMap((contender) =>
    Array.from({ length: processes }, (_, at) => ({ ...contender, id: `${contender.id}-${at}` })),
  );
  return withHosts(
    copies,
    () => ({ url }),
    async (hosts) => {
      const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
      for (let round = -1; round < rounds; round += 1) {
        for (const [at, { id }] of contenders.entries()) {
          const sample = await measureOnce(hosts.slice(at * processes, (at + 1) * processes), given);
          if (round >= 0) samples[id].push(sample);
        }
        await admin.flushall();
      }
      return samples;
    },
  );
}

async function measureOnce(hosts, { jobs, organizations }) {
  const name = someName('rates');
  const [first] = hosts;
  const how = { size: 50, callers: 8, bytes: BYTES, organizations };
  const { jobsPerSecond: addedPerSecond } = await first.ask('addJobs', { name, jobs, ...how });
  const beganNs = process.hrtime.bigint();
  await Promise.all(hosts.map((host) => host.ask('startWorking', { name, concurrency: CONCURRENCY })));
  const lastNs = await lastStart(hosts, jobs);
  await Promise.all(hosts.map((host) => host.ask('stopWorking')));
  return { addedPerSecond, processedPerSecond: (jobs / Number(lastNs - beganNs)) * 1e9 };
}

/** When the last of so many jobs started. */
async function lastStart(hosts, jobs) {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const starts = await Promise.all(hosts.map((host) => host.ask('startsSoFar')));
    if (starts.reduce((sum, { count }) => sum + count, 0) >= jobs) {
      return starts.reduce((last, { lastNs = 0n }) => (lastNs > last ? lastNs : last), 0n);
    }
    await delay(LOOK_MS);
  }
  throw new Error(`${jobs} jobs did not start within a minute`);
}
