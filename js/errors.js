'use strict';

/**
 * What every failure of this package is. `code` is stable, `retryable` says whether the same call may be
 * made again without running twice, `redisCode` is the first word of the server's error reply.
 */
class OrgCacheError extends Error {
  constructor(code, message, { retryable = false, redisCode, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OrgCacheError';
    this.code = code;
    this.retryable = retryable;
    if (redisCode !== undefined) this.redisCode = redisCode;
  }
}

/** As native code makes them. */
function makeError(code, message, retryable, redisCode) {
  return new OrgCacheError(code, message, { retryable, redisCode });
}

/** One sentence with the word by which it is known, which the replies of a server begin with anyway. */
function sentenceOf(error) {
  const code = error.redisCode ?? error.code;
  return error.message.startsWith(`${code} `) ? error.message : `${code}: ${error.message}`;
}

module.exports = { OrgCacheError, makeError, sentenceOf };
