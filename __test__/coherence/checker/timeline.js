'use strict';

const { Newest, NewestByName } = require('./newest');

// The changes of one key, and what is known of their order.
//
// A change takes effect at some time from `begin` to `latest`: the end of its call where it was acknowledged, else the
// time after which it cannot run any more. It has surely taken effect at `applied`: the end of its call where it was
// acknowledged, else the end of the first read that answered its value.
//
// A change is older than another one where its `latest` is before the other's `begin`. Two changes that overlap have no
// order, and a value is stale only where its change is older than one that the reader must know.
//
// The value of a factory is as old as what it was made from: it began when the factory did. It takes effect after the factory's
// end, if ever: `applied` is the end of the first read that did not get it from the factory itself.

/** The change of one key that an operation made; a clear makes one of each key. */
function changeOf(operation, subject) {
  const { kind, process, client, value, begin, end, outcome, settledAt = Infinity } = operation;
  const isAcknowledged = outcome === 'acknowledged';
  const [latest, applied] = isAcknowledged ? [end, end] : [settledAt, Infinity];
  const { leavesLease = false } = operation;
  const parts = { kind, subject, process, client, value, begin, end, leavesLease };
  const change = { ...parts, isAcknowledged, latest, applied };
  return kind === 'factory' ? factoryOf(change, operation) : { ...change, storedBy: latest };
}

/** A factory as a change. */
function factoryOf(change, { begin, calledAt = begin, storedBy = Infinity, isInOutage = false }) {
  const times = { calledAt, storedBy, latest: Infinity, applied: Infinity };
  return { ...change, ...times, isAcknowledged: false, isInOutage };
}

const isClearing = ({ kind }) => kind === 'clear';

/** The name of a thread among those of processes. */
const clientOf = ({ client }) => `client ${client}`;

/** The reads of a thread that matter: of those that answered one change the first to end, and every one that found nothing. */
function firstReads(reads) {
  const absent = [];
  const byClient = new Map();
  for (const read of reads) {
    const { source, end } = read;
    if (read.isInOutage || read.isOfFactory) continue;
    if (!source) absent.push(read);
    else {
      const name = `${read.process} ${read.client}`;
      if (!byClient.has(name)) byClient.set(name, new Map());
      const first = byClient.get(name);
      const known = first.get(source);
      if (known === undefined || end < known.end) first.set(source, read);
    }
  }
  return [...absent, ...[...byClient.values()].flatMap((first) => [...first.values()])];
}

class Timeline {
  #lifetimeMs;
  #graceMs;
  #changes;
  #absences = new Absences();
  /** Sets and deletes: acknowledged to a process and a client, sent by a client, taken effect wherever. */
  acknowledged = new NewestByName();
  sent = new NewestByName();
  applied = new Newest();
  /** Clearings, in the same way. */
  ownClearings = new NewestByName();
  clearings = new Newest();
  /** The answers that the reads of a process and of a client have got. */
  seen = new NewestByName();
  /** Every change. */
  #anyApplied = new Newest();

  constructor({ lifetimeMs, graceMs = 0 }, changes) {
    this.#lifetimeMs = lifetimeMs;
    this.#graceMs = graceMs;
    this.#changes = changes;
  }

