'use strict';

const { OrgCacheError } = require('../errors.js');
const { clearTimeout, setTimeout } = require('../time.js');

/** @import { Failure } from '../errors.js' */

/**
 * Settles like the call, or rejects when the time is over. The call goes on, and its outcome is ignored.
 * @template Reply
 * @param {Promise<Reply>} call
 * @param {number} timeoutMs
 * @returns {Promise<Reply>}
 */
function within(call, timeoutMs) {
  return new Promise((resolve, reject) => {
    const late = () => reject(new OrgCacheError('E_TIMEOUT', `Redis did not answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    call.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * The error as frameworks may see it. They take `ENOENT`, which is that of a socket which is not there, for a session
 * which is not there.
 * @param {unknown} thrown
 */
function shown(thrown) {
  if (/** @type {Failure} */ (thrown)?.code !== 'ENOENT') return thrown;
  const message = 'the socket of Redis is not there';
  return new OrgCacheError('E_CONNECT', message, { retryable: true, cause: thrown });
}

module.exports = { shown, within };
