'use strict';

const { inBatches, scan } = require('./scan.js');

/**
 * @import { OpenStore } from './store.js'
 * @typedef {object} LimitRow what Redis has of a policy
 * @property {string} namespace
 * @property {string | null} policy null stands for all policies of the namespace
 * @property {number} identifiers how many are counted
 * @property {number} blocked how many are blocked
 * @property {number} leases calls under way that hold leases, or their costs
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
/** Behind the name of a policy of leases. */
const LEASE = '!lease';
const LIMIT_TITLES = ['namespace', 'policy', 'identifiers', 'blocked', 'leases'];
const BATCH = 1000;

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
  const nowMs = await serverTimeMs(store);
  for await (const keys of inBatches(scan(store, `${escaped(start)}*`), BATCH)) {
    /** @type {Promise<void>[]} */
    const counts = [];
    for (const key of keys) {
      const [namespace, segment, ...rest] = key.slice(start.length).split(':');
      // The list of instances, or a key that only begins like one of a limit.
      if (rest.length === 0) continue;
      const suffix = [BLOCK, LEASE].find((each) => segment.endsWith(each)) ?? '';
      const name = segment.slice(0, segment.length - suffix.length);
      const at = `${namespace}:${name}`;
      const policy = name === '' ? null : name;
      const row = rows.get(at) ?? { namespace, policy, identifiers: 0, blocked: 0, leases: 0 };
      row[suffix === BLOCK ? 'blocked' : 'identifiers']++;
      rows.set(at, row);
      if (suffix === LEASE) counts.push(countLeases(store, key, nowMs, row));
    }
    await Promise.all(counts);
  }
  const instances = Number(await store.client.call('ZCARD', start + INSTANCES));
  const names = [...rows.keys()].sort();
  return { prefix, instances, policies: names.map((name) => /** @type {LimitRow} */ (rows.get(name))) };
}

/** @param {OpenStore} store */
async function serverTimeMs(store) {
  const [seconds, microseconds] = /** @type {string[]} */ (await store.client.call('TIME'));
  return Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000);
}

/**
 * @param {OpenStore} store
 * @param {string} key
 * @param {number} nowMs
 * @param {LimitRow} row
 */
async function countLeases(store, key, nowMs, row) {
  const leases = Number(await store.client.call('ZCOUNT', key, `(${nowMs}`, '+inf'));
  // Other counts of the same row may have come meanwhile.
  row.leases += leases;
}

/**
 * A prefix as SCAN matches it literally.
 * @param {string} text
 */
function escaped(text) {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** @param {LimitRow} row */
function cellsOfLimit({ namespace, policy, identifiers, blocked, leases }) {
  const ofPolicy = (/** @type {number} */ count) => (policy === null ? '' : String(count));
  return [namespace, policy ?? '(all)', ofPolicy(identifiers), String(blocked), ofPolicy(leases)];
}

module.exports = { LIMIT_TITLES, cellsOfLimit, countLimits };
