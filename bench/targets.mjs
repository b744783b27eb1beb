/**
 * What the package promises, each computed from the results of the same run.
 *
 * `measure(results)` answers `{ value, low, high }`, or null where the run did not measure it.
 */
import { CHANGE_TARGETS, CLIENT_TARGETS } from './client-targets.mjs';
import { LIMITER_TARGETS } from './limiter-targets.mjs';
import { NEAR_TARGETS } from './near-targets.mjs';
import { QUEUE_TARGETS } from './queue-targets.mjs';
import { clearSummary } from './scenarios/clear.mjs';
import { FLAT_GROWTH } from './scenarios/memory.mjs';
import { outageSummary } from './scenarios/outage.mjs';
import { SESSION_TARGETS } from './session-targets.mjs';
import { spread } from './statistics.mjs';
import { STORE_TARGETS } from './store-targets.mjs';
import {
  AUTO_PIPELINING,
  atLeast,
  atMost,
  findSamples,
  IOREDIS,
  ratio,
  subjectSamples,
} from './target-measures.mjs';
import { TOPIC_TARGETS } from './topics-targets.mjs';

export const TARGETS = [
  {
    name: 'raw get 100 B, 64 callers, calls/s against ioredis auto-pipelining',
    ...atLeast(1.8, 2.1, 'x'),
    measure: ratio('raw', rawGet(100, 64), 'callsPerSecond', AUTO_PIPELINING),
  },
  {
    name: 'raw get 100 B, 512 callers, the same',
    ...atLeast(2.4, 3.1, 'x'),
    measure: ratio('raw', rawGet(100, 512), 'callsPerSecond', AUTO_PIPELINING),
  },
  {
    name: 'raw get 4 kB, 64 callers, the same',
    ...atLeast(2, 2.8, 'x'),
    measure: ratio('raw', rawGet(4_096, 64), 'callsPerSecond', AUTO_PIPELINING),
  },
  {
    name: 'raw get 4 kB, 512 callers, the same',
    ...atLeast(2, 2.8, 'x'),
    measure: ratio('raw', rawGet(4_096, 512), 'callsPerSecond', AUTO_PIPELINING),
  },
  {
    name: 'raw get 100 B, 1 caller, calls/s against plain ioredis',
    ...atLeast(0.92, 1.05, 'x'),
    measure: ratio('raw', rawGet(100, 1), 'callsPerSecond', IOREDIS),
  },
  {
    name: 'event-loop time a raw get, 512 callers, against ioredis auto-pipelining',
    ...atMost(0.3, 0.2, 'x'),
    measure: ratio('raw', rawGet(100, 512), 'loopMicrosPerCall', AUTO_PIPELINING),
  },
  {
    name: 'process CPU a raw get, 512 callers, the same',
    ...atMost(0.35, 0.17, 'x'),
    measure: ratio('raw', rawGet(100, 512), 'processMicrosPerCall', AUTO_PIPELINING),
  },
  {
    name: 'adapter, 2 messages, 64 callers, calls/s against the JavaScript adapter over ioredis',
    ...atLeast(3, 5, 'x'),
    measure: ratio('adapter', adapterMixed(2, 64), 'callsPerSecond', IOREDIS),
  },
  {
    name: 'adapter, 40 messages, 64 callers, the same',
    ...atLeast(1.6, 1.9, 'x'),
    measure: ratio('adapter', adapterMixed(40, 64), 'callsPerSecond', IOREDIS),
  },
  {
    name: 'adapter get from the embedded store, 1 caller, 2 messages',
    ...atLeast(500_000, 1_500_000, '/s'),
    measure({ embedded }) {
      const cell = { operation: 'adapter-get', messages: 2, callers: 1 };
      const subject = subjectSamples(findSamples(embedded, cell));
      return subject && spread(subject.map(({ callsPerSecond }) => callsPerSecond));
    },
  },
  {
    name: 'clear an organization of 10,000 keys among 1,000,000',
    ...atMost(100, 30, 'ms'),
    measure({ clear }) {
      const subject = subjectSamples(clear?.samples);
      return subject && clearSummary(subject).elapsedMs;
    },
  },
  {
    name: 'resident memory after 1,000,000 sets through a 64 MiB store',
    ...atMost(200, 130, 'MiB'),
    measure: ({ memory }) => (memory ? spread([memory.endMiB]) : null),
  },
  {
    name: 'replay of 100,000 journalled writes',
    ...atLeast(50_000, 100_000, '/s'),
    measure: ({ outage }) => (outage ? outageSummary(outage).replayedPerSecond : null),
  },
  {
    name: 'live p99 during that replay, against the usual',
    ...atMost(3, 2, 'x'),
    measure: ({ outage }) => (outage ? outageSummary(outage).p99Ratio : null),
  },
  {
    name: 'a stopped server is found',
    ...atMost(2_000, 2_000, 'ms'),
    measure: ({ outage }) => (outage ? outageSummary(outage).foundMs : null),
  },
  {
    name: 'growth of resident memory over the second half of those sets',
    ...atMost(FLAT_GROWTH, FLAT_GROWTH, 'x'),
    measure: ({ memory }) => (memory ? spread([memory.growthOfSecondHalf]) : null),
  },
  ...CLIENT_TARGETS,
  ...LIMITER_TARGETS,
  ...SESSION_TARGETS,
  ...STORE_TARGETS,
  ...TOPIC_TARGETS,
  ...NEAR_TARGETS,
  ...QUEUE_TARGETS,
];

function rawGet(bytes, callers) {
  return { operation: 'raw-get', bytes, callers };
}

function adapterMixed(messages, callers) {
  return { operation: 'adapter-mixed', messages, callers };
}

function reaches({ better }, value, limit) {
  return better === 'higher' ? value >= limit : value <= limit;
}

/** Every target with what was measured, those of changes only where they were; `verdict` is 'aim', 'met', 'missed' or 'not measured'. */
export function judge(results) {
  const judged = [...TARGETS, ...CHANGE_TARGETS].map(({ measure, ...target }) => {
    const measured = measure(results);
    return { ...target, measured, verdict: verdictOf(target, measured) };
  });
  const ofChanges = new Set(CHANGE_TARGETS.map(({ name }) => name));
  return judged.filter(({ name, measured }) => measured || !ofChanges.has(name));
}

function verdictOf(target, measured) {
  if (!measured) return 'not measured';
  if (reaches(target, measured.value, target.aim)) return 'aim';
  return reaches(target, measured.value, target.bound) ? 'met' : 'missed';
}
