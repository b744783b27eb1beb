'use strict';

const { secondFactories } = require('./factories');
const { Timeline, changeOf, clientOf } = require('./timeline');

// Looks through a history for answers that coherent copies never give. Pure: it reads no clock and does no I/O.
//
// A history is `{ subjects, operations }`. A subject is a key: `{ organization, lifetimeMs, graceMs }`. An operation is
//
//   { kind, subject, process, client, value, begin, end, outcome }
//
// `kind` is read, set, delete, expire, clear or factory. Times are milliseconds of one clock for all processes. `subject` is
// the index of a subject. A clear names what it takes away: `subjects`, or an `organization`, null for all keys. An
// invalidation of a tag and the end of a guarded change are clears too. `value` is the number that was written or read: each
// written value has its own, 0 is nothing, and -1 is what no writer of the history can have written. `outcome` is
// acknowledged, or inDoubt: then the change may take effect until `settledAt` (default: at any time).
//
// A read with `isInOutage` was answered while Redis was away: it promises no order, only lifetime and owner. A read with
// `isShared` may have the answer of a call that its thread made before: what other threads have seen is no news to it. One
// with `mayBeStale` may answer a value in its grace.
//
// A factory made `value` from `begin` to `end`, for a call that began at `calledAt`. Its value may be stored until
// `storedBy`, or never. With `isInOutage` it may have run without a lease.

const EXAMPLES = 5;
const NOTHING = 0;

/** The rules, by the letters of the specification: each returns what a read broke, or undefined. */
const RULES = {
  /** A read that began after its own process's acknowledged write answers older; or after its client's own write. */
  a: ({ read, timeline, latest, limits }) =>
    olderThan(timeline.acknowledged.of(ownerOf(read)).before(read.begin), latest) ??
    olderThan(sentBefore(read, timeline, limits), latest),
  /** An answer that was overwritten more than `maxStalenessMs` before the read began. */
  b: ({ read, timeline, latest, limits }) =>
    olderThan(timeline.applied.before(read.begin - stalenessOf(read, limits)), latest),
  /** A read answers older than one that had ended before in its process. */
  c: ({ read, timeline, latest }) => olderThan(timeline.seen.of(ownerOf(read)).before(read.begin), latest),
  /** A value that nobody wrote, of another key or organization, or past its lifetime. */
  d: ({ read, timeline, limits }) => {
    if (read.value === NOTHING) return undefined;
    const { source } = read;
    if (read.stranger) return { what: 'it belongs to another key', than: read.stranger };
    const madeAt = source?.kind === 'factory' ? source.end : source?.begin;
    if (!source || madeAt >= read.end) return { what: 'nobody had written it' };
    const slackMs = read.isInOutage ? limits.outageSlackMs : limits.lifetimeSlackMs;
    const hasExpired = timeline.hasExpired(source, read, slackMs);
    return hasExpired ? { what: 'its lifetime had ended' } : undefined;
  },
  /** A value that was cleared or invalidated: by its own process before the read, by another one more than `maxStalenessMs` before. */
  e: ({ read, timeline, latest, limits }) => {
    if (read.value === NOTHING) return undefined;
    return (
      olderThan(timeline.ownClearings.of(ownerOf(read)).before(read.begin), latest) ??
      olderThan(timeline.clearings.before(read.begin - stalenessOf(read, limits)), latest)
    );
  },
  /** A second factory of a key under one lease. `secondFactories` looks for it: no read breaks this rule. */
  f: () => undefined,
  /** A factory's value answers though a set, a delete, a clearing or an invalidation came after the factory's begin. */
  g: ({ read, timeline, limits }) => {
    if (read.source?.kind !== 'factory') return undefined;
    const { begin } = read.source;
    const known = (owner) =>
      olderThan(timeline.acknowledged.of(owner).before(read.begin), begin) ??
      olderThan(timeline.ownClearings.of(owner).before(read.begin), begin);
    const own = known(clientOf(read)) ?? olderThan(sentBefore(read, timeline, limits), begin);
    // The call of that factory, or one that joined it, gets its value whatever others have changed.
    if (own || read.isOfFactory) return own;
    const since = read.begin - stalenessOf(read, limits);
    return (
      known(ownerOf(read)) ??
      olderThan(timeline.seen.of(ownerOf(read)).before(read.begin), begin) ??
      olderThan(timeline.applied.before(since), begin) ??
      olderThan(timeline.clearings.before(since), begin)
    );
  },
};

/** An outage promises no order between what its memory answers and what others write. */
const HOLDS_IN_OUTAGES = new Set(['d']);

