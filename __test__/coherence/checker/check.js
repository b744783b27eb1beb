'use strict';

const { Timeline, changeOf } = require('./timeline');

// Looks through a history for answers that coherent copies never give. Pure: it reads no clock and does no I/O.
//
// A history is `{ subjects, operations }`. A subject is a key: `{ organization, lifetimeMs }`. An operation is
//
//   { kind, subject, process, client, value, begin, end, outcome }
//
// `kind` is read, set, delete or clear. Times are milliseconds of one clock for all processes. `subject` is the index of
// a subject; a clear has `organization` instead, null for all keys. `value` is the number that was written or read: each
// written value has its own, 0 is nothing, and -1 is what no writer of the history can have written.
// `outcome` is acknowledged, or inDoubt: then the change may take effect until `settledAt` (default: at any time).
// A read with `isInOutage` was answered while Redis was away: it promises no order, only lifetime and owner.

const EXAMPLES = 5;
const NOTHING = 0;

/** The rules, by the letters of the specification: each returns what a read broke, or undefined. */
const RULES = {
  /** A read that began after its own process's acknowledged write answers older; or after its client's own write. */
  a: ({ read, timeline, latest }) =>
    olderThan(timeline.acknowledged.of(read.process).before(read.begin), latest) ??
    olderThan(timeline.sent.of(read.client).before(read.begin), latest),
  /** An answer that was overwritten more than `maxStalenessMs` before the read began. */
  b: ({ read, timeline, latest, limits }) =>
    olderThan(timeline.applied.before(read.begin - limits.maxStalenessMs), latest),
  /** A read answers older than one that had ended before in its process. */
  c: ({ read, timeline, latest }) => olderThan(timeline.seen.of(read.process).before(read.begin), latest),
  /** A value that nobody wrote, of another key or organization, or past its lifetime. */
  d: ({ read, timeline, limits }) => {
    if (read.value === NOTHING) return undefined;
    const { source } = read;
    if (read.stranger) return { what: 'it belongs to another key', than: read.stranger };
    if (!source || source.begin >= read.end) return { what: 'nobody had written it' };
    const slackMs = read.isInOutage ? limits.outageSlackMs : limits.lifetimeSlackMs;
    const hasExpired = timeline.hasExpired(source, read.begin, slackMs);
    return hasExpired ? { what: 'its lifetime had ended' } : undefined;
  },
  /** A value that was cleared: by its own process before the read, by another one more than `maxStalenessMs` before. */
  e: ({ read, timeline, latest, limits }) => {
    if (read.value === NOTHING) return undefined;
    return (
      olderThan(timeline.ownClearings.of(read.process).before(read.begin), latest) ??
      olderThan(timeline.clearings.before(read.begin - limits.maxStalenessMs), latest)
    );
  },
};

/** An outage promises no order between what its memory answers and what others write. */
const HOLDS_IN_OUTAGES = new Set(['d']);

const DEFAULT_LIMITS = {
  maxStalenessMs: 1000,
  /** A server's clock ticks in milliseconds, and it may be a few of them behind. */
  lifetimeSlackMs: 25,
  /** The outage memory counts a lifetime from the reply, which may take as long as a call. */
  outageSlackMs: 1000,
};

function olderThan(newest, latest) {
  return newest !== undefined && newest.begin > latest
    ? { what: 'it is older', than: newest.change }
    : undefined;
}

/**
 * Answers `{ reads, readsOf, writes, violations, examples }`: how many reads were judged, also by the process that wrote what
 * they answered, the number of violations by rule, and the first of each. `rules` (default: all) are the letters of the rules to hold.
 */
function check(history, { rules = Object.keys(RULES), ...chosen } = {}) {
  const limits = { ...DEFAULT_LIMITS, ...chosen };
  const { subjects, operations } = history;
  const byValue = new Map();
  const changes = subjects.map(() => []);
  const reads = subjects.map(() => []);
  let endsAt = -Infinity;
  for (const operation of operations) {
    const { kind, begin, end } = operation;
    endsAt = Math.max(endsAt, begin, end < Infinity ? end : -Infinity);
    if (kind === 'read') reads[operation.subject].push(readOf(operation));
    else
      for (const subject of subjectsOf(operation, subjects))
        changes[subject].push(changeOf(operation, subject));
  }
  for (const change of changes.flat()) if (change.kind === 'set') byValue.set(change.value, change);
  for (const read of reads.flat()) find(read, byValue);

  const result = { reads: 0, readsOf: {}, writes: byValue.size, violations: {}, examples: [] };
  for (const [index, subject] of subjects.entries()) {
    const timeline = new Timeline(subject, changes[index]);
    timeline.seal(reads[index], endsAt);
    for (const read of reads[index]) judge({ read, timeline, limits }, rules, result);
  }
  return result;
}

function subjectsOf({ kind, subject, organization }, subjects) {
  if (kind !== 'clear') return [subject];
  const all = [...subjects.keys()];
  return organization === null ? all : all.filter((index) => subjects[index].organization === organization);
}

/** A copy, which may be written to: a history is not changed. */
function readOf({ subject, process, client, value, begin, end, isInOutage = false }) {
  return { subject, process, client, value, begin, end, isInOutage, source: undefined, stranger: undefined };
}

/** Finds the change whose value a read answered, and learns from it that a change in doubt took effect. */
function find(read, byValue) {
  const change = byValue.get(read.value);
  if (change === undefined) return;
  if (change.subject !== read.subject) {
    read.stranger = change;
    return;
  }
  read.source = change;
  if (!change.isAcknowledged && !read.isInOutage) change.applied = Math.min(change.applied, read.end);
}

function judge({ read, timeline, limits }, rules, result) {
  const writer = read.source?.process;
  if (writer !== undefined) result.readsOf[writer] = (result.readsOf[writer] ?? 0) + 1;
  result.reads += 1;
  const latest = read.value === NOTHING ? timeline.absentUntil(read.end) : (read.source?.latest ?? Infinity);
  for (const rule of rules) {
    if (read.isInOutage && !HOLDS_IN_OUTAGES.has(rule)) continue;
    const broken = RULES[rule]({ read, timeline, latest, limits });
    if (broken === undefined) continue;
    result.violations[rule] = (result.violations[rule] ?? 0) + 1;
    if (result.violations[rule] <= EXAMPLES) result.examples.push({ rule, read, ...broken });
  }
}

module.exports = { check, RULES };
