'use strict';

const { inBatches, scan } = require('./scan.js');
const { sizeOf } = require('./table.js');

/**
 * @import { OpenStore } from './store.js'
 * @typedef {object} SessionRow what Redis has of a namespace of sessions
 * @property {string} namespace
 * @property {number} users a session of nobody counts as a user
 * @property {number} sessions with those that have ended and have not gone yet, and old ids of rotated ones
 * @property {number} bytes
 * @property {boolean} isEstimate
 * @typedef {object} SessionsFound
 * @property {string} prefix
 * @property {SessionRow[]} namespaces
 */

/** Behind the prefix of a room: keys of sessions (`src/session/keys.rs`). */
const ROOM = '!session:';
/** A user's sessions. */
const USER = /^([^:]+):\{[\w-]+\}$/;
const BATCH = 500;
/** Users of a namespace whose memory is asked for. The estimate assumes that the others are alike. */
const SAMPLE = 100;
const SESSION_TITLES = ['namespace', 'users', 'sessions', 'memory'];

/**
 * Counts users and sessions of each namespace by one scan. Which of them live only the script of a room can tell.
 * @param {OpenStore} store
 * @returns {Promise<SessionsFound>}
 */
async function countSessions(store) {
  const { roomPrefix: prefix } = store;
  const start = prefix + ROOM;
  /** @type {Map<string, SessionRow & { sampled: number }>} */
  const rows = new Map();
  const pattern = `${start.replace(/[\\*?[\]]/g, '\\$&')}*:{*}`;
  for await (const batch of inBatches(scan(store, pattern), BATCH)) {
    const found = batch.map((key) => ({ key, namespace: USER.exec(key.slice(start.length))?.[1] }));
    await Promise.all(
      found.map(async ({ key, namespace }) => {
        if (namespace === undefined) return;
        const row = rows.get(namespace) ?? emptyRow(namespace);
        rows.set(namespace, row);
        row.users++;
        const isSampled = row.users <= SAMPLE;
        const [sessions, bytes] = await Promise.all([
          store.client.call('HLEN', key),
          isSampled ? store.client.call('MEMORY', 'USAGE', key) : 0,
        ]);
        row.sessions += Number(sessions);
        row.bytes += Number(bytes ?? 0);
        if (isSampled) row.sampled++;
      }),
    );
  }
  const namespaces = [...rows.keys()].sort().map((name) => estimated(rows.get(name) ?? emptyRow(name)));
  return { prefix, namespaces };
}

/** @param {string} namespace */
function emptyRow(namespace) {
  return { namespace, users: 0, sessions: 0, bytes: 0, isEstimate: false, sampled: 0 };
}

/**
 * @param {SessionRow & { sampled: number }} row
 * @returns {SessionRow}
 */
function estimated({ sampled, ...row }) {
  const isEstimate = row.users > sampled;
  return isEstimate ? { ...row, bytes: Math.round((row.bytes / sampled) * row.users), isEstimate } : row;
}

/** @param {SessionRow} row */
function cellsOfSessions({ namespace, users, sessions, bytes, isEstimate }) {
  return [namespace, String(users), String(sessions), `${isEstimate ? '~' : ''}${sizeOf(bytes)}`];
}

module.exports = { SESSION_TITLES, cellsOfSessions, countSessions };
