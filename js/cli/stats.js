'use strict';

const { isIndex, isInternal, wholePattern } = require('./layout.js');
const { LIMIT_TITLES, cellsOfLimit, countLimits } = require('./limits.js');
const { inBatches, listed, scan } = require('./scan.js');
const { SESSION_TITLES, cellsOfSessions, countSessions } = require('./sessions.js');
const { withStore } = require('./store.js');
const { aligned, coloured, sizeOf } = require('./table.js');

/**
 * @import { DecodedKey } from '../../index.js'
 * @import { Run } from './arguments.js'
 * @import { Limits } from './limits.js'
 * @import { SessionsFound } from './sessions.js'
 * @import { OpenStore } from './store.js'
 * @typedef {Record<string, number>} Types how many values each type has
 * @typedef {object} Row an organization
 * @property {string | null} organization
 * @property {number} keys
 * @property {number} bytes
 * @property {boolean} isEstimate
 * @property {Types} types
 */

const BATCH = 100;
/** Keys of an organization whose memory is asked for. The estimate assumes that the others are alike. */
const SAMPLE = 100;
const TITLES = ['organization', 'keys', 'memory', 'types'];

/**
 * Counts the keys of each organization, the largest first, all values by type, the identifiers of rate limits, and the
 * sessions of each namespace.
 * @param {Run} run
 */
function stats(run) {
  const { limit = 100, json = false, url, prefix, say, note } = run;
  return withStore({ url, prefix }, async (store) => {
    const { indexes, total } = await countAll(store);
    const organizations = await largestFirst(store, indexes);
    const rows = [];
    for (const { index, keys } of organizations.slice(0, limit))
      rows.push(await describe(store, index, keys));
    const isComplete = organizations.length <= limit;
    const limits = await countLimits(store);
    const sessions = await countSessions(store);
    if (json) {
      const all = { prefix: store.prefix, isComplete, organizations: rows, total, limits, sessions };
      await say(JSON.stringify(all, null, 2));
      return true;
    }
    const table = aligned(
      [TITLES, ...rows.map(cellsOf), ['total', String(total.keys), '', typesOf(total)]],
      [1, 2],
    );
    await sayTable(table, run);
    const shown = isComplete ? '' : `, ${limit} shown: --limit`;
    await note(`${organizations.length} organizations under the prefix ${store.shownPrefix}${shown}`);
    if (limits.policies.length > 0) await sayLimits(limits, run);
    if (sessions.namespaces.length > 0) await saySessions(sessions, run);
    return true;
  });
}

/**
 * @param {string[]} lines The titles first.
 * @param {Run} run
 */
async function sayTable([titles, ...rows], { say }) {
  await say(coloured('bold', titles));
  for (const row of rows) await say(row);
}

/**
 * @param {Limits} limits
 * @param {Run} run
 */
async function sayLimits({ prefix, instances, policies }, run) {
  await sayTable(aligned([LIMIT_TITLES, ...policies.map(cellsOfLimit)], [2, 3, 4]), run);
  await run.note(
    `${instances} instances share the limits under the prefix ${prefix === '' ? '(none)' : prefix}`,
  );
}

/**
 * @param {SessionsFound} sessions
 * @param {Run} run
 */
async function saySessions({ prefix, namespaces }, run) {
  await sayTable(aligned([SESSION_TITLES, ...namespaces.map(cellsOfSessions)], [1, 2, 3]), run);
  await run.note(
    `sessions under the prefix ${prefix === '' ? '(none)' : prefix}, with some that have ended and not gone yet`,
  );
}

/**
 * One scan of the keys finds the indexes of the organizations and counts the values of each type.
 * @param {OpenStore} store
 */
async function countAll(store) {
  /** @type {string[]} */
  const indexes = [];
  /** @type {{ keys: number, types: Types }} */
  const total = { keys: 0, types: {} };
  for await (const key of scan(store, wholePattern(store))) {
    // A key that only begins like an index belongs to no organization.
    if (isIndex(store, key) && store.cacheManager.decodeKey(key)?.isIndex) indexes.push(key);
    if (isInternal(store, key)) continue;
    const type = store.cacheManager.decodeKey(key)?.type ?? 'other';
    total.keys++;
    total.types[type] = (total.types[type] ?? 0) + 1;
  }
  return { indexes, total };
}

/**
 * @param {OpenStore} store
 * @param {string[]} indexes
 */
async function largestFirst(store, indexes) {
  /** @type {{ index: string, keys: number }[]} */
  const organizations = [];
  for (let start = 0; start < indexes.length; start += BATCH) {
    const batch = indexes.slice(start, start + BATCH);
    const counts = await Promise.all(batch.map((index) => store.client.call('ZCARD', index)));
    organizations.push(...batch.map((index, position) => ({ index, keys: Number(counts[position]) })));
  }
  return organizations.sort((a, b) => b.keys - a.keys);
}

/**
 * @param {OpenStore} store
 * @param {string} index
 * @param {number} keys
 * @returns {Promise<Row>}
 */
async function describe(store, index, keys) {
  const { orgId: organization } = /** @type {DecodedKey} */ (store.cacheManager.decodeKey(index));
  /** @type {Types} */
  const types = {};
  /** @type {number[]} */
  const sizes = [];
  for await (const batch of inBatches(first(listed(store, index), SAMPLE), BATCH)) {
    const found = await Promise.all(batch.map((key) => store.client.call('MEMORY', 'USAGE', key)));
    for (const [position, key] of batch.entries()) {
      // An index may list a key that has expired.
      if (found[position] === null) continue;
      sizes.push(Number(found[position]));
      const type = store.cacheManager.decodeKey(key)?.type ?? 'other';
      types[type] = (types[type] ?? 0) + 1;
    }
  }
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const isSampled = keys > SAMPLE;
  const bytes = isSampled && sizes.length > 0 ? Math.round((total / SAMPLE) * keys) : total;
  return { organization, keys: isSampled ? keys : sizes.length, bytes, isEstimate: isSampled, types };
}

/**
 * @template T
 * @param {AsyncIterable<T>} items
 * @param {number} count
 */
async function* first(items, count) {
  let left = count;
  for await (const item of items) {
    if (left-- === 0) return;
    yield item;
  }
}

/**
 * A row of the table. Estimates are marked.
 * @param {Row} row
 */
function cellsOf({ organization, keys, bytes, isEstimate, types }) {
  const about = isEstimate ? '~' : '';
  const kinds = isEstimate ? `of ${SAMPLE}: ${typesOf({ types })}` : typesOf({ types });
  return [organization ?? '(global)', `${about}${keys}`, `${about}${sizeOf(bytes)}`, kinds];
}

/** @param {{ types: Types }} counted */
function typesOf({ types }) {
  return Object.entries(types)
    .map(([type, count]) => `${type} ${count}`)
    .join(', ');
}

module.exports = { stats };
