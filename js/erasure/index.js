'use strict';

const { ownBytes } = require('../argument-arena.js');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { MAX_TIMER_MS, now } = require('../time.js');
const { Erasure } = require('./erasure.js');

/** @import { EraseOptions, eraseOrganization } from '../../index.js' */
/** @import { Foundation } from '../surface.js' */

const { eraseTimeoutMs } = protocol.limits;
const OPTIONS = ['timeoutMs', 'verify'];
/** The ways of the second look. The first is the default. */
const VERIFICATIONS = /** @type {const} */ (['index', 'scan']);

/**
 * Answers the `eraseOrganization` of an instance.
 * @param {Foundation} foundation
 * @returns {typeof eraseOrganization}
 */
function eraserOf({ bridge, client, erasers }) {
  return async (orgId, options) => {
    const { timeoutMs, verify } = checked(options);
    const organization = ownBytes(orgId);
    return new Erasure({ bridge, client, erasers, organization, deadlineMs: now() + timeoutMs }).run(verify);
  };
}

/** @param {EraseOptions} [given] */
function checked(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'eraseOrganization() takes an object of options');
  }
  refuseUnknown(Object.keys(given), OPTIONS, 'the option');
  const { timeoutMs = eraseTimeoutMs, verify = VERIFICATIONS[0] } = given;
  if (!VERIFICATIONS.includes(verify)) {
    throw new OrgCacheError('E_ARGUMENT', `the option verify must be one of ${VERIFICATIONS.join(', ')}`);
  }
  if (typeof timeoutMs !== 'number' || !(timeoutMs > 0 && timeoutMs <= MAX_TIMER_MS)) {
    throw new OrgCacheError(
      'E_ARGUMENT',
      `the option timeoutMs must be a number above 0, at most ${MAX_TIMER_MS}`,
    );
  }
  return { timeoutMs, verify };
}

module.exports = { eraserOf };
