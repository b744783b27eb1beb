'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');

/** @import { CreateSessionOptions } from '../entry/session-service.js' */

const NAME = 'sessionId';
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const SAME_SITE = { strict: 'Strict', lax: 'Lax', none: 'None' };
const OPTIONS = ['httpOnly', 'sameSite', 'secure', 'ttl'];
const { sessionServiceMostSeconds: MOST } = protocol.limits;

/**
 * How the cookie of a session was asked for, by its record.
 * @type {WeakMap<object, CreateSessionOptions>}
 */
const asked = new WeakMap();

/**
 * The options of a new session. Throws for one that is not allowed.
 * @param {unknown} [given]
 * @returns {CreateSessionOptions}
 */
function optionsOf(given) {
  if (given === undefined || given === null) return {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'the options of a session must be an object, e.g. { ttl: 3600 }');
  }
  refuseUnknown(Object.keys(given), OPTIONS, 'the option');
  const options = /** @type {CreateSessionOptions} */ (given);
  if (options.ttl !== undefined) checkSeconds(options.ttl, 'the option ttl');
  for (const name of /** @type {const} */ (['secure', 'httpOnly'])) {
    if (options[name] === undefined || typeof options[name] === 'boolean') continue;
    throw new OrgCacheError('E_ARGUMENT', `the option ${name} must be true or false`);
  }
  if (options.sameSite === undefined || Object.hasOwn(SAME_SITE, options.sameSite)) return options;
  throw new OrgCacheError('E_ARGUMENT', "the option sameSite must be 'strict', 'lax' or 'none'");
}

/**
 * @param {unknown} seconds
 * @param {string} what
 */
function checkSeconds(seconds, what) {
  if (Number.isSafeInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= MOST) return;
  throw new OrgCacheError('E_ARGUMENT', `${what} must be a whole number of seconds from 1 to ${MOST}`);
}

/** @param {unknown} [name] */
function checkedName(name = NAME) {
  if (typeof name === 'string' && TOKEN.test(name)) return name;
  throw new OrgCacheError(
    'E_CONFIG',
    'the name of a cookie must be letters, digits and signs such as - or _',
  );
}

/**
 * The value of Set-Cookie. Without an id the cookie ends.
 * @param {string} name
 * @param {string | null} id
 * @param {CreateSessionOptions} [options]
 */
function setCookie(name, id, { secure = true, httpOnly = true, sameSite = 'lax' } = {}) {
  const parts = [
    `${name}=${id ?? ''}`,
    ...(id === null ? ['Max-Age=0'] : []),
    'Path=/',
    ...(secure ? ['Secure'] : []),
    ...(httpOnly ? ['HttpOnly'] : []),
    `SameSite=${SAME_SITE[sameSite]}`,
  ];
  return parts.join('; ');
}

/**
 * The values of the cookies of a name in a Cookie header, in their order.
 * @param {unknown} header
 * @param {string} name
 */
function valuesIn(header, name) {
  if (typeof header !== 'string') return [];
  const start = `${name}=`;
  const pairs = header.split(';').map((pair) => pair.trim());
  return pairs.filter((pair) => pair.startsWith(start)).map((pair) => pair.slice(start.length));
}

module.exports = { asked, checkSeconds, checkedName, optionsOf, setCookie, valuesIn };
