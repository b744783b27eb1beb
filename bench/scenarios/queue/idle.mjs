/** The time of Redis that an added job costs while very many workers are idle. */
import { setTimeout as delay } from 'node:timers/promises';
import { withHosts } from '../../contender-host.mjs';
import { BULLMQ } from '../../queue-contenders.mjs';
import { percentile } from '../../statistics.mjs';
import { mainThreadMicros, someName } from './rounds.mjs';

const BYTES = 120;
/** The workers are in so many processes. */
const PROCESSES = 4;
const JOBS = 100;
/** Between two jobs, so that all workers are idle again. */
const PAUSE_MS = 50;
/** Until all workers have asked and wait. */
const SETTLE_MS = 3_000;

/** Answers `{ workers, samples[id] }`. Polls without a job are taken off. */
export async function measureIdle({ chosen, hosts, redis, admin, counts, progress }) {
  const samples = {};
  const measured = chosen.filter((contender, at) => at === 0 || contender.id === BULLMQ);
  for (const contender of measured) {
    progress(`queue: ${counts.idleWorkers} idle workers, ${contender.id}`);
    const host = hosts.find(({ id }) => id === contender.id);
    const copies = Array.from({ length: PROCESSES }, (_, at) => ({
      ...contender,
      id: `${contender.id}-${at}`,
    }));
    samples[contender.id] = [
      await withHosts(
        copies,
        () => ({ url: redis.url }),
        (workers) => addToIdle({ host, workers, admin, each: Math.ceil(counts.idleWorkers / PROCESSES) }),
      ),
    ];
    await admin.flushall();
  }
  return { workers: counts.idleWorkers, samples };
}

async function addToIdle({ host, workers, admin, each }) {
  const name = someName('idle');
  for (const worker of workers) await worker.ask('openIdle', { name, workers: each });
  await delay(SETTLE_MS);
  const pause = async () => {
    const before = await mainThreadMicros(admin);
    await delay(JOBS * PAUSE_MS);
    return (await mainThreadMicros(admin)) - before;
  };
  const idleMicros = await pause();
  const before = await mainThreadMicros(admin);
  const began = Date.now();
  const added = await host.ask('addSlowly', { name, jobs: JOBS, pauseMs: PAUSE_MS, bytes: BYTES });
  const idlePart = (idleMicros * (Date.now() - began)) / (JOBS * PAUSE_MS);
  const spent = (await mainThreadMicros(admin)) - before;
  const started = [];
  for (const worker of workers) started.push(...(await worker.ask('startsOfIdle')));
  if (started.length !== JOBS) throw new Error(`${started.length} of ${JOBS} jobs started`);
  const waits = started.map(([index, startedNs]) => Number(startedNs - added[index]) / 1e6);
  for (const worker of workers) await worker.ask('closeIdle');
  return {
    serverMicrosPerJob: (spent - idlePart) / JOBS,
    idlePercent: idleMicros / (JOBS * PAUSE_MS * 10),
    p50Ms: percentile(waits, 0.5),
    p99Ms: percentile(waits, 0.99),
  };
}
