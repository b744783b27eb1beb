'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { escaped } = require('./clients.js');
const { isTombstone } = require('./keys.js');

/** @import { Settings } from './options.js' */

/** @typedef {InstanceType<typeof import('./core.js').SessionCore>} Core */

const { storeListMost } = protocol.limits;

/**
 * The keys of a store's sessions, in the pages of a scan. While the server grows or shrinks a key may come twice.
 * @param {Core} core
 * @param {Settings} settings
 * @returns {AsyncGenerator<string[], void>}
 */
async function* keysOf(core, settings) {
  const { start, scanCount } = settings;
  const { keyPrefix } = settings.commands();
  const pages = settings.commands().pages(`${escaped(start)}*`, scanCount);
  try {
    for (;;) {
      const { done, value } = await core.ask(() => pages.next());
      if (done) return;
      const keys = /** @type {string[]} */ (value).filter((key) => !isTombstone(key));
      yield keys.map((key) => (key.startsWith(keyPrefix) ? key.slice(keyPrefix.length) : key));
    }
  } finally {
    // A page that is overdue is not waited for.
    pages.return?.(undefined)?.catch(() => {});
  }
}

/**
 * How the sessions of a store are named behind its prefix, each once.
 * @param {Core} core
 * @param {Settings} settings
 */
async function namesOf(core, settings) {
  /** @type {Set<string>} */
  const names = new Set();
  const { length } = settings.start;
  for await (const keys of keysOf(core, settings)) for (const key of keys) names.add(key.slice(length));
  return names;
}

/**
 * The sessions of a store, each with its name as `id`.
 * @param {Core} core
 * @param {Settings} settings
 * @returns {AsyncGenerator<any, void>}
 */
async function* sessionsOf(core, settings) {
  const { length } = settings.start;
  for await (const keys of keysOf(core, settings)) {
    const found = await Promise.all(keys.map((key) => core.ask((commands) => commands.read(key))));
    for (const [index, [text]] of found.entries()) {
      const session = text ? await core.parse(text) : null;
      if (session === null) continue;
      session.id = keys[index].slice(length);
      yield session;
    }
  }
}

/**
 * The sessions of a store, up to a number.
 * @param {Core} core
 * @param {Settings} settings
 * @param {unknown} options
 * @returns {Promise<any[]>}
 */
async function listOf(core, settings, options = {}) {
  const given = /** @type {Record<string, unknown>} */ (options ?? {});
  refuseUnknown(Object.keys(given), ['limit'], 'the option');
  const { limit = storeListMost } = given;
  if (!(typeof limit === 'number' && limit > 0)) {
    throw new OrgCacheError('E_ARGUMENT', 'the option limit must be a number above 0');
  }
  /** @type {Map<string, any>} */
  const sessions = new Map();
  for await (const session of sessionsOf(core, settings)) {
    sessions.set(session.id, session);
    if (sessions.size >= limit) break;
  }
  return [...sessions.values()];
}

/**
 * @param {Core} core
 * @param {Settings} settings
 */
async function clear(core, settings) {
  for await (const keys of keysOf(core, settings)) {
    if (keys.length > 0) await core.ask((commands) => commands.unlink(keys));
  }
}

module.exports = { clear, listOf, namesOf, sessionsOf };
