/** What the parts of the scenario `queue` ask of a contender's process. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { percentile } from '../../statistics.mjs';

/** Jobs of a batch while a queue is filled, and batches under way. */
const FILL_BATCH = 500;
const FILL_CALLS = 4;
/** What a handler takes while organizations compete, and the pause between jobs of the quiet one. */
const HANDLER_MS = 2;
const PAUSE_MS = 5;

const texts = new Map();

/** A text of that length: one for all callers, so that to make it is no part of what is measured. */
function textOf(length) {
  const known = texts.get(length);
  if (known !== undefined) return known;
  const text = Buffer.alloc(length, 'x').toString();
  texts.set(length, text);
  return text;
}

/** Data of so many bytes as JSON. */
export function dataOf(index, bytes) {
  return { index, text: textOf(Math.max(0, bytes - `{"index":${index},"text":""}`.length)) };
}

/** Runs `work` for each number below `count`, so many at a time. */
async function inParallel(count, callers, work) {
  let next = 0;
  const caller = async () => {
    while (next < count) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
}

/** What `work` took of the clock and of the event loop, a job. */
async function timed(jobs, work) {
  const loop = performance.eventLoopUtilization();
  const began = performance.now();
  await work();
  const elapsedMs = performance.now() - began;
  const { active } = performance.eventLoopUtilization(loop);
  return { jobsPerSecond: (jobs / elapsedMs) * 1_000, loopMicrosPerJob: (active / jobs) * 1_000 };
}

export async function withQueue(contender, name, work) {
  const queue = contender.openQueue(name);
  try {
    return await work(queue);
  } finally {
    await queue.close();
  }
}

/** `size` 1: `add`; else `addMany` of lists of that size. With `organizations`, the jobs of a list are of all in turn. */
async function addJobs(contender, { name, jobs, size, callers, bytes, organizations }) {
  const listOf = (index) => Array.from({ length: size }, (_, offset) => dataOf(index * size + offset, bytes));
  const orgIdOf = organizations && (({ index }) => organizations[index % organizations.length]);
  return withQueue(contender, name, (queue) =>
    timed(jobs, () =>
      inParallel(jobs / size, callers, (index) =>
        size === 1 ? queue.add(dataOf(index, bytes)) : queue.addMany(listOf(index), undefined, orgIdOf),
      ),
    ),
  );
}

/** With `dueAt` all jobs fall due at that time. */
async function fill(queue, { jobs, bytes, dueAt, ...given }) {
  await inParallel(Math.ceil(jobs / FILL_BATCH), FILL_CALLS, (batch) => {
    const size = Math.min(FILL_BATCH, jobs - batch * FILL_BATCH);
    const list = Array.from({ length: size }, (_, offset) => dataOf(batch * FILL_BATCH + offset, bytes));
    const due = dueAt === undefined ? {} : { delayMs: Math.max(1, dueAt - Date.now()) };
    return queue.addMany(list, { ...given, ...due });
  });
}

async function fillQueue(contender, { name, ...given }) {
  await withQueue(contender, name, (queue) => fill(queue, given));
}

/** A handler that counts, and a promise of the time when it has counted so far. */
function counter(count, each) {
  let left = count;
  let done;
  const all = new Promise((resolve) => {
    done = resolve;
  });
  const handler = async (job) => {
    each?.(job);
    left -= 1;
    if (left === 0) done();
  };
  return { handler, all };
}

/** The queue has that many jobs. */
async function processJobs(contender, { name, jobs, concurrency }) {
  return withQueue(contender, name, async (queue) => {
    const { handler, all } = counter(jobs);
    let worker;
    const sample = await timed(jobs, async () => {
      worker = queue.work(handler, concurrency);
      await all;
    });
    await worker.close();
    return sample;
  });
}

/** From `add` to the start of the handler, one job after the other on an idle queue. */
async function startLatency(contender, { name, jobs, bytes }) {
  return withQueue(contender, name, async (queue) => {
    let started;
    const worker = queue.work(async () => started?.(performance.now()), 50);
    const waits = [];
    for (let index = 0; index < jobs; index += 1) {
      const start = new Promise((resolve) => {
        started = resolve;
      });
      const began = performance.now();
      await queue.add(dataOf(index, bytes));
      waits.push((await start) - began);
      // Until then the worker has told Redis of the job, and is idle.
      await delay(PAUSE_MS);
    }
    await worker.close();
    return waitsOf(waits);
  });
}

function waitsOf(waits) {
  return { p50Ms: percentile(waits, 0.5), p99Ms: percentile(waits, 0.99) };
}

/** From `add` to start of a quiet organization's jobs, while a loud one has so many jobs waiting. */
async function quietLatency(contender, { name, loud, jobs, bytes }) {
  return withQueue(contender, name, async (queue) => {
    if (loud > 0) await fill(queue, { jobs: loud, bytes, orgId: 'loud' });
    const starts = new Map();
    const handler = async ({ data }) => {
      starts.get(data.quiet)?.(performance.now());
      await delay(HANDLER_MS);
    };
    const worker = queue.work(handler, 10);
    const waits = [];
    for (let quiet = 0; quiet < jobs; quiet += 1) {
      const start = new Promise((resolve) => starts.set(quiet, resolve));
      const began = performance.now();
      await queue.add({ quiet }, { orgId: 'quiet' });
      waits.push((await start) - began);
      starts.delete(quiet);
      await delay(PAUSE_MS);
    }
    await queue.drain();
    await worker.close();
    return waitsOf(waits);
  });
}

/** The largest difference, in parts of its share, of any organization among the first `jobs` starts. */
async function shares(contender, { name, weights, jobs, concurrency, bytes }) {
  return withQueue(contender, name, async (queue) => {
    const names = Object.keys(weights);
    for (const orgId of names) {
      await queue.setWeight(orgId, weights[orgId]);
      await fill(queue, { jobs, bytes, orgId });
    }
    const counts = Object.fromEntries(names.map((orgId) => [orgId, 0]));
    let seen = 0;
    const { handler, all } = counter(jobs, ({ orgId }) => {
      if (seen < jobs) counts[orgId] += 1;
      seen += 1;
    });
    const worker = queue.work(handler, concurrency);
    await all;
    await queue.drain();
    await worker.close();
    return { off: offBy(counts, weights, jobs) };
  });
}

export function offBy(counts, weights, jobs) {
  const sum = Object.values(weights).reduce((all, weight) => all + weight, 0);
  const parts = Object.keys(weights).map((orgId) => {
    const due = (jobs * weights[orgId]) / sum;
    return Math.abs(counts[orgId] - due) / due;
  });
  return Math.max(...parts);
}

/** @param contender answers what the process has opened */
export function queueOperations(contender) {
  const withContender = (work) => (argument) => work(contender(), argument);
  return {
    addJobs: withContender(addJobs),
    fillQueue: withContender(fillQueue),
    processJobs: withContender(processJobs),
    startLatency: withContender(startLatency),
    quietLatency: withContender(quietLatency),
    shares: withContender(shares),
  };
}
