'use strict';

/** @import { Failure } from '../errors.js' */
/** @import { Lease } from './entries-types.js' */
/** @import { OwnOptions } from './factory.js' */
/** @import { Task } from './flight.js' */
/** @import { Payload } from './serializers.js' */

/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */

/** Errors of keeping a value that its callers are to see. After others they get the value. */
const MISTAKES = ['E_SERIALIZE', 'E_VALUE_TOO_LARGE'];

/**
 * Keeps a factory's value or lets the stale one live on. Answers the outcome; undefined if nothing is to be kept.
 * @param {Task} task
 * @param {Lease | undefined} lease
 * @param {Found | undefined} found The value that it replaces.
 * @param {object} made
 * @param {Payload | undefined} made.payload
 * @param {boolean} made.isSame Whether the stale value lives on.
 * @param {OwnOptions | undefined} made.own
 * @param {number} made.ms How long the factory took.
 * @returns {Promise<number> | undefined}
 */
function kept({ entries, callWith }, lease, found, { payload, isSame, own, ms }) {
  if (lease === undefined) return undefined;
  if (isSame) return entries.touch(lease, /** @type {Found} */ (found), callWith, own, ms);
  if (payload === undefined && callWith.times.negativeSeconds === 0) return undefined;
  return entries.fill(lease, payload, callWith, own, ms);
}

/** @param {unknown} error */
function isMistake(error) {
  const { code } = /** @type {Failure} */ (error);
  return code !== undefined && MISTAKES.includes(code);
}

module.exports = { isMistake, kept };
