'use strict';

const { OrgCacheError } = require('../errors.js');
const { clearTimeout, setTimeout } = require('../time.js');

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

module.exports = { within };
