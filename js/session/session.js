'use strict';

const { OrgCacheError } = require('../errors.js');
const { now } = require('../time.js');

/** @import { Session, SessionInfo } from '../../types/session.js' */

/**
 * A session as native code tells it. Times are in ms of the server's clock.
 * @typedef {object} Told
 * @property {string} ref
 * @property {string | null} userId
 * @property {string | null} organizationId
 * @property {string} [userAgent]
 * @property {string} [ip]
 * @property {string} [f] The fingerprint, sealed.
 * @property {number} version
 * @property {number} createdAt
 * @property {number} authenticatedAt
 * @property {number} seenAt
 * @property {number} idleEndsAt
 * @property {number} endsAt
 * @property {number} now
 * @property {string} [id] The id that took the place of the one that was asked for.
 * @property {boolean} [stale]
 * @property {boolean} [mismatch]
 * @property {string[]} [evicted]
 * @property {any} [data]
 */

/**
 * What a session's object does not show: the server's time when it was read, this process's monotonic clock then, and the
 * sealed fingerprint.
 * @typedef {{ serverMs: number, atMs: number, sealed: string | undefined }} Facts
 */

/** @type {WeakMap<object, Facts>} */
const factsOf = new WeakMap();

/**
 * @param {Told} told
 * @param {string} id The id that the caller gave.
 * @param {any} [data] The data, if native code does not tell it.
 * @returns {Session<any>}
 */
function sessionOf(told, id, data = told.data) {
  const session = {
    id,
    ref: told.ref,
    userId: told.userId,
    organizationId: told.organizationId,
    data,
    version: told.version,
    createdAt: new Date(told.createdAt),
    authenticatedAt: new Date(told.authenticatedAt),
    seenAt: new Date(told.seenAt),
    idleEndsAt: new Date(told.idleEndsAt),
    endsAt: new Date(told.endsAt),
    ...optional(told),
    ...(told.id === undefined || told.id === id ? {} : { renewedId: told.id }),
    stale: told.stale === true,
  };
  factsOf.set(session, { serverMs: told.now, atMs: now(), sealed: told.f });
  return session;
}

/**
 * A session after an update.
 * @param {Session<any>} base
 * @param {any} data
 * @param {{ version: number, seenAt: number, idleEndsAt: number, now: number }} told
 * @returns {Session<any>}
 */
function updatedSession(base, data, told) {
  const session = {
    ...base,
    data,
    version: told.version,
    seenAt: new Date(told.seenAt),
    idleEndsAt: new Date(told.idleEndsAt),
    stale: false,
  };
  factsOf.set(session, { serverMs: told.now, atMs: now(), sealed: factsOf.get(base)?.sealed });
  return session;
}

/**
 * @param {Told} told
 * @returns {SessionInfo<any>}
 */
function infoOf(told) {
  return {
    ref: told.ref,
    createdAt: new Date(told.createdAt),
    authenticatedAt: new Date(told.authenticatedAt),
    seenAt: new Date(told.seenAt),
    idleEndsAt: new Date(told.idleEndsAt),
    endsAt: new Date(told.endsAt),
    ...optional(told),
    ...(told.data === undefined ? {} : { data: told.data }),
  };
}

/** @param {Told} told */
function optional({ userAgent, ip }) {
  return { ...(userAgent === undefined ? {} : { userAgent }), ...(ip === undefined ? {} : { ip }) };
}

/**
 * The server's time now, in ms, as far as this process knows: no wall clock of a client counts.
 * @param {object} session
 */
function serverMsAt(session) {
  const facts = factsOf.get(session);
  if (facts === undefined) {
    throw new OrgCacheError(
      'E_ARGUMENT',
      'the session must be one that get, create, update or rotate answered',
    );
  }
  return facts.serverMs + (now() - facts.atMs);
}

/**
 * Whether the user has proved who they are at most so many seconds ago.
 * @param {Session<any>} session
 * @param {number} seconds
 */
function isFresh(session, seconds) {
  if (typeof seconds !== 'number' || !(seconds >= 0)) {
    throw new OrgCacheError('E_ARGUMENT', 'the seconds of isFresh() must be a number, 0 or more');
  }
  return serverMsAt(session) - session.authenticatedAt.getTime() <= seconds * 1000;
}

/** @param {object} session */
function sealedOf(session) {
  return factsOf.get(session)?.sealed;
}

module.exports = { infoOf, isFresh, sealedOf, serverMsAt, sessionOf, updatedSession };
