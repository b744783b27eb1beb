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

/**
 * `logs`: what `stop` of the processes answered. `events`: what the test itself did to all keys, `{ begin, end }`: it emptied or
 * killed the server. Answers `{ subjects, operations }`.
 */
function historyOf({ subjects, logs, events = [], commandTimeoutMs }) {
  const operations = [];
  for (const log of logs) {
    const outages = new Outages(log.outages);
    for (const recorded of operationsOf(log.rows)) {
      const operation = operationOf(recorded, log, { outages, commandTimeoutMs });
      if (operation) operations.push(operation);
    }
  }
  const cleared = { kind: 'clear', organization: null, value: 0, outcome: 'acknowledged' };
  for (const event of events) operations.push({ ...cleared, process: 'server', client: 'server', ...event });
  const plain = subjects.map(({ organization, lifetimeMs }) => ({ organization, lifetimeMs }));
  return { subjects: plain, operations };
}

function operationOf(recorded, { process, client }, { outages, commandTimeoutMs }) {
  const { kind, target, value, begin, outcome } = recorded;
  const isUnderWay = outcome === 'underWay';
  if (kind === 'read' && outcome !== 'acknowledged') return undefined;
  const end = isUnderWay ? Infinity : recorded.end;
  const place = kind === 'clear' ? { organization: ORGANIZATIONS[target] } : { subject: target };
  const operation = { kind, ...place, process, client, value, begin, end, outcome: 'acknowledged' };
  const isDoubtful = outages.touch(begin, end) || end - begin > TIMED_OUT * commandTimeoutMs;
  if (kind === 'read') return isDoubtful ? { ...operation, isInOutage: true } : operation;
  if (outcome === 'over') return { ...operation, outcome: 'inDoubt', settledAt: end };
  if (!isDoubtful && outcome === 'acknowledged') return operation;
  return { ...operation, outcome: 'inDoubt', settledAt: outages.overAfter(begin) };
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
