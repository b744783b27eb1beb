'use strict';

const { loadNative } = require('../../native.js');
const { counter, gauge } = require('../family.js');

/** @import { Bridge } from '../../bridge.js' */
/** @import { Family, Sample } from '../registry.js' */

/**
 * @typedef {{ hits: number, misses: number, stale: number, operations: number, bytes: number, p99Us: number | null }} Counts
 */

const US_A_SECOND = 1e6;

/**
 * The organizations with the most calls, by name, and all others together with an empty label, which no organization has. Only who asks for them gets
 * them: their names are the application's, and each is a series of its own.
 * @param {InstanceType<typeof Bridge>} bridge
 * @param {number} most
 * @returns {Family[]}
 */
function organizationFamilies(bridge, most) {
  /** @type {{ organizations: { organization: string, counts: Counts }[], rest: Counts }} */
  const { organizations, rest } = JSON.parse(loadNative().client.organizations(bridge.open(), most));
  /** @typedef {[labels: Record<string, string>, counts: Counts]} Row */
  const rows = [
    ...organizations.map(({ organization, counts }) => /** @type {Row} */ ([{ organization }, counts])),
    /** @type {Row} */ ([{ organization: '' }, rest]),
  ];
  /** @type {(value: (counts: Counts) => number) => Sample[]} */
  const each = (value) => rows.map(([labels, counts]) => ({ labels, value: value(counts) }));
  const reads = /** @type {const} */ ([
    ['hit', 'hits'],
    ['stale', 'stale'],
    ['miss', 'misses'],
  ]);
  return [
    counter(
      'orgcache_organization_reads',
      'Reads of the cache by organization.',
      reads.flatMap(([result, name]) =>
        rows.map(([labels, counts]) => ({ labels: { ...labels, result }, value: counts[name] })),
      ),
    ),
    counter(
      'orgcache_organization_calls',
      'Calls of the cache by organization.',
      each(({ operations }) => operations),
    ),
    counter(
      'orgcache_organization_bytes',
      'Bytes of values that were read and written, by organization.',
      each(({ bytes }) => bytes),
    ),
    gauge(
      'orgcache_organization_p99_seconds',
      'The time that 99 of 100 calls did not exceed, by organization.',
      each(({ p99Us }) => (p99Us === null ? Number.NaN : p99Us / US_A_SECOND)),
    ),
  ];
}

module.exports = { organizationFamilies };
