'use strict';

const { scan } = require('./scan.js');

/**
 * @import { OpenStore } from './store.js'
 * @typedef {object} LimitRow what Redis has of a policy
 * @property {string} namespace
 * @property {string | null} policy null stands for all policies of the namespace
 * @property {number} identifiers how many are counted
 * @property {number} blocked how many are blocked
 * @typedef {object} Limits
 * @property {string} prefix
 * @property {number} instances processes with a limiter, as they said in the last 30 seconds
 * @property {LimitRow[]} policies
 */

/** Behind the prefix of a room: keys of rate limits (`src/limiter/keys.rs`). */
const ROOM = '!limit:';
const INSTANCES = '!instances';
/** In place of a policy, or behind its name. */
const BLOCK = '!block';
const LIMIT_TITLES = ['namespace', 'policy', 'identifiers', 'blocked'];

/**
 * Counts the identifiers of each policy by one scan. Which calls a process admitted is known to that process alone.
 * @param {OpenStore} store
 * @returns {Promise<Limits>}
 */
async function countLimits(store) {
  const { roomPrefix: prefix } = store;
  const start = prefix + ROOM;
  /** @type {Map<string, LimitRow>} */
  const rows = new Map();
  for await (const key of scan(store, `${escaped(start)}*`)) {
    const [namespace, segment, ...rest] = key.slice(start.length).split(':');
    // The list of instances, or a key that only begins like one of a limit.
    if (rest.length === 0) continue;
    const isBlock = segment.endsWith(BLOCK);
    const name = isBlock ? segment.slice(0, -BLOCK.length) : segment;
    const at = `${namespace}:${name}`;
    const row = rows.get(at) ?? { namespace, policy: name === '' ? null : name, identifiers: 0, blocked: 0 };
    row[isBlock ? 'blocked' : 'identifiers']++;
    rows.set(at, row);
  }
  const instances = Number(await store.client.call('ZCARD', start + INSTANCES));
  const names = [...rows.keys()].sort();
  return { prefix, instances, policies: names.map((name) => /** @type {LimitRow} */ (rows.get(name))) };
}

/**
 * A prefix as SCAN matches it literally.
 * @param {string} text
 */
function escaped(text) {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** @param {LimitRow} row */
function cellsOfLimit({ namespace, policy, identifiers, blocked }) {
  return [namespace, policy ?? '(all)', policy === null ? '' : String(identifiers), String(blocked)];
}

module.exports = { LIMIT_TITLES, cellsOfLimit, countLimits };
