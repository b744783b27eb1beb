'use strict';

const { counter, gauge, summary } = require('../metrics/family.js');

/** @import { QueueStats } from '../../index.js' */
/** @import { QueueReport, QueueTimes, QueueTally } from '../report-types.js' */
/** @import { Family, Sample, Source } from '../metrics/registry.js' */

const STATES = /** @type {const} */ (['ready', 'delayed', 'active', 'completed', 'dead']);
const OUTCOMES = /** @type {const} */ (['completed', 'retrying', 'dead', 'released']);
const QUANTILES = /** @type {const} */ ([
  ['0.5', 'p50Ms'],
  ['0.9', 'p90Ms'],
  ['0.95', 'p95Ms'],
  ['0.99', 'p99Ms'],
]);
const MS_A_SECOND = 1000;

/**
 * Answers the numbers of a queue; undefined where the server does not.
 * @typedef {(name: string) => Promise<QueueStats | undefined>} Ask
 * @typedef {{ name: string, stats: QueueStats }} Seen
 * @typedef {{ name: string, tally: QueueTally }} Counted
 */

/**
 * The queues that this process uses: what the server has of each, and what the workers of this process have done.
 * @param {() => Iterable<string>} names
 * @param {Ask} ask
 * @returns {Source}
 */
function queueSource(names, ask) {
  return async ({ report }) => {
    const { queue } = /** @type {{ queue?: QueueReport }} */ (/** @type {object} */ (report.rooms));
    const done = queue?.done ?? {};
    const counted = Object.entries(done).map(([name, tally]) => ({ name, tally }));
    const isAway = report.usesRedis && !['ready', 'recovering'].includes(report.state.state);
    const asked = isAway ? [] : [...names()];
    const seen = await Promise.all(asked.map(async (name) => ({ name, stats: await ask(name) })));
    const known = seen.flatMap(({ name, stats }) => (stats === undefined ? [] : [{ name, stats }]));
    return [...familiesOfServer(known), ...familiesOfWorkers(counted)];
  };
}

/**
 * @param {Seen[]} seen
 * @returns {Family[]}
 */
function familiesOfServer(seen) {
  return [
    gauge(
      'orgcache_queue_jobs',
      'Jobs of a queue by state, in all processes.',
      seen.flatMap(({ name, stats }) =>
        STATES.map((state) => ({ labels: { queue: name, state }, value: stats[state] })),
      ),
    ),
    gauge(
      'orgcache_queue_oldest_seconds',
      'For how long the oldest job of a state has been in it; a delayed one counts from when it was due.',
      seen.flatMap(({ name, stats }) =>
        STATES.map((state) => ({ labels: { queue: name, state }, value: ageOf(stats, state) })),
      ),
    ),
    gauge(
      'orgcache_queue_workers',
      'Workers of a queue that have given a sign within a minute, in all processes.',
      seen.map(({ name, stats }) => ({ labels: { queue: name }, value: stats.workers })),
    ),
  ];
}

/**
 * @param {QueueStats} stats
 * @param {typeof STATES[number]} state
 */
function ageOf({ at, oldest }, state) {
  const since = oldest[state];
  return since === null ? 0 : Math.max(0, at.getTime() - since.getTime()) / MS_A_SECOND;
}

/**
 * @param {Counted[]} counted
 * @returns {Family[]}
 */
function familiesOfWorkers(counted) {
  return [
    summary(
      'orgcache_queue_wait_seconds',
      'Time from the add of a job to its first start by a worker of this process, with its delay.',
      counted.flatMap(({ name, tally }) => quantilesOf(name, tally.waiting)),
    ),
    summary(
      'orgcache_queue_run_seconds',
      'Time that handlers of this process took.',
      counted.flatMap(({ name, tally }) => quantilesOf(name, tally.running)),
    ),
    counter(
      'orgcache_queue_finished',
      'Ends of handlers of this process by what became of their jobs.',
      counted.flatMap(({ name, tally }) =>
        OUTCOMES.map((outcome) => ({ labels: { queue: name, outcome }, value: tally[outcome] })),
      ),
    ),
    counter('orgcache_queue_lost', 'Results of this process that came too late.', each(counted, 'lost')),
    counter(
      'orgcache_queue_stalled',
      'Jobs whose lease had ended, as this process found them.',
      each(counted, 'stalled'),
    ),
  ];
}

/**
 * @param {Counted[]} counted
 * @param {'lost' | 'stalled'} what
 * @returns {Sample[]}
 */
function each(counted, what) {
  return counted.map(({ name, tally }) => ({ labels: { queue: name }, value: tally[what] }));
}

/**
 * @param {string} queue
 * @param {QueueTimes} times
 * @returns {Sample[]}
 */
function quantilesOf(queue, times) {
  const quantiles = QUANTILES.map(([quantile, name]) => ({
    labels: { queue, quantile },
    value: (times[name] ?? Number.NaN) / MS_A_SECOND,
  }));
  return [
    ...quantiles,
    { labels: { queue }, suffix: '_sum', value: times.sumMs / MS_A_SECOND },
    { labels: { queue }, suffix: '_count', value: times.count },
  ];
}

module.exports = { queueSource };
