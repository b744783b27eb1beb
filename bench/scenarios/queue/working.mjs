/**
 * What the parts of the scenario `queue` with several processes ask of each: a worker that goes on between two calls, live adds,
 * idle workers, and the load of the queue service. Times that two processes compare are those of the machine's one clock.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../../statistics.mjs';
import { dataOf, withQueue } from './work.mjs';

/** Between two live adds, and between two looks at the delayed jobs. */
const LIVE_PAUSE_MS = 1;
const LOOK_MS = 5;
const PROMOTED_WITHIN_MS = 60_000;
/** Jobs of the queue service: so many a second, each of which takes so long. */
const SEED_RATE = 20;
const SEED_HANDLER_MS = 20;
const SEED_DEADLINE_MS = 30_000;

let working = null;
let idle = null;

/** A worker that notes when jobs start. */
async function startWorking(contender, { name, concurrency, leaseMs, handlerMs = 0 }) {
  const starts = [];
  const handler = async () => {
    starts.push(process.hrtime.bigint());
    if (handlerMs > 0) await delay(handlerMs);
  };
  working = { starts, worker: contender.openWorker(name, handler, { concurrency, leaseMs }) };
}

/** How many jobs have started so far, the first one after a time, and the last one. */
function startsSoFar({ afterNs = 0n } = {}) {
  const { starts } = working;
  return { count: starts.length, firstNs: starts.find((at) => at > afterNs), lastNs: starts.at(-1) };
}

async function stopWorking() {
  await working.worker.close();
  working = null;
}

/**
 * Adds one job after the other, and answers the p99 of the acknowledgements: so many adds, or from `dueAt` until only `left` jobs
 * are delayed. Then also how many became ready a second.
 */
async function liveAdds(contender, { name, adds, dueAt, due, left }) {
  return withQueue(contender, name, async (queue) => {
    const waits = [];
    const add = async () => {
      const began = performance.now();
      await queue.add({ live: true }, { orgId: 'live' });
      waits.push(performance.now() - began);
      await delay(LIVE_PAUSE_MS);
    };
    if (dueAt === undefined) {
      while (waits.length < adds) await add();
      return { p99Ms: percentile(waits, 0.99) };
    }
    if (Date.now() > dueAt) throw new Error('filling the queue took longer than until its jobs fall due');
    await delay(dueAt - Date.now());
    const promoted = promotedAt(queue, left, dueAt + PROMOTED_WITHIN_MS);
    let endedAt;
    promoted.then((at) => {
      endedAt = at;
    });
    while (endedAt === undefined) await add();
    return { p99Ms: percentile(waits, 0.99), promotedPerSecond: (due / (endedAt - dueAt)) * 1_000 };
  });
}

/** The time at which no more than `left` jobs are delayed. */
async function promotedAt(queue, left, deadline) {
  while ((await queue.countDelayed()) > left) {
    if (Date.now() > deadline) throw new Error('jobs that were due did not become ready');
    await delay(LOOK_MS);
  }
  return Date.now();
}

/** So many workers, each with connections of its own. */
async function openIdle(contender, { name, workers }) {
  const starts = [];
  const handler = async ({ data }) => {
    starts.push([data.index, process.hrtime.bigint()]);
  };
  const opened = Array.from({ length: workers }, () => contender.openAlone(name, handler));
  idle = { starts, opened: await Promise.all(opened) };
}

function startsOfIdle() {
  return idle.starts;
}

async function closeIdle() {
  await Promise.all(idle.opened.map((worker) => worker.close()));
  idle = null;
}

/** Adds one job after the other, and answers when each was added. */
async function addSlowly(contender, { name, jobs, pauseMs, bytes }) {
  return withQueue(contender, name, async (queue) => {
    const added = [];
    for (let index = 0; index < jobs; index += 1) {
      added.push(process.hrtime.bigint());
      await queue.add(dataOf(index, bytes));
      await delay(pauseMs);
    }
    return added;
  });
}

/** The load of a server that has used a queue service so far: jobs completed a minute, the slowest, and how many failed. */
async function seedLoad(contender, { seconds }) {
  const service = await contender.openService();
  const type = 'bench:seed';
  const jobs = SEED_RATE * seconds;
  const added = new Map();
  const waits = [];
  let last;
  service.registerProcessor(type, 'job', () => delay(SEED_HANDLER_MS));
  service.on('jobCompleted', ({ job }) => {
    last = performance.now();
    waits.push(last - added.get(job.data.index));
  });
  service.startProcessing(type);
  const began = performance.now();
  for (let index = 0; index < jobs; index += 1) {
    await delay(Math.max(0, began + (index * 1_000) / SEED_RATE - performance.now()));
    added.set(index, performance.now());
    await service.addJob(type, 'job', { index });
  }
  const deadline = performance.now() + SEED_DEADLINE_MS;
  while (waits.length < jobs && performance.now() < deadline) await delay(LOOK_MS);
  await service.stopProcessing();
  return {
    jobsPerMinute: (waits.length / (last - began)) * 60_000,
    slowestSeconds: Math.max(...waits) / 1_000,
    failedPercent: (1 - waits.length / jobs) * 100,
  };
}

/** @param contender answers what the process has opened */
export function workingOperations(contender) {
  const withContender = (work) => (argument) => work(contender(), argument);
  return {
    startWorking: withContender(startWorking),
    startsSoFar,
    stopWorking,
    liveAdds: withContender(liveAdds),
    openIdle: withContender(openIdle),
    startsOfIdle,
    closeIdle,
    addSlowly: withContender(addSlowly),
    seedLoad: withContender(seedLoad),
  };
}
