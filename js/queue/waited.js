'use strict';

const { OrgCacheError } = require('../errors.js');
const { keptError } = require('./safe-error.js');

/** @import { JobError } from '../../types/queue.js' */

/**
 * The result of a job that somebody waited for.
 * @param {{ state: 'completed' | 'dead' | 'unknown', result?: any, error?: JobError }} told
 */
function resultOf({ state, result, error }) {
  if (state === 'completed') return result;
  if (state === 'unknown')
    throw new OrgCacheError('E_JOB', 'there is no such job: it was removed, or never was');
  const cause = error === undefined || error === null ? undefined : keptError(error);
  throw new OrgCacheError('E_JOB', 'the job is dead: it failed for good', { cause });
}

module.exports = { resultOf };
