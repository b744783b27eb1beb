'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { now } = require('../time.js');
const { infoOf } = require('./session.js');

/** @import { ListSessions, SessionInfo } from '../../types/session.js' */
/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */

const FIRST = '0';
const { sessionListLimit: LIMIT, sessionListMost: MOST } = protocol.limits;

/**
 * Sessions of a user, newest first. A page of the store may name one that the page before named too.
 * @param {Engine} engine
 * @param {string} userId
 * @param {ListSessions} options
 * @returns {Promise<SessionInfo[]>}
 */
async function listSessions(engine, userId, { organizationId, limit = LIMIT, data = false }) {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MOST) {
    throw new OrgCacheError('E_ARGUMENT', `limit is not allowed; give an integer from 1 to ${MOST}`);
  }
  /** @type {Map<string, SessionInfo>} */
  const found = new Map();
  let cursor = FIRST;
  do {
    const page = await engine.ask('list', userId, organizationId, cursor, data ? 1 : 0);
    for (const told of page.sessions) found.set(told[0], infoOf(told));
    ({ cursor } = page);
  } while (cursor !== FIRST && found.size < limit);
  const all = [...found.values()].sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  return all.slice(0, limit);
}

/**
 * Ends the sessions of all users that directories name, which were created before this call. Answers how many users had
 * some.
 * @param {Engine} engine
 * @param {readonly (string | number)[]} directories Organizations, or numbers of the directories of all users.
 * @param {(tag: string) => void} ended
 */
async function destroyListed(engine, directories, ended) {
  const begunMs = now();
  let users = 0;
  for await (const tags of listed(engine, directories)) {
    const outcomes = await Promise.all(tags.map((tag) => engine.ask('revokeTag', tag, now() - begunMs)));
    users += outcomes.filter(({ removed }) => removed > 0).length;
    for (const tag of tags) ended(tag);
  }
  return users;
}

/**
 * The tags of the users that directories name, in pages and each once.
 * @param {Engine} engine
 * @param {readonly (string | number)[]} directories
 */
async function* listed(engine, directories) {
  /** @type {Set<string>} */
  const seen = new Set();
  for (const directory of directories) {
    let cursor = FIRST;
    do {
      const page = await engine.ask('page', directory, cursor);
      const tags = /** @type {string[]} */ (page.tags).filter((tag) => !seen.has(tag));
      for (const tag of tags) seen.add(tag);
      yield tags;
      ({ cursor } = page);
    } while (cursor !== FIRST);
  }
}

/**
 * Counts all sessions of the room in Redis, user by user, and drops those that have ended where that is asked for.
 * @param {Engine} engine
 * @param {boolean} drop
 */
async function countSessions(engine, drop) {
  const sum = { users: 0, live: 0, ended: 0 };
  for await (const tags of listed(engine, allDirectories())) {
    const counts = await Promise.all(tags.map((tag) => engine.ask('countTag', tag, drop ? 1 : 0)));
    for (const { live, ended } of counts) {
      if (live > 0) sum.users += 1;
      sum.live += live;
      sum.ended += ended;
    }
  }
  return sum;
}

/** The numbers of the directories of all users. */
function allDirectories() {
  return Array.from({ length: protocol.session.directories }, (_, number) => number);
}

/**
 * How many users have sessions, or had some that would not have ended yet.
 * @param {Engine} engine
 */
async function countUsers(engine) {
  const counts = await Promise.all(allDirectories().map((number) => engine.ask('enter', undefined, number)));
  return counts.reduce((sum, count) => sum + count, 0);
}

module.exports = { allDirectories, countSessions, countUsers, destroyListed, listSessions };
