/** What copies in the process and `createCache` promise. */
import { BENTO_MEMORY, BENTO_TIERED, LRU_CACHE, NEAR_OFF, NO_CHANNELS } from './near-contenders.mjs';
import { PEEKS } from './near-workloads.mjs';
import { BLOCK_MS } from './scenarios/near/invalidation.mjs';
import { BYTES } from './scenarios/near/memory.mjs';
import { PER_SECOND } from './scenarios/near/pushes.mjs';
import { CALLERS, LEASE_MS, PROCESSES } from './scenarios/near/stampede.mjs';
import { FEW, MANY } from './scenarios/near/tags.mjs';
import { FACTOR } from './scenarios/near/tenants.mjs';
import { WORKERS } from './scenarios/near/workers.mjs';
import { HELD_ONE_IN } from './scenarios/near/write-cost.mjs';
import { ratioOf, spread } from './statistics.mjs';
import { atLeast, atMost, leastOf, ratio, subjectSamples } from './target-measures.mjs';

const whole = (number) => number.toLocaleString('en');

const calls = (operation, { messages = 2, callers }, baseline) =>
  ratio('near', { operation, messages, callers }, 'callsPerSecond', baseline);

/** A `measure`: one figure of the package over the rounds of a part, by `figureOf` of a round. */
const ofSubject = (part, figureOf) => (results) => {
  const rounds = subjectSamples(results.near?.[part]?.samples);
  return rounds ? spread(rounds.map(figureOf)) : null;
};

const serverCost = (writeShare) => (results) => {
  const samples = results.near?.['server-cost']?.[writeShare]?.samples;
  const subject = subjectSamples(samples);
  return subject ? ratioOf(subject, samples[NEAR_OFF], 'serverMicrosPerCall') : null;
};

const pointsOver = (name) => (results) => {
  const rounds = results.near?.['hit-ratio']?.[name];
  return rounds ? spread(rounds.map(({ near, lru }) => (near - lru) * 100)) : null;
};

const besideAlone = (metric) => (results) => {
  const tenants = results.near?.tenants;
  return tenants ? ratioOf(tenants.beside, tenants.alone, metric) : null;
};

const CALL_TARGETS = [
  {
    name: 'adapter get from a near copy, 1 caller, 2 messages, calls/s against BentoCache’s memory with serialization',
    ...atLeast(3, 5, 'x'),
    measure: calls('near-hit', { callers: 1 }, BENTO_MEMORY),
  },
  {
    name: 'adapter get from a near copy, 1 caller, 40 messages, the same',
    ...atLeast(1.1, 1.3, 'x'),
    measure: calls('near-hit', { messages: 40, callers: 1 }, BENTO_MEMORY),
  },
  {
    name: 'adapter get that no copy answers, the least of 1 and 64 callers, calls/s against near copies off',
    ...atLeast(0.9, 0.97, 'x'),
    measure: leastOf([1, 64].map((callers) => calls('near-never', { callers }, NEAR_OFF))),
  },
  {
    name: 'createCache, get from a near copy, 1 caller, calls/s against BentoCache over Redis',
    ...atLeast(3, 5, 'x'),
    measure: calls('near-cache-get', { callers: 1 }, BENTO_TIERED),
  },
  {
    name: 'createCache with frozen values, get from a near copy, the same',
    ...atLeast(10, 30, 'x'),
    measure: calls('near-frozen-get', { callers: 1 }, BENTO_TIERED),
  },
  {
    name: `createCache with frozen values, ${PEEKS} peeks of copies, calls/s against lru-cache, which holds the objects`,
    ...atLeast(0.4, 0.8, 'x'),
    measure: calls('near-frozen-peek', { callers: 1 }, LRU_CACHE),
  },
  {
    name: 'createCache, get from a near copy, calls/s against no diagnostics channels, which nobody listens to',
    ...atLeast(0.99, 1, 'x'),
    measure: calls('near-cache-get', { callers: 1 }, NO_CHANNELS),
  },
  {
    name: 'createCache, set, 64 callers, calls/s against BentoCache over Redis',
    ...atLeast(3, 6, 'x'),
    measure: calls('near-set', { callers: 64 }, BENTO_TIERED),
  },
  {
    name: 'createCache, getOrSet of new keys, 64 callers, the same',
    ...atLeast(2, 4, 'x'),
    measure: calls('near-miss', { callers: 64 }, BENTO_TIERED),
  },
];

