'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');

/** @import { SessionOptions } from '../../types/session.js' */

const { idLetters: ID_LETTERS } = protocol.session;
const SECRET_VARIABLE = 'SESSION_SECRET';

/**
 * The options as native code takes them.
 * @param {SessionOptions} given
 */
function optionsOf(given = /** @type {SessionOptions} */ ({})) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'createSessions() takes an object of options');
  }
  const secret = given.secret ?? (process.env[SECRET_VARIABLE] || undefined);
  return {
    ...given,
    ...(secret === undefined ? {} : { secret }),
    isProduction: process.env.NODE_ENV === 'production',
  };
}

/**
 * Throws `E_KEY` for what names nobody. Native code checks the length.
 * @param {unknown} name
 * @param {string} what
 */
function checkName(name, what) {
  if (typeof name === 'string' || Number.isFinite(name)) return;
  throw new OrgCacheError('E_KEY', `${what} is missing; give a string`);
}

/**
 * @param {unknown} id
 * @returns {id is string}
 */
function isId(id) {
  return typeof id === 'string' && id.length === ID_LETTERS;
}

/**
 * @param {unknown} userId
 * @param {unknown} organizationId
 */
function checkUser(userId, organizationId) {
  if (userId !== undefined) checkName(userId, 'the user');
  if (organizationId === undefined) return;
  checkName(organizationId, 'the organization');
  if (userId === undefined)
    throw new OrgCacheError('E_KEY', 'the organization needs a user: give userId too');
}

/**
 * @param {unknown} value
 * @param {string} option
 */
function checkText(value, option) {
  if (value === undefined || typeof value === 'string') return;
  throw new OrgCacheError('E_ARGUMENT', `the option ${option} must be a text`);
}

module.exports = { checkName, checkText, checkUser, isId, optionsOf };
