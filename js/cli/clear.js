'use strict';

const { withStore } = require('./store.js');

/** @import { Run } from './arguments.js' */

/**
 * Clears every value of one organization and no other's.
 * @param {Run} run
 */
function clear({ org, url, prefix, say, note }) {
  return withStore({ url, prefix }, async (store) => {
    const cleared = await store.cacheAdapter.clearOrganizationCache(org);
    if (cleared === false) throw new Error('Redis did not confirm the clearing; perhaps nothing was cleared');
    await say(`cleared ${cleared} values`);
    await note(`under the prefix ${store.shownPrefix}`);
    return true;
  });
}

module.exports = { clear };
