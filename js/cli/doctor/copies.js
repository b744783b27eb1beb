'use strict';

const { inTime, ok, warn } = require('./findings.js');

/** @import { RedisClient } from '../../../index.js' */
/** @import { Failure } from './findings.js' */

/** Answers 1 if the user may let Redis tell of changes. Servers before 7.0 do not know the question. */
const MAY_TRACK = "return redis.acl_check_cmd('CLIENT', 'TRACKING', 'ON') and 1 or 0";

/**
 * Checks whether the user may let Redis tell of changes, which copies in the process need.
 * @param {RedisClient} client
 */
async function checkCopies(client) {
  const fix = 'grant the user +client|tracking, or set CACHE_NEAR=false';
  try {
    const mayTrack = await inTime(client.call('EVAL', MAY_TRACK, '0'));
    if (mayTrack === 1) return ok('near', 'the user may let the server tell of changes (CLIENT TRACKING)');
    return warn('near', 'the user may not run CLIENT TRACKING, so every read asks the server', fix);
  } catch (error) {
    const { redisCode } = /** @type {Failure} */ (error);
    if (redisCode === 'NOPERM')
      return warn('near', 'whether the user may run CLIENT TRACKING is not told', fix);
    return ok('near', 'this server is not asked whether the user may run CLIENT TRACKING');
  }
}

module.exports = { checkCopies };
