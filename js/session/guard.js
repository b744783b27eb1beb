'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');

/** @import { Session } from '../../types/session.js' */
/** @import { Failure } from '../errors.js' */

/**
 * What middleware needs of its room.
 * @typedef {object} Guarding
 * @property {(id: string) => Promise<Session<any> | null>} get
 * @property {InstanceType<typeof import('./cookie.js').Cookie>} cookie
 */

const OPTIONS = ['property'];
/** The caller has made no mistake: the store is away. */
const UNAVAILABLE = ['E_CLOSED', 'E_CONNECT', 'E_OVERLOADED', 'E_REPLY', 'E_TIMEOUT', 'E_UNKNOWN_OUTCOME'];
const STATUS = 503;

/**
 * The session of a request, and the cookie that its response must set. Ids come from the cookie alone.
 * @param {unknown} header The Cookie header.
 * @param {Guarding} guarding
 * @returns {Promise<{ session: Session<any> | null, setCookie: string | undefined }>}
 */
async function sessionOfRequest(header, { get, cookie }) {
  if (!cookie.isIn(header)) return { session: null, setCookie: undefined };
  const id = cookie.idIn(header);
  const session = id === null ? null : await get(id);
  if (session === null) return { session, setCookie: cookie.text(null) };
  return { session, setCookie: session.renewedId === undefined ? undefined : cookie.text(session) };
}

/**
 * The property of a request that has its session.
 * @param {{ property?: unknown } | undefined} given
 */
function propertyOf(given = {}) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new OrgCacheError('E_CONFIG', 'the options of the middleware must be an object, e.g. { property }');
  }
  refuseUnknown(Object.keys(given), OPTIONS, 'the option');
  const { property = 'session' } = given;
  if (typeof property === 'string' && property !== '') return property;
  throw new OrgCacheError('E_CONFIG', 'the option property must be the name of a property');
}

/**
 * An outage is no logout: frameworks answer it with 503.
 * @param {unknown} thrown
 */
function unavailable(thrown) {
  const error = /** @type {Failure} */ (thrown);
  if (UNAVAILABLE.includes(String(error?.code))) Object.assign(error, { status: STATUS, statusCode: STATUS });
  return error;
}

module.exports = { UNAVAILABLE, propertyOf, sessionOfRequest, unavailable };
