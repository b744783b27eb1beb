'use strict';

const { innermost, noteWait, refuseOwnKey, runInside } = require('./reentrancy.js');
const { NOTHING } = require('./found.js');
const { Waiter } = require('./waiter.js');

/** @import { CallWith } from './entries-types.js' */
/** @import { Factory } from '../../types/cache-entries.js' */

/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */
/** @typedef {InstanceType<typeof import('./scope.js').Scope>} Scope */
/** @typedef {import('./reentrancy.js').Frame} Frame */
/** @typedef {import('./entries.js').Turn} Turn */
/** @typedef {(context: any) => unknown} Work Calls the factory. */

/**
 * One call that computes a key.
 * @typedef {object} Request
 * @property {Scope} scope
 * @property {string} key
 * @property {Factory<any, any>} factory
 * @property {CallWith} callWith
 */

/**
 * The value of a key. If it is missing, the flight of its key computes it.
 * @param {Request} request
 * @returns {Promise<any>}
 */
function cachedValueOf(request) {
  const { scope, key, factory, callWith } = request;
  const { entries } = scope;
  const frame = innermost();
  const id = scope.idOf(key);
  refuseOwnKey(frame, id);
  const now = entries.readNow(key, callWith);
  if (now?.isFresh) {
    if (now.isDue) refreshEarly(request, now);
    return Promise.resolve(entries.answerOf(now, 'getOrSet'));
  }
  return new Promise((resolve, reject) => {
    const waiter = new Waiter(callWith, resolve, reject);
    const flying = scope.flying('missing', key, callWith);
    if (flying !== undefined) {
      noteWait(frame, flying);
      if (flying.isOutdated) joinAnew(flying, waiter, now);
      else flying.join(waiter);
      return;
    }
    const flight = scope.begin('missing', key, callWith);
    noteWait(frame, flight);
    flight.join(waiter);
    const work = (/** @type {any} */ context) => runInside([flight], frame, () => factory(context));
    if (now === undefined) start(flight, request, work);
    else flyOn(flight, request, work, now);
  });
}

/**
 * Joins a flight, whose stale value may have been replaced since. What is there now is read for the caller.
 * @param {Flight} flight
 * @param {InstanceType<typeof Waiter>} waiter
 * @param {Found | undefined} now What the memory of this process says; undefined if Redis must be asked.
 */
function joinAnew(flight, waiter, now) {
  flight.join(waiter, NOTHING);
  if (now !== undefined) return flight.showOne(waiter, now);
  flight.again.read().then(
    (found) => flight.showOne(waiter, found),
    // The factory's value answers.
    () => {},
  );
}

/**
 * Asks for the value, and for the right to compute it.
 * @param {Flight} flight
 * @param {Request} request
 * @param {Work} work
 */
function start(flight, request, work) {
  const { scope, key, callWith } = request;
  const { entries } = scope;
  entries.start(key, callWith).then(
    (reply) => {
      const started = entries.startOf(key, callWith, reply);
      if (started === undefined) restart(flight, request, work);
      else flyOn(flight, request, work, started.found, started.turn);
    },
    (error) => flight.fail(error),
  );
}

/**
 * A value that cannot be read counts as none, and is removed.
 * @param {Flight} flight
 * @param {Request} request
 * @param {Work} work
 */
async function restart(flight, request, work) {
  try {
    flyOn(flight, request, work, await request.scope.entries.read(request.key, request.callWith));
  } catch (error) {
    flight.fail(error);
  }
}

/**
 * Answers what is there, or computes.
 * @param {Flight} flight
 * @param {Request} request
 * @param {Work} work
 * @param {Found} found
 * @param {Turn} [turn] The answer to a wish for the lease.
 */
function flyOn(flight, request, work, found, turn) {
  const { entries } = request.scope;
  if (flight.answerFresh(found)) {
    flight.end();
    // While Redis is away a stale value is an answer, and a lease came with it.
    if (turn?.outcome === 'granted' && turn.lease !== undefined) entries.release(turn.lease);
    if (found.isDue) refreshEarly(request, found);
    return;
  }
  entries.tally.misses++;
  flight.show(found);
  flight.compute(work, turn);
}

/**
 * Refreshes a fresh value in the background, unless another process does.
 * @param {Request} request
 * @param {Found} found
 */
function refreshEarly({ scope, key, factory, callWith }, found) {
  if (scope.flights.find('early', scope.idOf(key)) !== undefined) return;
  const flight = scope.begin('early', key, callWith);
  scope.entries.tally.background++;
  flight.show(found);
  flight.compute((context) => runInside([flight], undefined, () => factory(context)));
}

/**
 * A new value of a key. Joins only a flight whose factory has not begun: an older factory may have read what has changed
 * since.
 * @param {Request} request
 * @returns {Promise<any>}
 */
function freshValueOf({ scope, key, factory, callWith }) {
  return new Promise((resolve, reject) => {
    const frame = innermost();
    const id = scope.idOf(key);
    refuseOwnKey(frame, id);
    const waiter = new Waiter(callWith, resolve, reject, false);
    const flying = scope.flying('refresh', key, callWith);
    if (flying !== undefined && !flying.isComputing) {
      noteWait(frame, flying);
      flying.join(waiter);
      return;
    }
    scope.flights.keyChanged(id);
    const flight = scope.begin('refresh', key, callWith);
    noteWait(frame, flight);
    flight.join(waiter);
    refresh(flight, { scope, key, factory, callWith }, frame);
  });
}

/**
 * @param {Flight} flight
 * @param {Request} request
 * @param {Frame | undefined} frame
 */
async function refresh(flight, { scope, key, factory, callWith }, frame) {
  try {
    flight.show(await scope.entries.read(key, callWith));
  } catch (error) {
    flight.fail(error);
    return;
  }
  flight.compute((context) => runInside([flight], frame, () => factory(context)));
}

module.exports = { cachedValueOf, freshValueOf };
