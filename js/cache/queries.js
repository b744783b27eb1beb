'use strict';

const { OrgCacheError } = require('../errors.js');
const { queryKey } = require('./query-key.js');
const { tableNames, tagOfTable } = require('./tables.js');

/** @import { CacheCallOptions, OrganizationCache } from '../../types/cache-entries.js' */

/** @typedef {InstanceType<typeof import('./tables.js').Tables>} Tables */

/**
 * The answer of a query, from the cache or of `fetch`.
 * @template R
 * @param {object} parts
 * @param {OrganizationCache<any>} parts.queries The entries of queries: they keep what a driver answers, such as Dates.
 * @param {Tables} parts.tables
 * @param {readonly string[]} parts.tags The tags of the cache.
 * @param {object} query
 * @param {string} query.sql
 * @param {readonly unknown[]} query.params
 * @param {() => Promise<R>} query.fetch
 * @param {CacheCallOptions & { tables: readonly string[] }} query.options
 * @returns {Promise<R>}
 */
async function cacheQuery({ queries, tables, tags }, { sql, params, fetch, options }) {
  const { tables: names, ...others } = options ?? {};
  const read = tableNames(names);
  if (typeof fetch !== 'function') throw new OrgCacheError('E_ARGUMENT', 'fetch must be a function');
  // Refused before anything is asked.
  const typed = queryKey(sql, params);
  const key = `${typed} ${(await tables.versionsOf(read)).join(' ')}`;
  const before = others.tags ?? tags;
  // Native code refuses what is no list.
  const all = Array.isArray(before) ? [...before, ...read.map(tagOfTable)] : before;
  return queries.getOrSet(key, () => fetch(), { ...others, tags: all });
}

module.exports = { cacheQuery };
