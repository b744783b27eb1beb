'use strict';

const { isInternal, typePrefix, valuePattern } = require('./layout.js');
const { inBatches, listed, scan } = require('./scan.js');
const { withStore } = require('./store.js');
const { aligned } = require('./table.js');
const { protocol } = require('../protocol.js');

/**
 * @import { Run } from './arguments.js'
 * @import { OpenStore } from './store.js'
 * @typedef {{ key: string, type: string | null, organization: string | null, ttlSeconds: number | null }} Described
 */

const BATCH = 100;
/** Callers may have further types, through the cache manager. */
const TYPES = Object.keys(protocol.kinds).filter((name) => name !== 'managed');
const GONE = -2;
const NO_EXPIRY = -1;

/**
 * Lists keys with their remaining lifetimes.
 * @param {Run} run
 */
function keys({ org, type, limit = 100, json = false, url, prefix, say, note }) {
  return withStore({ url, prefix }, async (store) => {
    const { found, isComplete } = await firstKeys(store, { org, type, limit });
    if (json) {
      await say(JSON.stringify({ prefix: store.prefix, isComplete, keys: found }, null, 2));
      return true;
    }
    for (const row of aligned(
      found.map(({ key, ttlSeconds }) => [key, lifetime(ttlSeconds)]),
      [1],
    ))
      await say(row);
    const more = isComplete ? '' : '; there are more: --limit';
    await note(`${found.length} keys under the prefix ${store.shownPrefix}${more}`);
    if (found.length === 0 && type !== undefined && !Object.hasOwn(protocol.kinds, type)) {
      await note(`${type} is no type of this package; there are: ${TYPES.join(', ')}`);
    }
    return true;
  });
}

/**
 * @param {OpenStore} store
 * @param {{ org?: string, type?: string, limit: number }} wanted
 */
async function firstKeys(store, { org, type, limit }) {
  /** @type {Described[]} */
  const found = [];
  for await (const batch of inBatches(candidates(store, { org, type }), BATCH)) {
    const left = await Promise.all(batch.map((key) => store.client.call('PTTL', key)));
    for (const [position, key] of batch.entries()) {
      const milliseconds = Number(left[position]);
      if (milliseconds === GONE) continue;
      if (found.length === limit) return { found, isComplete: false };
      found.push(describe(store, key, milliseconds));
    }
  }
  return { found, isComplete: true };
}

/**
 * @param {OpenStore} store
 * @param {{ org?: string, type?: string }} wanted
 */
async function* candidates(store, { org, type }) {
  if (org === undefined) {
    yield* scan(store, valuePattern(store, type));
    return;
  }
  const start = type === undefined ? store.prefix : typePrefix(store, type);
  for await (const key of listed(store, store.cacheManager.indexKey(org)))
    if (key.startsWith(start)) yield key;
}

/**
 * @param {OpenStore} store
 * @param {string} key
 * @param {number} milliseconds
 * @returns {Described}
 */
function describe(store, key, milliseconds) {
  const { type = null, orgId = null } = store.cacheManager.decodeKey(key) ?? {};
  return {
    key,
    type,
    organization: orgId,
    ttlSeconds: milliseconds === NO_EXPIRY ? null : Math.ceil(milliseconds / 1000),
  };
}

/** @param {number | null} ttlSeconds */
function lifetime(ttlSeconds) {
  return ttlSeconds === null ? 'no expiry' : `${ttlSeconds} s`;
}

/**
 * Deletes keys by their names.
 * @param {Run} run
 */
function del({ operands, url, prefix, say }) {
  return withStore({ url, prefix }, async (store) => {
    if (operands.some((key) => isInternal(store, key))) {
      throw new Error('a key whose type begins with ! is an internal index or mark and is not deleted here');
    }
    const counts = await Promise.all(operands.map((key) => store.client.call('UNLINK', key)));
    const deleted = counts.reduce((/** @type {number} */ sum, count) => sum + Number(count), 0);
    await say(`deleted ${deleted} of ${operands.length}`);
    return true;
  });
}

module.exports = { del, keys };
