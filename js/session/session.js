'use strict';

const { OrgCacheError } = require('../errors.js');
const { now } = require('../time.js');

/** @import { Session, SessionInfo } from '../../types/session.js' */

/**
 * Whose a session is, as native code tells it.
 * @typedef {object} About
 * @property {string | null} userId
 * @property {string | null} organizationId
 * @property {string} [userAgent]
 * @property {string} [ip]
 * @property {string} [f] The fingerprint, sealed.
 */
/**
 * @typedef {object} More
 * @property {string} [id] The id that takes the place of the one that was asked for, or that of a new session.
 * @property {boolean} stale
 * @property {boolean} mismatch
 * @property {string[]} [evicted]
 */
/**
 * A session as native code tells it: a list costs less to read than an object. `createdAt` is in ms of the server's clock, and
 * the other times count from then on.
 * @typedef {[
 *   ref: string, createdAt: number, authenticated: number, seen: number, idleEnds: number, ends: number, version: number,
 *   now: number, about: About, more: More | 0, data?: any,
 * ]} Told
 */

/**
 * What a session's object does not show: the server's time when it was read, this process's monotonic clock then, and the
 * sealed fingerprint.
 * @typedef {{ serverMs: number, atMs: number, sealed: string | undefined }} Facts
 */

/** A constructor that answers the object it is given, so that a class puts its private fields on it. */
class Given {
  /** @param {object} object */
  constructor(object) {
    // biome-ignore lint/correctness/noConstructorReturn: a field on an object costs a fraction of an entry of a WeakMap.
    return object;
  }
}

/** Keeps facts on an object where nobody else finds them. */
class Kept extends Given {
  /** @type {Facts} */
  #facts;

  /**
   * @param {object} object
   * @param {Facts} facts
   */
  constructor(object, facts) {
    super(object);
    this.#facts = facts;
  }

  /**
   * @param {object} object
   * @param {Facts} facts
   */
  static put(object, facts) {
    new Kept(object, facts);
  }

  /**
   * @param {any} object
   * @returns {Facts | undefined}
   */
  static of(object) {
    return typeof object === 'object' && object !== null && #facts in object ? object.#facts : undefined;
  }
}

/** @param {Told} told */
function moreOf(told) {
  return told[9] === 0 ? undefined : told[9];
}

/**
 * @param {Told} told
 * @param {string} id The id that the caller gave, or got.
 * @param {any} [data] The data, if native code does not tell it.
 * @returns {Session<any>}
 */
function sessionOf(told, id, data = told[10]) {
  const createdMs = told[1];
  const about = told[8];
  const more = moreOf(told);
  /** @type {any} */
  const session = {
    id,
    ref: told[0],
    userId: about.userId,
    organizationId: about.organizationId,
    data,
    version: told[6],
    createdAt: new Date(createdMs),
    authenticatedAt: new Date(createdMs + told[2]),
    seenAt: new Date(createdMs + told[3]),
    idleEndsAt: new Date(createdMs + told[4]),
    endsAt: new Date(createdMs + told[5]),
  };
  addDevice(session, about);
  if (more?.id !== undefined && more.id !== id) session.renewedId = more.id;
  session.stale = more?.stale === true;
  Kept.put(session, { serverMs: createdMs + told[7], atMs: now(), sealed: about.f });
  return session;
}

/**
 * @param {any} session
 * @param {About} about
 */
function addDevice(session, { userAgent, ip }) {
  if (userAgent !== undefined) session.userAgent = userAgent;
  if (ip !== undefined) session.ip = ip;
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
  Kept.put(session, { serverMs: told.now, atMs: now(), sealed: sealedOf(base) });
  return session;
}

/**
 * @param {Told} told
 * @returns {SessionInfo<any>}
 */
function infoOf(told) {
  const createdMs = told[1];
  /** @type {any} */
  const info = {
    ref: told[0],
    createdAt: new Date(createdMs),
    authenticatedAt: new Date(createdMs + told[2]),
    seenAt: new Date(createdMs + told[3]),
    idleEndsAt: new Date(createdMs + told[4]),
    endsAt: new Date(createdMs + told[5]),
  };
  addDevice(info, told[8]);
  if (told[10] !== undefined) info.data = told[10];
  return info;
}

/**
 * The server's time now, in ms, as far as this process knows: no wall clock of a client counts.
 * @param {object} session
 */
function serverMsAt(session) {
  const facts = Kept.of(session);
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
  return Kept.of(session)?.sealed;
}

module.exports = { infoOf, isFresh, moreOf, sealedOf, serverMsAt, sessionOf, updatedSession };