  /**
   * Puts the changes in order, then what `reads` saw. Before that `applied` of a change in doubt must be known.
   * `endsAt` is the end of the history.
   */
  seal(reads, endsAt) {
    for (const change of this.#changes) this.#place(change, endsAt);
    for (const part of [this.acknowledged, this.sent, this.applied, this.ownClearings, this.clearings])
      part.seal();
    this.#anyApplied.seal();
    this.#absences.seal();
    for (const read of firstReads(reads)) {
      const begin = this.#earliestOf(read);
      if (begin > -Infinity) for (const name of namesOf(read)) this.seen.of(name).add(read.end, begin, read);
    }
    this.seen.seal();
  }

  #place(change, endsAt) {
    const { kind, applied, begin, isAcknowledged } = change;
    if (kind === 'factory' && change.value === 0) return;
    // A value with grace may answer after it was expired.
    if (kind === 'expire' && this.#graceMs > 0) return this.#absences.removal(change);
    this.#anyApplied.add(applied, begin, change);
    if (isClearing(change)) {
      this.clearings.add(applied, begin, change);
      if (isAcknowledged) this.#acknowledge(this.ownClearings, change);
    } else {
      this.applied.add(applied, begin, change);
      if (isAcknowledged) {
        this.#acknowledge(this.acknowledged, change);
        // Calls of one client reach Redis in their order, so the reply of an earlier one is not waited for.
        this.sent.of(clientOf(change)).add(begin, begin, change);
      }
    }
    if (kind === 'set') this.#absences.expiry(change, begin + this.#lifetimeMs, endsAt);
    else if (kind === 'factory') this.#absences.expiry(change, change.end + this.#lifetimeMs, endsAt);
    else this.#absences.removal(change);
  }

  #acknowledge(part, change) {
    for (const name of namesOf(change)) part.of(name).add(change.applied, change.begin, change);
  }

  /** The earliest time at which what a read answered took effect. */
  #earliestOf(read) {
    if (read.source) return read.source.begin;
    // A value in its grace is nothing to one read and an answer to another.
    if (read.value !== 0 || this.#graceMs > 0) return -Infinity;
    return this.#absences.earliest(read, this.#anyApplied.before(read.begin)?.begin ?? -Infinity);
  }

  /** The latest time at which nothing can have been there, by what a read that ended at `end` answered. */
  absentUntil(end) {
    return this.#absences.latestUntil(end);
  }

  /** Whether the value of a change had ended when a read began. */
  hasExpired({ storedBy }, { begin, mayBeStale }, slackMs) {
    const graceMs = mayBeStale ? this.#graceMs : 0;
    return begin > storedBy + this.#lifetimeMs + graceMs + slackMs;
  }
}

/** Under which names a change or a read is known: those of its process and of its thread. */
function namesOf(one) {
  return [one.process, clientOf(one)];
}

/** Why a key may hold nothing: it was not there at first, was removed, or its value expired. */
class Absences {
  /** By the time from which each may be the reason. */
  #reasons = new Newest();
  /** By their latest time, and the earliest begin of all from there on. */
  #byLatest = [];
  #latest = new Float64Array(0);
  #earliestBegin = new Float64Array(0);

  constructor() {
    this.#add(-Infinity, -Infinity, -Infinity);
  }

  removal({ begin, latest }) {
    this.#add(begin, begin, latest);
  }

  /** The value of a set is gone from `expiresAt` on, unless a newer change replaced it. */
  expiry({ begin, storedBy }, expiresAt, endsAt) {
    const from = expiresAt - EXPIRY_SLACK_MS;
    if (from <= endsAt) this.#add(from, begin, storedBy);
  }

  #add(from, begin, latest) {
    // Here the newest is that with the highest `latest`.
    this.#reasons.add(from, latest, undefined);
    this.#byLatest.push({ latest, begin });
  }

  seal() {
    this.#reasons.seal();
    const reasons = this.#byLatest.sort((one, other) => one.latest - other.latest);
    this.#latest = Float64Array.from(reasons, ({ latest }) => latest);
    this.#earliestBegin = Float64Array.from(reasons, ({ begin }) => begin);
    for (let index = reasons.length - 2; index >= 0; index -= 1) {
      this.#earliestBegin[index] = Math.min(this.#earliestBegin[index], this.#earliestBegin[index + 1]);
    }
    this.#byLatest = [];
  }

  latestUntil(end) {
    return this.#reasons.before(end)?.begin ?? -Infinity;
  }

  /** The earliest begin of those reasons that are not older than a change which began at `knownBegin`. */
  earliest(read, knownBegin) {
    let low = 0;
    let high = this.#latest.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#latest[middle] < knownBegin) low = middle + 1;
      else high = middle;
    }
    const begin = low === this.#latest.length ? Infinity : this.#earliestBegin[low];
    return begin <= read.end ? begin : -Infinity;
  }
}

/** A server's clock ticks in milliseconds, and it may be a few of them behind. */
const EXPIRY_SLACK_MS = 25;

module.exports = { Timeline, changeOf, clientOf };
