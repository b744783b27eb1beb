'use strict';

const { OrgCacheError } = require('../errors.js');
const { queryKey } = require('./query-key.js');

/** @import { Failure } from '../errors.js' */
/** @import { QueryCacheOptions, QueryPool } from '../../types/cache-queries.js' */

/** Forms of a query whose answer is no promise of rows, or not of rows alone. */
const NOT_CACHED = ['submit', 'name', 'rowMode', 'types', 'portal', 'binary', 'queryMode'];

/**
 * A pool whose `query` answers from the cache. Every other member is the pool's own, and so are the clients that are
 * checked out of it.
 * @template {QueryPool} Pool
 * @param {Pool} pool
 * @param {QueryCacheOptions} options
 * @returns {Pool}
 */
function withQueryCache(pool, options) {
  if (typeof pool?.query !== 'function') {
    throw new OrgCacheError('E_ARGUMENT', 'withQueryCache() takes a pool with the method query');
  }
  const { cache, tables, ...others } = options ?? {};
  if (typeof cache?.cacheQuery !== 'function' || typeof tables !== 'function') {
    throw new OrgCacheError(
      'E_CONFIG',
      'withQueryCache() takes the options cache, the entries of an organization, and tables, a function',
    );
  }
  /** @param {any[]} given */
  const query = (...given) => {
    const asked = queryOf(given);
    if (asked === undefined || !onlyReads(asked.text)) return pool.query(...given);
    const read = tables(asked.text);
    if (read === null || read === undefined) return pool.query(...given);
    const fetch = async () => plainResult(await pool.query(...given));
    return cache.cacheQuery(asked.text, asked.values, fetch, { ...others, tables: read });
  };
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'query') return query;
      const member = Reflect.get(target, name, target);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

/** @param {string} text */
function onlyReads(text) {
  try {
    queryKey(text, []);
    return true;
  } catch (error) {
    if (/** @type {Failure} */ (error).code === 'E_QUERY') return false;
    throw error;
  }
}

/**
 * The text and the parameters of a query; undefined for one that is not cached, such as one with a callback.
 * @param {any[]} given
 */
function queryOf([query, values, callback]) {
  if (typeof values === 'function' || callback !== undefined) return undefined;
  if (typeof query === 'string') return { text: query, values: values ?? [] };
  if (typeof query !== 'object' || query === null || typeof query.text !== 'string') return undefined;
  if (typeof query.callback === 'function') return undefined;
  if (NOT_CACHED.some((name) => query[name] !== undefined)) return undefined;
  return { text: query.text, values: values ?? query.values ?? [] };
}

/**
 * The part of a driver's result that is data. A driver's result also has functions, which no cache keeps.
 * @param {any} result
 */
function plainResult(result) {
  if (typeof result !== 'object' || result === null || Array.isArray(result)) return result;
  const { rows, rowCount, command, fields } = result;
  if (rows === undefined) return result;
  return {
    command,
    rowCount,
    rows: rows.map((/** @type {object} */ row) => ({ ...row })),
    ...(fields === undefined ? {} : { fields: fields.map((/** @type {object} */ field) => ({ ...field })) }),
  };
}

module.exports = { withQueryCache };
