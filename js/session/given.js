'use strict';

const { OrgCacheError } = require('../errors.js');

/** @import { SessionOptions } from '../../types/session.js' */

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

module.exports = { checkName, optionsOf };
