'use strict';

const { passOn } = require('../context.js');
const { OrgCacheError } = require('../errors.js');

/** @import { Failure } from '../errors.js' */

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
    (error) => invoke(/** @type {Callback} */ (callback), shown(error)),
  );
}

/**
 * The error as frameworks may see it. They take `ENOENT`, which is that of a socket or file which is not there, for a
 * session which is not there.
 * @param {unknown} thrown
 */
function shown(thrown) {
  if (/** @type {Failure} */ (thrown)?.code !== 'ENOENT') return thrown;
  const message = 'a socket or file is not there, so the store cannot answer';
  return new OrgCacheError('E_CONNECT', message, { retryable: true, cause: thrown });
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
