'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { Cache } = require('./cache.js');
const { Flights } = require('./flights.js');
const { FrozenValues } = require('./frozen.js');
const { LeaseWaits } = require('./lease-waits.js');
const { withQueryCache } = require('./query-pool.js');
const { cacheResponse } = require('./responses.js');
const { Tables, tableNames, tagOfTable } = require('./tables.js');
const { Tallies } = require('./tally.js');

/** @import { createCache, OrgCache } from '../../index.js' */

/** @typedef {import('./cache.js').Parts} Parts */

const { tableVersionSeconds: VERSION_SECONDS } = protocol.limits;
/** The cache that keeps the versions of tables. */
const VERSIONS = '!tables';

/**
 * The caches of an instance, and what is made of them.
 * @param {import('../surface.js').Foundation} foundation
 * @returns {Pick<OrgCache, 'cacheResponse' | 'createCache' | 'invalidateTables' | 'withQueryCache'>}
 */
function cachesOf({ bridge, metrics }) {
  const tallies = new Tallies();
  metrics.add(tallies.families);
  /** @type {{ cache: InstanceType<typeof Cache>, tables: InstanceType<typeof Tables> } | undefined} */
  let made;
  const shared = () => {
    if (made === undefined) {
      const cache = new Cache({ name: VERSIONS, ttlSeconds: VERSION_SECONDS, jitter: 0 }, parts);
      made = { cache, tables: new Tables(cache.global()) };
    }
    return made;
  };
  /** @type {Parts} */
  const parts = {
    bridge,
    flights: new Flights(),
    tallies,
    waits: new LeaseWaits(bridge),
    frozen: new FrozenValues(bridge),
    tables: () => shared().tables,
  };
  // Their copies are counted by native code.
  bridge.onErase((organization) => {
    parts.frozen.forgetOrganization(organization);
    return { name: 'near', entries: 0 };
  });
  const create = (/** @type {any} */ options) => new Cache(options, parts);

  /**
   * @param {readonly string[]} tables
   * @param {{ org?: string }} [options]
   */
  async function invalidateTables(tables, options = {}) {
    if (typeof options !== 'object' || options === null) {
      throw new OrgCacheError('E_CONFIG', 'the options of a call must be an object, e.g. { org }');
    }
    refuseUnknown(Object.keys(options), ['org'], 'the option');
    const names = tableNames(tables);
    if (!('org' in options)) return shared().tables.renew(names);
    const organization = shared().cache.org(/** @type {string} */ (options.org));
    await organization.invalidateTags(names.map(tagOfTable));
  }
  return {
    cacheResponse,
    createCache: /** @type {typeof createCache} */ (create),
    invalidateTables,
    withQueryCache,
  };
}

module.exports = { cachesOf };
