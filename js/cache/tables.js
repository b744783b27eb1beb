'use strict';

const { randomBytes } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');

/** @import { OrganizationCache } from '../../types/cache-entries.js' */

const { tableGuardSeconds: GUARD_SECONDS } = protocol.limits;
/** What the tag of a table begins with. */
const TAG = 'table:';
const VERSION_BYTES = 9;

/**
 * The versions of tables. A query has two parts that a change of a table replaces: a tag of its organization, and a
 * version, which all organizations share and which is part of its key. So no call needs keys of two slots of a cluster.
 * A version that was evicted or has expired is made anew: that makes misses, and never revives an answer.
 */
class Tables {
  #versions;

  /** @param {OrganizationCache<string>} entries The global scope of a cache for versions alone. */
  constructor(entries) {
    this.#versions = entries;
  }

  /**
   * The versions of these tables, in their order.
   * @param {readonly string[]} tables
   * @returns {Promise<string[]>}
   */
  async versionsOf(tables) {
    const known = await this.#versions.getOrSetMany(tables, (missing) => newVersions(missing));
    return tables.map((table) => /** @type {string} */ (known.get(table)));
  }

  /**
   * Makes the queries of all organizations that read these tables absent.
   * @param {readonly string[]} tables
   * @param {{ ttlSeconds?: number }} [options]
   */
  async renew(tables, options) {
    await this.#versions.setMany(newVersions(tables), options);
  }

  /**
   * As `renew`, for as long as a change is under way: should this process die, the versions soon do, too.
   * @param {readonly string[]} tables
   */
  guard(tables) {
    return this.renew(tables, { ttlSeconds: GUARD_SECONDS });
  }
}

/** @param {readonly string[]} tables */
function newVersions(tables) {
  return new Map(tables.map((table) => [table, randomBytes(VERSION_BYTES).toString('base64url')]));
}

/**
 * The names of tables, each once. Throws `E_QUERY` for a list that has none, or another value.
 * @param {unknown} tables
 * @returns {string[]}
 */
function tableNames(tables) {
  const isList = Array.isArray(tables) && tables.length > 0;
  if (isList && tables.every((name) => typeof name === 'string' && name !== '')) return [...new Set(tables)];
  throw new OrgCacheError('E_QUERY', 'tables must be a list of the names of tables, at least one');
}

/**
 * The tag that a table is in its organization.
 * @param {string} table
 */
function tagOfTable(table) {
  return TAG + table;
}

module.exports = { Tables, tableNames, tagOfTable };
