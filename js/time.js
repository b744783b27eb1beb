'use strict';

/**
 * The process's real timers and clocks. All of js/ takes them from here, because tests replace the globals by fake
 * ones, and no call may wait for a test to advance its clock.
 */
const perfHooks = require('node:perf_hooks');
const timers = require('node:timers');
const promises = require('node:timers/promises');
const vm = require('node:vm');

/**
 * The globals of the process itself. The globals of a test's sandbox may be fake before the package is loaded, as
 * with jest's `fakeTimers: { enableGlobally: true }`.
 */
const outer = /** @type {typeof globalThis} */ (vm.runInThisContext('globalThis'));
const { nextTick } = outer.process;
const { queueMicrotask } = outer;
const { performance } = perfHooks;
const now = performance.now.bind(performance);
const epochMs = outer.Date.now;
/** The longest delay of a timer of Node. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** The caller's realm's class, so that `instanceof` works. */
const OwnDate = Date;

module.exports = {
  MAX_TIMER_MS,
  /** Milliseconds since 1970 by the clock of the application, which its tests may set. */
  applicationMs: () => Date.now(),
  clearInterval: timers.clearInterval,
  clearTimeout: timers.clearTimeout,
  /** `delay(ms, value, { signal })`: a promise. */
  delay: promises.setTimeout,
  /** Milliseconds since 1970. */
  epochMs,
  nextTick,
  /** A promise for the next turn of the event loop. */
  nextTurn: promises.setImmediate,
  /** Milliseconds of a monotonic clock. */
  now,
  queueMicrotask,
  setImmediate: timers.setImmediate,
  setInterval: timers.setInterval,
  setTimeout: timers.setTimeout,
  /** The time as a Date. */
  today: () => new OwnDate(epochMs()),
};
