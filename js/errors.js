'use strict';

const { protocol } = require('./protocol.js');

/** @import { ErrorCode } from '../index.js' */

/**
 * An error with all fields that it may have, of any origin.
 * @typedef {Error & { code?: string, command?: unknown, redisCode?: string, retryable?: boolean }} Failure
 */

/**
 * Every failure of this package is one of these. `code` is stable. `retryable` says whether the same call may be
 * made again without running twice. `redisCode` is the first word of the server's error reply. `command` is the
 * name of the Redis command that failed.
 */
class OrgCacheError extends Error {
  /**
   * @param {ErrorCode} code
   * @param {string} message
   * @param {{ retryable?: boolean, redisCode?: string, cause?: unknown }} [more]
   */
  constructor(code, message, { retryable = false, redisCode, cause } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'OrgCacheError';
    this.code = code;
    this.retryable = retryable;
    /** @type {string | undefined} */
    if (redisCode !== undefined) this.redisCode = redisCode;
  }
}

/**
 * Makes the errors of native code. `refusedLine` is the server's error for the command because of which a transaction
 * was discarded. Users of ioredis know it as `previousErrors`.
 * @param {ErrorCode} code
 * @param {string} message
 * @param {boolean} retryable
 * @param {string} [redisCode]
 * @param {string} [refusedLine]
 */
function makeError(code, message, retryable, redisCode, refusedLine) {
  const error = new OrgCacheError(code, message, { retryable, redisCode });
  return refusedLine === undefined
    ? error
    : Object.assign(error, { previousErrors: [replyError(refusedLine)] });
}

/**
 * An error in the server's form.
 * @param {string} line
 */
function replyError(line) {
  return new OrgCacheError('E_REPLY', line, { redisCode: line.split(' ', 1)[0] });
}

/**
 * Adds the name of the command that failed to the error. Its arguments may be secret and are not added.
 * @template Thrown
 * @param {Thrown} error
 * @param {string | undefined} command
 * @returns {Thrown}
 */
function ofCommand(error, command) {
  if (command !== undefined && error instanceof OrgCacheError) {
    /** @type {Failure} */ (error).command ??= command;
  }
  return error;
}

/**
 * The error of an error event of native code. Its code is this package's, or the first word of the server's error.
 * @param {{ code: string, message: string }} detail
 */
function errorOf({ code, message }) {
  const row = protocol.errors.find((known) => known.code === code);
  if (row !== undefined) return new OrgCacheError(row.code, message, { retryable: row.retryable });
  return new OrgCacheError('E_REPLY', message, { redisCode: code });
}

/**
 * One sentence with the error's code. Errors of the server begin with the code anyway.
 * @param {unknown} thrown
 */
function sentenceOf(thrown) {
  const error = /** @type {Failure} */ (thrown);
  const code = error.redisCode ?? error.code;
  return error.message.startsWith(`${code} `) ? error.message : `${code}: ${error.message}`;
}

/** The error of a call that was in flight at the close. */
function closedEarly() {
  return new OrgCacheError('E_CLOSED', 'the cache was shut down before the call had settled');
}

/**
 * Errors that `work` makes have no stack. A stack is most of an error's cost: thousands at once would block the
 * thread, and each would show the same place in this package.
 * @param {() => void} work
 */
function withoutStacks(work) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

module.exports = {
  OrgCacheError,
  closedEarly,
  errorOf,
  makeError,
  ofCommand,
  replyError,
  sentenceOf,
  withoutStacks,
};