const FLEET_TARGETS = [
  {
    name: `getOrSet, ${whole(CALLERS)} callers in ${PROCESSES} processes, one new key: factories, the most of the rounds`,
    ...atMost(1, 1, ''),
    measure: mostOf('stampede', ({ factories }) => factories),
  },
  {
    name: 'the same, last answer after the end of the factory',
    ...atMost(50, 10, 'ms'),
    measure: ofSubject('stampede', ({ lastAnswerMs }) => lastAnswerMs),
  },
  {
    name: 'a process that runs the factory is killed: one that waits for it answers after',
    ...atMost(LEASE_MS + 300, LEASE_MS, 'ms'),
    measure({ near }) {
      const killings = near?.stampede?.killings;
      return killings?.length > 0
        ? spread([Math.max(...killings.map(({ answeredMs }) => answeredMs))])
        : null;
    },
  },
  {
    name: 'a write is seen by another process that has a copy, p99 after its acknowledgement',
    ...atMost(5, 1, 'ms'),
    measure: ofSubject('invalidation', ({ p99Ms }) => p99Ms),
  },
  {
    name: `stale reads after the reader’s thread was blocked for ${BLOCK_MS} ms, the most of the rounds`,
    ...atMost(0, 0, ''),
    measure: mostOf('invalidation', ({ stale }) => stale),
  },
  {
    name: `${whole(PER_SECOND)} changes a second that a process is told of: cores of its I/O thread`,
    ...atMost(0.4, 0.2, ''),
    measure({ near }) {
      const held = near?.pushes?.samples.held;
      return held ? spread(held.map(({ ioCores }) => ioCores)) : null;
    },
  },
  {
    name: 'delay of its event loop meanwhile, p99, against writes that it is not told of',
    ...atMost(1.2, 1.05, 'x'),
    measure({ near }) {
      const samples = near?.pushes?.samples;
      return samples ? ratioOf(samples.held, samples.free, 'delayMs') : null;
    },
  },
  {
    name: 'processor time of Redis a call, 4 processes, Zipf 0.9, 1 % writes, against near copies off',
    ...atMost(0.4, 0.25, 'x'),
    measure: serverCost(0.01),
  },
  {
    name: 'processor time of Redis a call, 50 % writes, the same',
    ...atMost(1.2, 1.05, 'x'),
    measure: serverCost(0.5),
  },
  {
    name: `processor time of Redis a write, 4 processes with copies of one key in ${HELD_ONE_IN} each, against none`,
    ...atMost(1.6, 1.4, 'x'),
    measure({ near }) {
      const samples = near?.['write-cost']?.samples;
      return samples ? ratioOf(samples.held, samples.free, 'serverMicrosPerWrite') : null;
    },
  },
];

const ROOM_TARGETS = [
  {
    name: `resident memory of 1,000,000 texts of ${BYTES} B as near copies, against lru-cache with the same texts`,
    ...atMost(0.8, 0.6, 'x'),
    measure({ near }) {
      const memory = near?.memory;
      const subject = subjectSamples(memory?.samples);
      // Fewer texts, as with `--quick`, say nothing about a million.
      if (!subject || memory.entries < 1_000_000) return null;
      return ratioOf(subject, memory.samples[LRU_CACHE], 'entryBytes');
    },
  },
  {
    name: 'longest stall of the event loop with them, nine reads to one write, against lru-cache',
    ...atMost(0.5, 0.2, 'x'),
    measure({ near }) {
      const stalls = near?.memory?.stalls;
      const subject = subjectSamples(stalls);
      return subject ? ratioOf(subject, stalls[LRU_CACHE], 'longestMs') : null;
    },
  },
  {
    name: `resident memory of texts that ${WORKERS} worker threads read, against an lru-cache in each`,
    ...atMost(0.25, 0.15, 'x'),
    measure({ near }) {
      const samples = near?.workers?.samples;
      const subject = subjectSamples(samples);
      return subject ? ratioOf(subject, samples[LRU_CACHE], 'grownMiB') : null;
    },
  },
  {
    name: 'hit ratio with room for a tenth of the keys, Zipf 0.9, percentage points over an exact LRU',
    ...atLeast(0, 2, ''),
    measure: pointsOver('plain'),
  },
  {
    name: 'hit ratio with a scan through all keys, the same',
    ...atLeast(5, 10, ''),
    measure: pointsOver('scan'),
  },
  {
    name: `invalidating a tag of ${whole(MANY)} values, time against a tag of ${FEW}`,
    ...atMost(1.5, 1.1, 'x'),
    measure: ofSubject('tags', ({ manyMs, fewMs }) => manyMs / fewMs),
  },
  {
    name: `hit ratio of a small organization beside one that works on ${FACTOR} times its keys, against alone`,
    ...atLeast(0.95, 0.98, 'x'),
    measure: besideAlone('hitRatio'),
  },
  {
    name: 'p99 of the small organization’s gets, the same',
    ...atMost(1.2, 1.1, 'x'),
    measure: besideAlone('p99Micros'),
  },
];

export const NEAR_TARGETS = [...CALL_TARGETS, ...FLEET_TARGETS, ...ROOM_TARGETS];

/** A `measure`: the highest figure of all rounds. A promise that holds in most rounds is none. */
function mostOf(part, figureOf) {
  return (results) => {
    const rounds = subjectSamples(results.near?.[part]?.samples);
    return rounds ? spread([Math.max(...rounds.map(figureOf))]) : null;
  };
}
