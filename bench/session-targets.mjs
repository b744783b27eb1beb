/** The promises of sessions. */
import { subjectAmong } from './contenders.mjs';
import { median, percentile, ratioOf, spread } from './statistics.mjs';
import { AUTO_PIPELINING, atLeast, atMost, findSamples, ratio, subjectSamples } from './target-measures.mjs';

const NODE_REDIS = 'node-redis';
const FEW = 10_000;
const MANY = 1_000_000;

const among = (results, sessions) =>
  subjectSamples(findSamples(results.sessions, { operation: 'session-among', sessions }));

/** Milliseconds of the slowest of a hundred reads. */
const p99Among = (sessions) => (results) => {
  const samples = among(results, sessions);
  return samples ? spread(samples.map(({ p99Micros }) => p99Micros / 1_000)) : null;
};

function growthOfP99(results) {
  const [few, many] = [among(results, FEW), among(results, MANY)];
  return few && many ? ratioOf(many, few, 'p99Micros') : null;
}

function endsOf(results) {
  const samples = results.sessions?.ends?.samples;
  const subject = samples && subjectAmong(Object.keys(samples));
  return subject ? { own: samples[subject], other: samples[AUTO_PIPELINING] } : null;
}

function speedOfEnds(results) {
  const ends = endsOf(results);
  return ends?.other ? ratioOf(ends.other, ends.own, 'elapsedMs') : null;
}

function slowestEnd(results) {
  const ends = endsOf(results);
  if (!ends) return null;
  const value = percentile(
    Float64Array.from(ends.own, ({ elapsedMs }) => elapsedMs),
    0.99,
  );
  return { value, low: median(ends.own.map(({ elapsedMs }) => elapsedMs)), high: value };
}

const memoryAgainst = (perUser) => (results) => {
  const bytes = results.sessions?.memory?.bytes;
  const subject = bytes && subjectAmong(Object.keys(bytes));
  if (!subject || !bytes[NODE_REDIS]) return null;
  const value = bytes[subject][perUser] / bytes[NODE_REDIS][1];
  return { value, low: value, high: value };
};

export const SESSION_TARGETS = [
  {
    name: 'session get, 300 B, 64 callers, calls/s against connect-redis 9 over node-redis',
    ...atLeast(3, 4, 'x'),
    measure: ratio('sessions', { operation: 'session-get', callers: 64 }, 'callsPerSecond', NODE_REDIS),
  },
  {
    name: 'create, get and destroy of a session, 64 callers, the same',
    ...atLeast(2, 2.5, 'x'),
    measure: ratio('sessions', { operation: 'session-cycle', callers: 64 }, 'callsPerSecond', NODE_REDIS),
  },
  {
    name: 'session get among 10,000, 64 callers, p99',
    ...atMost(2, 1, 'ms'),
    measure: p99Among(FEW),
  },
  {
    name: 'session get among 1,000,000, 64 callers, p99',
    ...atMost(2, 1, 'ms'),
    measure: p99Among(MANY),
  },
  {
    name: 'p99 of a session get among 1,000,000 against among 10,000',
    ...atMost(1.2, 1, 'x'),
    measure: growthOfP99,
  },
  {
    name: 'destroyAll of 10,000 sessions, speed against SMEMBERS and UNLINK over ioredis',
    ...atLeast(20, 100, 'x'),
    measure: speedOfEnds,
  },
  {
    name: 'destroyAll of 10,000 sessions, p99',
    ...atMost(1, 1, 'ms'),
    measure: slowestEnd,
  },
  {
    name: 'memory in Redis of a session of 300 B, one a user, against connect-redis, which has no index',
    ...atMost(1.8, 1.7, 'x'),
    measure: memoryAgainst(1),
  },
  {
    name: 'the same, three a user',
    ...atMost(1.4, 1.35, 'x'),
    measure: memoryAgainst(3),
  },
];
