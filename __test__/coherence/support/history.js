'use strict';

const { operationsOf } = require('./log');
const { ORGANIZATIONS } = require('./subjects');

// Makes a history for the checker of what threads have recorded.
//
// While Redis is away, and until it has everything, a client answers from memory and keeps writes in its journal. A read of
// that time promises no order (`isInOutage`). A write of that time has no known effect until the client is up to date:
// it is in doubt until then.

/** Events reach JavaScript a moment after the first answers that they explain, and about when the last ones come. */
const BEFORE_EVENT_MS = 250;
const AFTER_EVENT_MS = 100;
/** A call that took so much of its timeout may have been answered by memory. */
const TIMED_OUT = 0.9;
/** How long a guard stands whose end was lost. Meanwhile each caller runs its own factory. */
const GUARD_MS = 10_000;

/**
 * `logs`: what `stop` of the processes answered. `events`: what the test itself did to all keys, `{ begin, end, isSure }`: it
 * emptied or killed the server, or, where `isSure` is false, it let the server drop keys. `doubts`: times in which the servers
 * may have lost what they had acknowledged, `{ from, to }`. Answers `{ subjects, operations }`.
 */
function historyOf({ subjects, logs, events = [], doubts = [], commandTimeoutMs }) {
  const operations = [];
  for (const log of logs) {
    const outages = new Outages([...log.outages, ...doubts]);
    const recorded = [...operationsOf(log.rows)];
    for (const one of recorded)
      operations.push(...operationsFrom(one, log, { subjects, recorded, outages, commandTimeoutMs }));
  }
  for (const { begin, end, isSure = true } of events) {
    const outcome = isSure ? { outcome: 'acknowledged' } : { outcome: 'inDoubt', settledAt: end };
    const who = { process: 'server', client: 'server' };
    operations.push({ kind: 'clear', organization: null, value: 0, ...who, begin, end, ...outcome });
  }
  const plain = subjects.map(({ organization, lifetimeMs, graceMs }) => ({
    organization,
    lifetimeMs,
    ...(graceMs && { graceMs }),
  }));
  return { subjects: plain, operations };
}

/** Turns a recorded operation into one operation of the checker, or none. */
function operationsFrom(one, log, known) {
  if (one.kind === 'factory') return [factoryOf(one, log, known)];
  if (isRead(one)) return one.outcome === 'acknowledged' ? [readOf(one, log, known)] : [];
  return [changeOf(one, log, known)];
}

const isRead = ({ kind }) => kind === 'read' || kind === 'getOrSet';

function plainOf({ kind, value, begin, end, outcome }, { process, client }) {
  return { kind, process, client, value, begin, end: outcome === 'underWay' ? Infinity : end };
}

function isDoubtful(begin, end, { outages, commandTimeoutMs }) {
  return outages.touch(begin, end) || end - begin > TIMED_OUT * commandTimeoutMs;
}

function readOf(one, log, known) {
  const read = { ...plainOf(one, log), kind: 'read', subject: one.target, outcome: 'acknowledged' };
  if (isDoubtful(read.begin, read.end, known)) {
    read.isInOutage = true;
    // A value in its grace answers while Redis is away.
    read.mayBeStale = true;
  }
  if (one.kind === 'getOrSet') {
    read.isShared = true;
    read.mayBeStale = true;
  }
  return read;
}

function changeOf(one, log, known) {
  const { outages, subjects } = known;
  const change = { ...plainOf(one, log), ...placeOf(one, subjects), outcome: 'acknowledged' };
  if (one.outcome === 'over') return { ...change, outcome: 'inDoubt', settledAt: change.end };
  if (isDoubtful(change.begin, change.end, known) || one.outcome !== 'acknowledged') {
    const overAt = Math.max(change.end, outages.overAfter(change.begin));
    return { ...change, outcome: 'inDoubt', settledAt: one.kind === 'mutate' ? overAt + GUARD_MS : overAt };
  }
  // Keys are free to vanish from its begin on, and must be gone after what `changed` says.
  if (one.kind === 'mutate') return { ...change, outcome: 'inDoubt', settledAt: change.end };
  return change;
}

/** Names the subject of a change. */
function placeOf({ kind, target, value }, subjects) {
  const tagged = (tag, isMeant) =>
    [...subjects.keys()].filter(
      (index) => isMeant(subjects[index]) && (subjects[index].tags ?? []).includes(tag),
    );
  if (kind === 'clear') return { organization: ORGANIZATIONS[target] };
  if (kind === 'invalidate') {
    const named = tagged(value, ({ organization }) => organization === ORGANIZATIONS[target]);
    return { kind: 'clear', subjects: named, leavesLease: true };
  }
  if (kind !== 'mutate' && kind !== 'changed') return { subject: target };
  const { organization } = subjects[target];
  const named = tagged(value, (subject) => subject.organization === organization);
  return { kind: 'clear', subjects: [...new Set([target, ...named])] };
}

/** A factory, with the call that ran it: until its end the value was stored, if ever. */
function factoryOf(one, log, known) {
  const { outages, recorded, commandTimeoutMs } = known;
  const factory = { ...plainOf(one, log), subject: one.target };
  const call = recorded[one.call];
  const callEnd = call.outcome === 'underWay' ? Infinity : call.end;
  const isOutside = callEnd < factory.end;
  const storedBy = isOutside ? factory.end + commandTimeoutMs : callEnd;
  const isInOutage = outages.touch(call.begin, Math.min(callEnd, factory.begin));
  return {
    ...factory,
    value: one.outcome === 'acknowledged' ? one.value : 0,
    calledAt: call.begin,
    storedBy,
    isInOutage,
  };
}

/** The outages of one client, in their order. */
class Outages {
  #spans;

  constructor(spans) {
    this.#spans = spans.map(({ from, to }) => ({ from: from - BEFORE_EVENT_MS, to: to + AFTER_EVENT_MS }));
  }

  touch(begin, end) {
    return this.#spans.some(({ from, to }) => from <= end && to >= begin);
  }

  /** When the outage was over that a call from `begin` on may have met; Infinity where none is known. */
  overAfter(begin) {
    return this.#spans.findLast(({ to }) => to >= begin)?.to ?? Infinity;
  }
}

module.exports = { historyOf };
