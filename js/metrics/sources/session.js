'use strict';

const { counter } = require('../family.js');

/** @import { SessionReport } from '../../report-types.js' */
/** @import { Sample, Source } from '../registry.js' */

/** Counts of a room. Each is a label of one family. */
const COUNTS = /** @type {const} */ ([
  'created',
  'read',
  'updated',
  'conflicts',
  'rotated',
  'destroyed',
  'revoked',
  'evicted',
  'journalled',
  'stale',
  'malformed',
  'unknown',
  'mismatched',
  'full',
  'damaged',
  'touched',
]);

/**
 * The sessions. Several rooms of one namespace are one series each, so they are added up.
 * @type {Source}
 */
function sessionFamilies({ report }) {
  /** @type {Map<string, Sample>} */
  const samples = new Map();
  for (const room of report.rooms.session) for (const sample of samplesOf(room)) add(samples, sample);
  return [counter('orgcache_sessions', 'Calls of sessions by what became of them.', [...samples.values()])];
}

/**
 * @param {SessionReport} room
 * @returns {Sample[]}
 */
function samplesOf(room) {
  const { namespace } = room;
  return COUNTS.map((outcome) => ({ labels: { namespace, outcome }, value: room[outcome] }));
}

/**
 * @param {Map<string, Sample>} samples
 * @param {Sample} sample
 */
function add(samples, sample) {
  const name = JSON.stringify(sample.labels);
  const known = samples.get(name);
  samples.set(name, { labels: sample.labels, value: sample.value + (known?.value ?? 0) });
}

module.exports = { sessionFamilies };
