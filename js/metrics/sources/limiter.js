'use strict';

const { counter, gauge } = require('../family.js');

/** @import { LimiterTally, Report } from '../../report-types.js' */
/** @import { Family, Sample, Source } from '../registry.js' */

/** Outcomes of a check. Each check has one. */
const DECISIONS = /** @type {const} */ ([
  'allowed',
  'limited',
  'blocked',
  'cost',
  'reserve',
  'shadow',
  'down',
  'bypassed',
  'errors',
]);

/** @typedef {{ namespace: string, policy: string, tally: LimiterTally }} Counted */

/**
 * The rate limits. Several limiters of one namespace are one series each, so they are added up.
 * @type {Source}
 */
function limiterFamilies({ report }) {
  const limiters = report.rooms.limiter;
  /** @type {Counted[]} */
  const counted = limiters.flatMap(({ namespace, policies }) =>
    Object.entries(policies).map(([policy, tally]) => ({ namespace, policy, tally })),
  );
  return [
    counter(
      'orgcache_limiter_decisions',
      'Checks of rate limits by what became of them.',
      sum(
        counted.flatMap(({ namespace, policy, tally }) =>
          DECISIONS.map((decision) => ({ labels: { namespace, policy, decision }, value: tally[decision] })),
        ),
      ),
    ),
    ofPolicies(
      'orgcache_limiter_near',
      'Checks that were admitted with most of the limit used.',
      'near',
      counted,
    ),
    ofPolicies(
      'orgcache_limiter_denied',
      'Checks that this process refused without asking Redis.',
      'denied',
      counted,
    ),
    ofPolicies('orgcache_limiter_local', 'Checks that this process decided itself.', 'local', counted),
    gauge(
      'orgcache_limiter_leases',
      'Calls under way in this process that hold leases, or their costs.',
      sum(
        counted.map(({ namespace, policy, tally }) => ({
          labels: { namespace, policy },
          value: tally.leases,
        })),
      ),
    ),
    gauge('orgcache_limiter_instances', 'Processes that share the limits of a namespace.', most(limiters)),
    ofNamespaces(
      'orgcache_limiter_denials',
      'Identifiers that this process refuses without asking.',
      'denials',
      limiters,
    ),
    ofNamespaces(
      'orgcache_limiter_local_entries',
      'Identifiers that this process counts itself.',
      'localEntries',
      limiters,
    ),
  ];
}

/**
 * @param {string} name
 * @param {string} help
 * @param {keyof LimiterTally} field
 * @param {Counted[]} counted
 * @returns {Family}
 */
function ofPolicies(name, help, field, counted) {
  const samples = counted.map(({ namespace, policy, tally }) => ({
    labels: { namespace, policy },
    value: tally[field],
  }));
  return counter(name, help, sum(samples));
}

/**
 * @param {string} name
 * @param {string} help
 * @param {'denials' | 'localEntries'} field
 * @param {Report['rooms']['limiter']} limiters
 * @returns {Family}
 */
function ofNamespaces(name, help, field, limiters) {
  return gauge(
    name,
    help,
    sum(limiters.map((limiter) => ({ labels: { namespace: limiter.namespace }, value: limiter[field] }))),
  );
}

/**
 * Samples of the same labels are added up.
 * @param {Sample[]} samples
 * @returns {Sample[]}
 */
function sum(samples) {
  return merged(samples, (a, b) => a + b);
}

/** @param {Report['rooms']['limiter']} limiters */
function most(limiters) {
  const samples = limiters.map(({ namespace, instances }) => ({ labels: { namespace }, value: instances }));
  return merged(samples, Math.max);
}

/**
 * @param {Sample[]} samples
 * @param {(a: number, b: number) => number} join
 * @returns {Sample[]}
 */
function merged(samples, join) {
  /** @type {Map<string, Sample>} */
  const byLabels = new Map();
  for (const { labels, value } of samples) {
    const name = JSON.stringify(labels);
    const known = byLabels.get(name);
    byLabels.set(name, { labels, value: known === undefined ? value : join(known.value, value) });
  }
  return [...byLabels.values()];
}

module.exports = { limiterFamilies };
