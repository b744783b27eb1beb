'use strict';

const { signalOf } = require('./options.js');
const { TurnoverMap } = require('./turnover.js');

/** @import { AbortSignalLike } from '../index.js' */

/** @typedef {(reason: unknown) => void} Abort */
/** @typedef {InstanceType<typeof TurnoverMap<Abort, undefined>>} Waiting */

/**
 * Callbacks for the abort of each signal. A signal gets one listener from here, however many calls wait for it,
 * because adding a listener searches all listeners of the signal.
 * @type {WeakMap<AbortSignalLike, { waiting: Waiting, onAbort: () => void }>}
 */
const watches = new WeakMap();

/**
 * Settles like the promise that `start` makes, or rejects with the signal's reason as soon as the signal of
 * `options` aborts. The operation then goes on, and its outcome is ignored. `start` is not called if the signal has
 * already aborted. Rejects with `E_CONFIG` if `options` is no object or its signal no AbortSignal, and with
 * `E_ARGUMENT` if an option is not in `allowed`.
 * @template Answer
 * @param {unknown} options
 * @param {() => Promise<Answer>} start
 * @param {readonly string[]} [allowed]
 * @returns {Promise<Answer>}
 */
function abortable(options, start, allowed = undefined) {
  try {
    const signal = signalOf(options, allowed);
    if (signal === undefined) return start();
    if (signal.aborted) return Promise.reject(reasonOf(signal));
    return settledOrAborted(signal, start());
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * @template Answer
 * @param {AbortSignalLike} signal
 * @param {Promise<Answer>} started
 * @returns {Promise<Answer>}
 */
function settledOrAborted(signal, started) {
  return new Promise((resolve, reject) => {
    const forget = whenAborted(signal, reject);
    started.then(
      (value) => {
        forget();
        resolve(value);
      },
      (error) => {
        forget();
        reject(error);
      },
    );
  });
}

/** @param {AbortSignalLike} signal */
function reasonOf(signal) {
  return signal.reason ?? new DOMException('This operation was aborted', 'AbortError');
}

/**
 * Calls `abort` with the reason, once. Answers a function that cancels that.
 * @param {AbortSignalLike} signal
 * @param {Abort} abort
 */
function whenAborted(signal, abort) {
  let watch = watches.get(signal);
  if (watch === undefined) {
    /** @type {Waiting} */
    const waiting = new TurnoverMap();
    const onAbort = () => {
      watches.delete(signal);
      for (const waits of waiting.keys()) waits(reasonOf(signal));
      waiting.clear();
    };
    watch = { waiting, onAbort };
    watches.set(signal, watch);
    signal.addEventListener('abort', onAbort, { once: true });
  }
  const { waiting, onAbort } = watch;
  waiting.set(abort, undefined);
  return () => {
    if (!waiting.delete(abort) || waiting.size > 0) return;
    watches.delete(signal);
    signal.removeEventListener('abort', onAbort);
  };
}

module.exports = { abortable, reasonOf, whenAborted };
