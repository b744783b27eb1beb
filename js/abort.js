'use strict';

const { signalOf } = require('./options.js');

/** @import { AbortSignalLike } from '../index.js' */

/** @typedef {(reason: unknown) => void} Abort */

/**
 * What is to be told when a signal aborts. A signal gets one listener from here, however many calls wait
 * for it: it searches all of its listeners for each that is added.
 * @type {WeakMap<AbortSignalLike, { waiting: Set<Abort>, tell: () => void }>}
 */
const watches = new WeakMap();

/**
 * Settles as the promise that `start` makes, or rejects with the signal's reason as soon as the signal of
 * `options` aborts: what is under way then goes on unseen. With a signal that has aborted `start` is not
 * called. Rejects with `E_CONFIG` where `options` is no object or its signal no AbortSignal, with `E_ARGUMENT` where an
 * option is none of `allowed`.
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
 * Calls `abort` with the reason, once. The function that is answered calls that off.
 * @param {AbortSignalLike} signal
 * @param {Abort} abort
 */
function whenAborted(signal, abort) {
  let watch = watches.get(signal);
  if (watch === undefined) {
    /** @type {Set<Abort>} */
    const waiting = new Set();
    const tell = () => {
      watches.delete(signal);
      for (const waits of waiting) waits(reasonOf(signal));
      waiting.clear();
    };
    watch = { waiting, tell };
    watches.set(signal, watch);
    signal.addEventListener('abort', tell, { once: true });
  }
  const { waiting, tell } = watch;
  waiting.add(abort);
  return () => {
    if (!waiting.delete(abort) || waiting.size > 0) return;
    watches.delete(signal);
    signal.removeEventListener('abort', tell);
  };
}

module.exports = { abortable, reasonOf, whenAborted };
