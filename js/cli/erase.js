'use strict';

const { withStore } = require('./store.js');
const { aligned } = require('./table.js');

/** @import { Run } from './arguments.js' */

/**
 * Erases everything of one organization, and looks a second time.
 * @param {Run} run
 */
function erase({ org, verify, timeout, json = false, url, prefix, say, note }) {
  return withStore({ url, prefix }, async (store) => {
    const report = await store.eraseOrganization(/** @type {string} */ (org), {
      ...(verify === undefined ? {} : { verify }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    });
    const { entries, bytes, remaining, verified, rooms } = report;
    if (json) {
      await say(JSON.stringify({ prefix: store.prefix, ...report }, null, 2));
    } else {
      const rows = Object.entries(rooms).filter(([, room]) => room.entries > 0);
      const shown = rows.map(([name, room]) => [name, String(room.entries), `${room.bytes} bytes`]);
      for (const row of aligned(shown, [1, 2])) await say(row);
      await say(
        `erased ${entries} entries, ${bytes} bytes; the second look (${verified}) found ${remaining}`,
      );
      await note(`under the prefix ${store.shownPrefix}`);
    }
    return remaining === 0;
  });
}

module.exports = { erase };
