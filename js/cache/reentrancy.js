'use strict';

const { AsyncLocalStorage } = require('node:async_hooks');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { now, setTimeout } = require('../time.js');
const { isObserved, observeFactory } = require('../tracing/open-telemetry.js');

/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */

/**
 * A factory that is under way, and the factories inside which it was asked for.
 * @typedef {object} Frame
 * @property {readonly Flight[]} flights What it computes.
 * @property {Frame | undefined} outer
 */

/**
 * While a storage is in use, each promise of the thread costs more. So it is in use only while factories are under way,
 * and this much longer, because switching costs, too.
 */
const { factoryIdleMs: IDLE_MS } = protocol.limits;

/** @type {AsyncLocalStorage<Frame>} */
const storage = new AsyncLocalStorage();
let underWay = 0;
let endedAt = 0;
/** @type {NodeJS.Timeout | undefined} */
let idle;

/** The innermost factory that the caller is inside of. */
function innermost() {
  return underWay > 0 ? storage.getStore() : undefined;
}

/**
 * Calls `work`, and knows until its promise has settled what is asked for inside of it. Answers what `work` does.
 * @template Answer
 * @param {readonly Flight[]} flights
 * @param {Frame | undefined} outer
 * @param {() => Answer | PromiseLike<Answer>} work
 * @returns {Answer | PromiseLike<Answer>}
 */
function runInside(flights, outer, work) {
  underWay++;
  let isOver = true;
  try {
    const run = isObserved() ? () => observeFactory(flights[0].task.entries.cacheName, work) : work;
    const answer = storage.run({ flights, outer }, run);
    if (!isPromiseLike(answer)) return answer;
    isOver = false;
    return settled(answer);
  } finally {
    if (isOver) ended();
  }
}

/**
 * @template Answer
 * @param {PromiseLike<Answer>} promise
 */
async function settled(promise) {
  try {
    return await promise;
  } finally {
    ended();
  }
}

function ended() {
  underWay--;
  endedAt = now();
  if (underWay === 0 && idle === undefined) watchIdle(IDLE_MS);
}

/**
 * Timers that are made anew for every factory would cost more than short factories do.
 * @param {number} ms
 */
function watchIdle(ms) {
  idle = setTimeout(() => {
    idle = undefined;
    if (underWay > 0) return;
    const leftMs = endedAt + IDLE_MS - now();
    if (leftMs <= 0) storage.disable();
    else watchIdle(leftMs);
  }, ms).unref();
}

/**
 * @template Answer
 * @param {Answer | PromiseLike<Answer>} answer
 * @returns {answer is PromiseLike<Answer>}
 */
function isPromiseLike(answer) {
  const isObject = (typeof answer === 'object' && answer !== null) || typeof answer === 'function';
  return isObject && typeof (/** @type {PromiseLike<Answer>} */ (answer).then) === 'function';
}

/**
 * Throws `E_REENTRANT` if a factory around the caller computes this key.
 * @param {Frame | undefined} frame
 * @param {string} id
 */
function refuseOwnKey(frame, id) {
  for (let at = frame; at !== undefined; at = at.outer) {
    if (at.flights.some((flight) => flight.id === id && !flight.isComputed)) throw reentrant();
  }
}

/**
 * Notes that the factory around the caller waits for a flight. Throws `E_REENTRANT` if that flight waits for the factory,
 * over any number of others.
 * @param {Frame | undefined} frame
 * @param {Flight} flight
 */
function noteWait(frame, flight) {
  if (frame === undefined) return;
  const around = new Set();
  for (let at = /** @type {Frame | undefined} */ (frame); at !== undefined; at = at.outer) {
    for (const one of at.flights) if (!one.isComputed) around.add(one);
  }
  const seen = new Set([flight]);
  for (const one of seen) {
    if (around.has(one)) throw reentrant();
    for (const next of one.waitsFor) if (!next.isComputed) seen.add(next);
  }
  for (const one of frame.flights) one.waitFor(flight);
}

function reentrant() {
  return new OrgCacheError(
    'E_REENTRANT',
    'a factory asks for the key that it computes, itself or through another factory, and would wait for itself',
  );
}

module.exports = { innermost, isPromiseLike, noteWait, refuseOwnKey, runInside };
