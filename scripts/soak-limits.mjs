// The soak's third part: two processes share one limit. Each algorithm has its turn, and no span of time may have more
// admitted calls than the algorithm allows. Of calls under way no more may be so at one time.

import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

const MINUTE_MS = 60_000;
const PROCESSES = 2;
const CALLERS = 16;
const WINDOW_MS = 1000;
const HOUR_MS = 3_600_000;
/** What passes in two seconds of a minute's calls, so that a calendar's limit is met early and its quota is never over. */
const CALENDAR_LIMIT = 5000;
/** Fewer than the callers of both processes for one identifier. */
const CONCURRENCY_LIMIT = 4;
/** How long a call is under way, at most. */
const WORK_MS = 20;
/** Two processes with pauses reach it in a part of a burst, so that most calls meet the limit. */
const LIMIT = 200;
const IDS = ['u-1', 'u-2', 'u-3'];
/** Bursts begin and end at other places of the windows each time. */
const BURST_MS = 1600;
const EVERY_MS = 2310;
/** What a process takes to begin and to end. */
const PATIENCE_MS = 60_000;

/**
 * What each algorithm promises of one identifier: of `spans` of a window wherever they begin, of windows that begin at
 * multiples of their length, of spans of any length.
 */
export const PROMISES = {
  log: ({ calls, limit, windowMs }) => ({ 'any window': [mostInSpan(calls, windowMs), limit] }),
  gcra: ({ calls, limit, windowMs }) => ({
    'a burst and one each interval': [mostBeyondRate(calls, windowMs / limit), limit],
  }),
  sliding: ({ calls, limit, windowMs }) => ({
    "a window of the server's clock": [mostInWindow(calls, windowMs), limit],
    'any window': [mostInSpan(calls, windowMs), 2 * limit - 1],
  }),
  fixed: ({ calls, limit, windowMs }) => ({ 'any window': [mostInSpan(calls, windowMs), 2 * limit] }),
  calendar: ({ calls, limit, windowMs }) => ({ 'an hour of UTC': [mostInWindow(calls, windowMs), limit] }),
  concurrency: ({ calls, limit }) => ({ 'one moment': [mostAtOnce(calls), limit] }),
};

/** The policy of each algorithm, and what its promise is about: the limit, and the length of a window. */
const SHARED = {
  calendar: {
    policy: { algorithm: 'calendar', limit: CALENDAR_LIMIT, period: 'hour' },
    windowMs: HOUR_MS,
  },
  concurrency: {
    policy: { algorithm: 'concurrency', limit: CONCURRENCY_LIMIT, leaseSeconds: 1 },
    workMs: WORK_MS,
  },
};

/** @param {string} algorithm */
function sharedBy(algorithm) {
  const windowed = {
    policy: { algorithm, limit: LIMIT, windowSeconds: WINDOW_MS / 1000 },
    windowMs: WINDOW_MS,
  };
  return SHARED[algorithm] ?? windowed;
}

/**
 * Times before the calls and times after their decisions, each in order. A call was counted in between: it is surely in
 * a span if both of its times are.
 */
function timesOf(calls) {
  const sorted = (position) => Float64Array.from(calls, (call) => call[position]).sort();
  return { befores: sorted(0), afters: sorted(1) };
}

/** The most calls that were surely counted in [start, start + span), over all starts. */
export function mostInSpan(calls, span) {
  const { befores, afters } = timesOf(calls);
  let most = 0;
  let ended = 0;
  for (const [begun, start] of befores.entries()) {
    while (ended < afters.length && afters[ended] < start + span) ended += 1;
    // Those that began earlier are not counted, also where they ended within.
    most = Math.max(most, ended - begun);
  }
  return most;
}

