'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');

/** @import { RotateSession, SessionOptions } from '../../types/session.js' */

const { idLetters: ID_LETTERS } = protocol.session;
const SECRET_VARIABLE = 'SESSION_SECRET';
/** An option that no application has: what `orgcache/session-service` has to warn of. */
const WARNING = Symbol('warning');
const INSECURE =
  'the cookies of sessions are sent without TLS (cookie.insecure), so whoever listens has the session';
/** The options of each call. */
const CALL_OPTIONS = {
  count: ['drop', 'signal'],
  create: [
    'absoluteSeconds',
    'data',
    'fingerprint',
    'idleSeconds',
    'ip',
    'organizationId',
    'signal',
    'userAgent',
    'userId',
  ],
  destroyAll: ['exceptId', 'organizationId', 'signal'],
  extend: ['absoluteSeconds', 'idleSeconds', 'signal'],
  get: ['fingerprint', 'signal', 'touch'],
  list: ['data', 'limit', 'organizationId', 'signal'],
  rotate: ['authenticated', 'data', 'graceSeconds', 'organizationId', 'signal', 'userId'],
  update: ['ifVersion', 'signal'],
};

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
 * What is to be logged of options.
 * @param {unknown} given
 * @param {{ cookie: { insecure: boolean } }} options
 */
function warningsOf(given, { cookie }) {
  const warning = /** @type {Record<symbol, string | undefined>} */ (given)?.[WARNING];
  return [...(cookie.insecure ? [INSECURE] : []), ...(warning === undefined ? [] : [warning])];
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

/**
 * @param {unknown} value
 * @param {string} option
 */
function checkSwitch(value, option) {
  if (value === undefined || typeof value === 'boolean') return;
  throw new OrgCacheError('E_ARGUMENT', `the option ${option} must be true or false`);
}

/**
 * Throws `E_ARGUMENT` for a length that is no number. Native code knows which numbers are allowed.
 * @param {Record<string, unknown>} lengths
 */
function checkLengths(lengths) {
  for (const [option, value] of Object.entries(lengths)) {
    if (value === undefined || typeof value === 'number') continue;
    throw new OrgCacheError(
      'E_ARGUMENT',
      `${option} is not allowed; give an integer, at most that of the room`,
    );
  }
}

/** @param {RotateSession<any>} options */
function checkRotation({ userId, organizationId, authenticated, graceSeconds }) {
  checkUser(userId, organizationId);
  checkSwitch(authenticated, 'authenticated');
  if (graceSeconds === undefined || typeof graceSeconds === 'number') return;
  throw new OrgCacheError('E_ARGUMENT', 'graceSeconds is not allowed; give an integer from 0 to 300');
}

module.exports = {
  CALL_OPTIONS,
  WARNING,
  checkLengths,
  checkName,
  checkRotation,
  checkSwitch,
  checkText,
  checkUser,
  isId,
  optionsOf,
  warningsOf,
};
