'use strict';

const { passOn } = require('../context.js');

/** @typedef {(error: unknown, answer?: any) => unknown} Callback */

/**
 * Tells the callback what became of a call, or answers its promise where there is none. What a callback throws is no
 * failure of the call.
 * @template Answer
 * @param {Promise<Answer>} called
 * @param {unknown} callback
 * @returns {any}
 */
function told(called, callback) {
  if (typeof callback !== 'function') return called;
  called.then(
    (answer) => invoke(/** @type {Callback} */ (callback), null, answer),
    (error) => invoke(/** @type {Callback} */ (callback), error),
  );
}

/**
 * @param {Callback} callback
 * @param {Parameters<Callback>} outcome
 */
function invoke(callback, ...outcome) {
  try {
    callback(...outcome);
  } catch (error) {
    passOn(error);
  }
}

module.exports = { told };