/** The same of spans that begin at multiples of their length. */
export function mostInWindow(calls, span) {
  const counts = new Map();
  for (const [before, after] of calls) {
    const window = Math.floor(before / span);
    if (Math.floor(after / span) === window) counts.set(window, (counts.get(window) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}

/** The most calls that were surely counted in a span of any length, beyond one each `interval` of it. */
export function mostBeyondRate(calls, interval) {
  const { befores, afters } = timesOf(calls);
  let most = 0;
  let least = Number.POSITIVE_INFINITY;
  let begun = 0;
  for (const [ended, end] of afters.entries()) {
    while (begun < befores.length && befores[begun] <= end) {
      least = Math.min(least, begun - befores[begun] / interval);
      begun += 1;
    }
    most = Math.max(most, ended + 1 - end / interval - least);
  }
  // A part of an interval allows no further call; times since 1970 over an interval are exact to a thousandth.
  return Math.ceil(most - 0.001);
}

/** The most calls that were surely under way at one time: from after their decisions until before their release. */
export function mostAtOnce(calls) {
  const surely = calls.filter(([, decided, released]) => decided < released);
  const changes = surely.flatMap(([, decided, released]) => [
    [decided, 1],
    [released, -1],
  ]);
  // Of one time the ends come first: they may have been before.
  changes.sort(([a, one], [b, other]) => a - b || one - other);
  let now = 0;
  let most = 0;
  for (const [, change] of changes) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

/** The figures of one algorithm's turn as a line, and its problems as sentences. */
export function judge(algorithm, reports, { limit, windowMs }) {
  const sum = (of) => reports.reduce((total, report) => total + of(report), 0);
  const problems = [];
  const local = sum((report) => report.local);
  if (local > 0) problems.push(`${algorithm}: ${local} calls were admitted without Redis`);
  const most = {};
  for (const id of IDS) {
    const calls = reports.flatMap(({ admitted }) => admitted[id]);
    if (calls.length === 0) problems.push(`${algorithm}: no call of ${id} was admitted`);
    const found = PROMISES[algorithm]({ calls, limit, windowMs });
    for (const [span, [count, allowed]] of Object.entries(found)) {
      most[span] = { count: Math.max(count, most[span]?.count ?? 0), allowed };
      if (count > allowed) {
        problems.push(`${algorithm}: ${id} had ${count} calls in ${span}, where ${allowed} are allowed`);
      }
    }
  }
  const shown = Object.entries(most).map(([span, { count, allowed }]) => `in ${span} ${count} of ${allowed}`);
  const admitted = sum((report) => Object.values(report.admitted).reduce((n, calls) => n + calls.length, 0));
  const decisions = sum((report) => report.decisions);
  return { figures: `${decisions} decisions, ${admitted} admitted; at most ${shown.join(', ')}`, problems };
}

/** The reports of processes that share the limit of an algorithm for the given time. */
async function share(redis, algorithm, { minutes, seed, driver }) {
  const { runProgram } = require('../__test__/support/process.js');
  await redis.command('FLUSHALL');
  const { policy, workMs } = sharedBy(algorithm);
  const endsAt = Date.now() + minutes * MINUTE_MS;
  const shape = { policy, workMs, ids: IDS, callers: CALLERS, burstMs: BURST_MS, everyMs: EVERY_MS, endsAt };
  const runs = Array.from({ length: PROCESSES }, (_, process) =>
    runProgram('shared-limit.cjs', {
      args: { ...shape, seed: seed + process },
      env: { REDIS_URL: redis.url, CACHE_DRIVER: driver, CACHE_LOG: 'off' },
      timeoutMs: minutes * MINUTE_MS + PATIENCE_MS,
    }),
  );
  return (await Promise.all(runs)).map(({ report }) => report);
}

/** Answers the line of figures of a run, and its problems. */
export async function soakLimits(chosen) {
  const { startRedis } = require('../__test__/support/redis.js');
  const redis = await startRedis();
  const all = [];
  for (const algorithm of Object.keys(PROMISES)) {
    const reports = await share(redis, algorithm, chosen);
    const { policy, windowMs } = sharedBy(algorithm);
    const { figures, problems } = judge(algorithm, reports, { limit: policy.limit, windowMs });
    console.log(`${algorithm}: ${figures}`);
    all.push(...problems);
  }
  const what = `${PROCESSES} processes, ${LIMIT} a window of ${WINDOW_MS} ms`;
  return { figures: `${what}, ${chosen.minutes} minutes an algorithm`, problems: all };
}
