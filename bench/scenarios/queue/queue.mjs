/** Queues of jobs: how fast they add and process, what a job costs, how soon it starts, and who is first. */
import { withHosts } from '../../contender-host.mjs';
import { queuesAmong } from '../../queue-contenders.mjs';
import { measureDelayed } from './delayed.mjs';
import { measureIdle } from './idle.mjs';
import { measureRates } from './rates.mjs';
import { measureRecovery } from './recovery.mjs';
import { inRounds, mainThreadMicros, ofRows, someName, usedMemory } from './rounds.mjs';
import { measureSeed } from './seed.mjs';

/** A round takes seconds here, so a few of them are enough. */
const MOST_ROUNDS = 5;
const BYTES = 120;
const DAY_MS = 86_400_000;
const THOROUGH = {
  ...{ added: 20_000, processed: 10_000, alone: 2_000, waiting: 10_000 },
  ...{ starts: 200, loud: 100_000, shared: 6_000 },
  ...{ delayed: 1_000_000, due: 100_000, awayMs: 20_000, idleWorkers: 200, seedSeconds: 60 },
};
const QUICK = {
  ...{ added: 2_000, processed: 2_000, alone: 300, waiting: 2_000 },
  ...{ starts: 50, loud: 5_000, shared: 1_200 },
  ...{ delayed: 20_000, due: 10_000, awayMs: 3_000, idleWorkers: 24, seedSeconds: 6 },
};

export const WEIGHTS = { three: 3, two: 2, one: 1 };
export const ADDING = {
  'add, 64 callers': { size: 1, callers: 64 },
  'addMany of 50': { size: 50, callers: 8 },
  'addMany of 1,000': { size: 1_000, callers: 4 },
};
export const PROCESSING = { 'concurrency 50': 50, 'concurrency 1': 1 };
export const WAITING = {
  'ready, 120 B': { bytes: 120 },
  'ready, 900 B': { bytes: 900 },
  'ready, 950 B': { bytes: 950 },
  'ready, 1,000 B': { bytes: 1_000 },
  'ready, 1,100 B': { bytes: 1_100 },
  'delayed, 120 B': { bytes: 120, delayMs: DAY_MS },
};
export const CONCURRENCIES = [1, 10, 50];

const PARTS = {
  adding: measureAdding,
  processing: measureProcessing,
  costs: measureCosts,
  latency: measureLatency,
  bytes: measureBytes,
  quiet: measureQuiet,
  shares: measureShares,
  delayed: measureDelayed,
  rates: measureRates,
  idle: measureIdle,
  recovery: measureRecovery,
  seed: measureSeed,
};

export const QUEUE_PART_NAMES = Object.keys(PARTS);

/** Answers the chosen parts by name. */
export async function measureQueue({ contenders, redis, effort, quick, parts, progress }) {
  const chosen = queuesAmong(contenders);
  const wanted = QUEUE_PART_NAMES.filter((name) => parts.includes(name));
  if (!chosen || wanted.length === 0) return null;
  const counts = quick ? QUICK : THOROUGH;
  const rounds = Math.min(effort.rounds, MOST_ROUNDS);
  // Whoever reads the targets alone needs no peers.
  const { default: Redis } = await import('ioredis');
  const admin = new Redis(redis.url);
  const ofAll = async (hosts) => {
    const run = { hosts, chosen, redis, admin, rounds, counts, progress };
    const results = {};
    for (const name of wanted) results[name] = await PARTS[name](run);
    return results;
  };
  try {
    return await withHosts(chosen, () => ({ url: redis.url }), ofAll);
  } finally {
    admin.disconnect();
  }
}

function measureAdding(run) {
  const jobs = run.counts.added;
  return ofRows(ADDING, (title, how) => {
    run.progress(`queue: ${title}`);
    return inRounds(run, (host) =>
      host.ask('addJobs', { name: someName('add'), jobs, bytes: BYTES, ...how }),
    );
  });
}

function measureProcessing(run) {
  return ofRows(PROCESSING, (title, concurrency) => {
    run.progress(`queue: processing, ${title}`);
    const jobs = concurrency === 1 ? run.counts.alone : run.counts.processed;
    return inRounds(run, async (host) => {
      const name = someName('process');
      await host.ask('fillQueue', { name, jobs, bytes: BYTES });
      return host.ask('processJobs', { name, jobs, concurrency });
    });
  });
}

/** Processor time of Redis's main thread, and time of the event loop, of a job that is added and processed. */
function measureCosts(run) {
  run.progress('queue: what a job costs');
  const jobs = run.counts.processed;
  return inRounds(run, async (host) => {
    const name = someName('cost');
    const before = await mainThreadMicros(run.admin);
    const added = await host.ask('addJobs', { name, jobs, bytes: BYTES, size: 50, callers: 8 });
    const processed = await host.ask('processJobs', { name, jobs, concurrency: 50 });
    const spent = (await mainThreadMicros(run.admin)) - before;
    const loopMicrosPerJob = added.loopMicrosPerJob + processed.loopMicrosPerJob;
    return { serverMicrosPerJob: spent / jobs, loopMicrosPerJob };
  });
}

function measureLatency(run) {
  run.progress('queue: from add to start on an idle queue');
  const given = { jobs: run.counts.starts, bytes: BYTES };
  return inRounds(run, (host) => host.ask('startLatency', { name: someName('latency'), ...given }));
}

/** Memory of Redis of a job that waits. */
function measureBytes(run) {
  const jobs = run.counts.waiting;
  return ofRows(WAITING, (title, given) => {
    run.progress(`queue: memory of a waiting job, ${title}`);
    return inRounds({ ...run, rounds: 1 }, async (host) => {
      const before = await usedMemory(run.admin);
      await host.ask('fillQueue', { name: someName('bytes'), jobs, ...given });
      return { bytesPerJob: ((await usedMemory(run.admin)) - before) / jobs };
    });
  });
}

/** Of the package alone: the others have no organizations. */
async function measureQuiet(run) {
  run.progress('queue: a quiet organization beside a loud one');
  const [subject] = run.hosts;
  const given = { jobs: run.counts.starts, bytes: BYTES };
  const beside = async (loud) => {
    const ask = () => subject.ask('quietLatency', { name: someName('quiet'), loud, ...given });
    return (await inRounds({ ...run, hosts: [subject] }, ask))[subject.id];
  };
  return { alone: await beside(0), beside: await beside(run.counts.loud) };
}

async function measureShares(run) {
  run.progress('queue: shares of three organizations');
  const [subject] = run.hosts;
  const given = { weights: WEIGHTS, jobs: run.counts.shared, bytes: BYTES };
  const measured = {};
  for (const concurrency of CONCURRENCIES) {
    const ask = () => subject.ask('shares', { name: someName('shares'), concurrency, ...given });
    measured[concurrency] = (await inRounds({ ...run, hosts: [subject], rounds: 1 }, ask))[subject.id];
  }
  return measured;
}