const DEFAULT_LIMITS = {
  maxStalenessMs: 1000,
  /** So old may be the call whose answer a read shares. */
  sharedStalenessMs: 1000,
  /** A server's clock ticks in milliseconds, and it may be a few of them behind. */
  lifetimeSlackMs: 25,
  /** The outage memory counts a lifetime from the reply, which may take as long as a call. */
  outageSlackMs: 1000,
  /** How long a lease lasts that nobody renews. */
  leaseMs: 3000,
  /** Whether calls of one client reach Redis in their order. While a slot moves, a call that is sent again comes behind later ones. */
  keepsOrder: true,
};

/** A read must know the acknowledged changes and reads of these. */
function ownerOf(read) {
  return read.isShared ? clientOf(read) : read.process;
}

/** The newest change that its own client had sent before a read. */
function sentBefore(read, timeline, { keepsOrder }) {
  return keepsOrder ? timeline.sent.of(clientOf(read)).before(read.begin) : undefined;
}

function stalenessOf({ isShared }, { maxStalenessMs, sharedStalenessMs }) {
  return isShared ? Math.max(maxStalenessMs, sharedStalenessMs) : maxStalenessMs;
}

function olderThan(newest, latest) {
  return newest !== undefined && newest.begin > latest
    ? { what: 'it is older', than: newest.change }
    : undefined;
}

/**
 * Answers `{ reads, readsOf, readsOfFactories, writes, violations, examples }`: how many reads were judged, also by the process that wrote what
 * they answered and those that answered what a factory of another process had made, the number of violations by rule, and the first
 * of each. `rules` (default: all) are the letters of the rules to hold.
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
  for (const change of changes.flat()) if (isSource(change)) byValue.set(change.value, change);
  for (const read of reads.flat()) find(read, byValue);

  const counts = { reads: 0, readsOf: {}, readsOfFactories: 0, writes: byValue.size };
  const result = { ...counts, violations: {}, examples: [] };
  for (const [index, subject] of subjects.entries()) {
    const timeline = new Timeline(subject, changes[index]);
    timeline.seal(reads[index], endsAt);
    for (const read of reads[index]) judge({ read, timeline, limits }, rules, result);
    if (!rules.includes('f')) continue;
    for (const second of secondFactories(changes[index], limits)) note('f', second, result);
  }
  return result;
}

/** Whether reads may answer what it made. A factory that threw has made nothing. */
function isSource({ kind, value }) {
  return kind === 'set' || (kind === 'factory' && value !== NOTHING);
}

function subjectsOf({ kind, subject, organization, subjects: named }, subjects) {
  if (kind !== 'clear') return [subject];
  if (named !== undefined) return named;
  const all = [...subjects.keys()];
  return organization === null ? all : all.filter((index) => subjects[index].organization === organization);
}

/** A copy, which may be written to: a history is not changed. */
function readOf({ subject, process, client, value, begin, end, isInOutage = false, ...more }) {
  const { isShared = false, mayBeStale = false } = more;
  const found = { source: undefined, stranger: undefined, isOfFactory: false };
  return { subject, process, client, value, begin, end, isInOutage, isShared, mayBeStale, ...found };
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
  // Until the call of a factory has its answer, others of the thread may join it, whether the value is stored or not.
  const isOfClient = change.kind === 'factory' && change.client === read.client;
  read.isOfFactory = isOfClient && Math.max(change.end, change.storedBy) >= read.begin;
  if (!change.isAcknowledged && !read.isInOutage && !read.isOfFactory)
    change.applied = Math.min(change.applied, read.end);
}

function judge({ read, timeline, limits }, rules, result) {
  const writer = read.source?.process;
  if (writer !== undefined) result.readsOf[writer] = (result.readsOf[writer] ?? 0) + 1;
  if (read.source?.kind === 'factory' && writer !== read.process) result.readsOfFactories += 1;
  result.reads += 1;
  const latest = read.value === NOTHING ? timeline.absentUntil(read.end) : (read.source?.latest ?? Infinity);
  for (const rule of rules) {
    if (read.isInOutage && !HOLDS_IN_OUTAGES.has(rule)) continue;
    const broken = RULES[rule]({ read, timeline, latest, limits });
    if (broken !== undefined) note(rule, { read, ...broken }, result);
  }
}

function note(rule, example, result) {
  result.violations[rule] = (result.violations[rule] ?? 0) + 1;
  if (result.violations[rule] <= EXAMPLES) result.examples.push({ rule, ...example });
}

module.exports = { check, RULES };
