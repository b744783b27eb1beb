'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { Failure } from '../errors.js' */

/** What bull-board answers with, by the code of an error. Without a status it answers 500. */
const STATUSES = /** @type {Record<string, number>} */ ({
  E_ARGUMENT: 400,
  E_CONFIG: 400,
  E_CONFLICT: 409,
  E_CONNECT: 503,
  E_IDEMPOTENCY: 409,
  E_KEY: 400,
  E_OVERLOADED: 503,
  E_SERIALIZE: 400,
  E_TIMEOUT: 503,
  E_VALUE_TOO_LARGE: 400,
});

/**
 * The error with the status that bull-board answers with.
 * @param {unknown} error
 */
function withStatus(error) {
  const { code } = /** @type {Failure} */ (error);
  const statusCode = STATUSES[code ?? ''];
  return statusCode === undefined ? error : Object.assign(/** @type {Failure} */ (error), { statusCode });
}

/**
 * What cannot be done with a queue of this package, or not now.
 * @param {string} message
 * @param {'E_ARGUMENT' | 'E_CONFLICT'} [code]
 */
function refusal(message, code = 'E_ARGUMENT') {
  return withStatus(new OrgCacheError(code, message));
}

/**
 * @template Answer
 * @param {Promise<Answer>} called
 * @returns {Promise<Answer>}
 */
async function asked(called) {
  try {
    return await called;
  } catch (error) {
    throw withStatus(error);
  }
}

module.exports = { asked, refusal };
