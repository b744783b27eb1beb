/** What the queue promises. */
import { BULLMQ } from './queue-contenders.mjs';
import { ratioOf, spread } from './statistics.mjs';
import { atLeast, atMost, subjectSamples } from './target-measures.mjs';

/** A `measure`: how the package compares with BullMQ in one figure of one table. */
const against =
  (samplesOf, metric, baseline = BULLMQ) =>
  (results) => {
    const samples = results.queue && samplesOf(results.queue);
    const subject = samples && subjectSamples(samples);
    return subject && samples[baseline] ? ratioOf(subject, samples[baseline], metric) : null;
  };

const adding = (title) => against(({ adding }) => adding?.[title], 'jobsPerSecond');
const processing = (title) => against(({ processing }) => processing?.[title], 'jobsPerSecond');
const bytes = (title) => against(({ bytes }) => bytes?.[title], 'bytesPerJob');

/** A `measure`: one figure of the package alone. */
const alone =
  (samplesOf, metric, scale = 1) =>
  (results) => {
    const samples = results.queue && samplesOf(results.queue);
    return samples ? spread(samples.map((sample) => sample[metric] * scale)) : null;
  };

export const QUEUE_TARGETS = [
  {
    name: 'add a job, 64 callers, jobs/s against BullMQ',
    ...atLeast(3, 5, 'x'),
    measure: adding('add, 64 callers'),
  },
  { name: 'addMany of 50, the same', ...atLeast(4, 8, 'x'), measure: adding('addMany of 50') },
  { name: 'addMany of 1,000, the same', ...atLeast(4, 8, 'x'), measure: adding('addMany of 1,000') },
  {
    name: 'process jobs, concurrency 50, jobs/s against BullMQ',
    ...atLeast(2.5, 4, 'x'),
    measure: processing('concurrency 50'),
  },
  {
    name: 'process jobs, concurrency 1, the same',
    ...atLeast(2, 4, 'x'),
    measure: processing('concurrency 1'),
  },
  {
    name: 'main thread of Redis a job, added and processed at 50, against BullMQ',
    ...atMost(0.35, 0.2, 'x'),
    measure: against(({ costs }) => costs, 'serverMicrosPerJob'),
  },
  {
    name: 'event-loop time of such a job, the same',
    ...atMost(0.4, 0.25, 'x'),
    measure: against(({ costs }) => costs, 'loopMicrosPerJob'),
  },
  {
    name: 'from add to start on an idle queue, p50, against BullMQ',
    ...atMost(1, 0.8, 'x'),
    measure: against(({ latency }) => latency, 'p50Ms'),
  },
  {
    name: 'from add to start on an idle queue, p99, the same',
    ...atMost(1, 0.8, 'x'),
    measure: against(({ latency }) => latency, 'p99Ms'),
  },
  {
    name: 'memory of Redis of a waiting job of 120 B, against BullMQ',
    ...atMost(0.5, 0.42, 'x'),
    measure: bytes('ready, 120 B'),
  },
  {
    name: 'memory of a waiting job of 1,000 B, the same',
    ...atMost(0.75, 0.7, 'x'),
    measure: bytes('ready, 1,000 B'),
  },
  {
    name: 'memory of a delayed job of 120 B, the same',
    ...atMost(0.55, 0.5, 'x'),
    measure: bytes('delayed, 120 B'),
  },
  {
    name: 'from add to start of a quiet organization behind 100,000 jobs of a loud one, p99, against alone',
    ...atMost(2, 1.3, 'x'),
    measure: ({ queue }) => (queue?.quiet ? ratioOf(queue.quiet.beside, queue.quiet.alone, 'p99Ms') : null),
  },
  {
    name: 'shares of organizations with weights 3, 2, 1: largest difference, any concurrency',
    ...atMost(5, 1, '%'),
    measure: ({ queue }) =>
      queue?.shares ? spread([100 * Math.max(...Object.values(queue.shares).map(([{ off }]) => off))]) : null,
  },
  {
    name: 'memory of Redis of a delayed job among 1,000,000, against BullMQ',
    ...atMost(0.55, 0.5, 'x'),
    measure: against(({ delayed }) => delayed?.bytes, 'bytesPerJob'),
  },
  {
    name: '100,000 delayed jobs that fall due together: ready a second',
    ...atLeast(50_000, 100_000, '/s'),
    measure: alone(({ delayed }) => delayed?.promotion, 'promotedPerSecond'),
  },
  {
    name: 'live adds meanwhile, p99 against before',
    ...atMost(3, 2, 'x'),
    measure: alone(({ delayed }) => delayed?.promotion, 'p99Ratio'),
  },
  {
    name: 'from the kill of a worker, leaseMs 15000, to the next start of its job',
    ...atMost(17, 16, 's'),
    measure: alone(({ recovery }) => recovery?.killed, 'nextStartMs', 0.001),
  },
  {
    name: 'from the first answer of a Redis that was away for 20 s to the next start',
    ...atMost(1, 0.3, 's'),
    measure: alone(({ recovery }) => recovery?.away, 'nextStartMs', 0.001),
  },
  {
    name: 'queue service: jobs completed a minute, of 1,200 a minute that are added',
    ...atLeast(1_000, 1_000, ''),
    measure: alone(({ seed }) => seed, 'jobsPerMinute'),
  },
  {
    name: 'the same, from add to completion, the slowest',
    ...atMost(5, 5, 's'),
    measure: alone(({ seed }) => seed, 'slowestSeconds'),
  },
  {
    name: 'the same, jobs that failed',
    ...atMost(1, 1, '%'),
    measure: alone(({ seed }) => seed, 'failedPercent'),
  },
];
