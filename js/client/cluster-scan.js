'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');
const { delay, now } = require('../time.js');

/** @import { RedisClient, RedisTransaction } from '../../index.js' */
/** @import { Outcome } from './chain.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * Reads one page of a scan from a cursor.
 * @typedef {(cursor: string) => Promise<Found>} Scan
 */
/** @typedef {[cursor: string | Buffer, found: unknown[]]} Found */
/** @typedef {(anchor: string | undefined, cursor: string) => Promise<{ id: string, found: Found }>} ScanPage */
/** @typedef {'scan' | 'scanBuffer'} ScanMethod */
/** @typedef {{ first: number, last: number }} SlotRange */

/**
 * A node to scan. `anchorOf` answers a key in a slot of the node with this id, or undefined if it has no slots.
 * @typedef {object} ScannedNode
 * @property {string} [id]
 * @property {string} [anchor]
 * @property {(id: string | undefined) => Promise<string | undefined> | string} anchorOf
 */

const native = loadNative();
const START = '0';
/** Nodes agree on a moved slot within this time, unless slots move faster than the scan asks. */
const { scanAgreedWithinMs, scanAgainAfterMs } = protocol.limits;

/**
 * Functions that scan each primary of a cluster, from a cursor to `[cursor, found]`. Any node may answer a command
 * without a key. So each page is read in a transaction with a key of the node, which routes it there.
 * `transactionApart` makes a transaction that does not use the client's watched keys.
 * @param {RedisClient} client
 * @param {ScanMethod} method
 * @param {Argument[]} options
 * @param {(client: RedisClient) => RedisTransaction} transactionApart
 * @returns {Promise<Scan[]>}
 */
async function scansOfNodes(client, method, options, transactionApart) {
  /** @type {ScanPage} */
  const page = async (anchor, cursor) => {
    const transaction = transactionApart(client)
      .exists(/** @type {string} */ (anchor))
      .call('CLUSTER', 'MYID');
    const results = await transaction[method](cursor, ...options).exec();
    const [, [noId, id], [error, found]] = /** @type {Outcome[]} */ (results);
    if (noId ?? error) throw noId ?? error;
    return { id: String(id), found: /** @type {Found} */ (found) };
  };
  const { keyPrefix } = client.options;
  // All of the client's keys are then in one slot.
  if (native.hashTag(makeError, keyPrefix) !== null) return [scanOfNode(page, { anchorOf: () => keyPrefix })];
  const ids = (await rangesByNode(client)).keys();
  /** @param {string | undefined} id */
  const anchorOf = async (id) => anchorIn((await rangesByNode(client)).get(/** @type {string} */ (id)));
  return Promise.all(
    [...ids].map(async (id) => scanOfNode(page, { id, anchor: await anchorOf(id), anchorOf })),
  );
}

/**
 * Scans one node. A cursor is valid only on its own node. If another node answers, the key's slot has moved: the
 * scan continues with another key of its node. If that node has no slots any more, the scan starts again on the
 * node that answered.
 * @param {ScanPage} page
 * @param {ScannedNode} scanned
 * @returns {Scan}
 */
function scanOfNode(page, { id, anchor, anchorOf }) {
  let node = { id, anchor };
  return async (cursor) => {
    let from = cursor;
    const deadline = now() + scanAgreedWithinMs;
    while (now() < deadline) {
      node.anchor ??= await anchorOf(node.id);
      const answer = await page(node.anchor, from);
      node.id ??= answer.id;
      if (answer.id === node.id) return answer.found;
      const other = await anchorOf(node.id);
      if (other === undefined || other === node.anchor) {
        node = { id: answer.id, anchor: node.anchor };
        from = START;
      } else {
        node.anchor = other;
        await delay(scanAgainAfterMs);
      }
    }
    throw new OrgCacheError('E_TIMEOUT', 'the slots of the cluster move faster than they can be scanned', {
      retryable: true,
    });
  };
}

/**
 * The ranges of slots of each primary, by its id.
 * @param {RedisClient} client
 */
async function rangesByNode(client) {
  /** @type {Map<string, SlotRange[]>} */
  const nodes = new Map();
  const slots = /** @type {[number, number, string[]][]} */ (await client.call('CLUSTER', 'SLOTS'));
  for (const [first, last, [, , id]] of slots) {
    nodes.set(id, [...(nodes.get(id) ?? []), { first, last }]);
  }
  return nodes;
}

/**
 * A key in some slot of these ranges. It is different each time, because the last key's slot may be moving.
 * @param {SlotRange[] | undefined} ranges
 */
function anchorIn(ranges) {
  if (ranges === undefined) return undefined;
  const slots = ranges.flatMap(({ first, last }) => [first, last]);
  return native.keyInSlots(makeError, ...slots) ?? undefined;
}

module.exports = { scansOfNodes };
