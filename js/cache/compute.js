'use strict';

const { innermost, noteWait, refuseOwnKey, runInside } = require('./reentrancy.js');
const { Waiter } = require('./waiter.js');

/** @import { CallWith } from './entries-types.js' */
/** @import { Factory } from '../../types/cache-entries.js' */

/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */
/** @typedef {InstanceType<typeof import('./scope.js').Scope>} Scope */
/** @typedef {import('./reentrancy.js').Frame} Frame */

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
  const { scope, key, callWith } = request;
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
    const flying = scope.flights.find('missing', id);
    if (flying !== undefined) {
      noteWait(frame, flying);
      flying.join(waiter);
      return;
    }
    const flight = scope.begin('missing', key, callWith);
    noteWait(frame, flight);
    flight.join(waiter);
    fly(flight, request, frame, now);
  });
}

/**
 * @param {Flight} flight
 * @param {Request} request
 * @param {Frame | undefined} frame
 * @param {Found | undefined} now What is known already.
 */
async function fly(flight, request, frame, now) {
  const { scope, key, factory, callWith } = request;
  try {
    const found = now ?? (await scope.entries.read(key, callWith));
    if (flight.answerFresh(found)) {
      flight.end();
      if (found.isDue) refreshEarly(request, found);
      return;
    }
    scope.entries.tally.misses++;
    flight.show(found);
  } catch (error) {
    flight.rejectAll(error);
    flight.end();
    return;
  }
  await flight.compute((context) => runInside([flight], frame, () => factory(context)));
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
    const flying = scope.flights.find('refresh', id);
    if (flying !== undefined && !flying.isComputing) {
      noteWait(frame, flying);
      flying.join(waiter);
      return;
    }
    scope.flights.keyChanged(id, scope.organizationId);
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
    flight.rejectAll(error);
    flight.end();
    return;
  }
  await flight.compute((context) => runInside([flight], frame, () => factory(context)));
}

module.exports = { cachedValueOf, freshValueOf };
