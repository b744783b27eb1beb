'use strict';

const { OrgCacheError } = require('../errors.js');
const { delay, now } = require('../time.js');

const SLOTS = 16_384;
/** The polynomial of CRC-16/XMODEM, by which Redis assigns keys to slots. */
const POLYNOMIAL = 0x1021;
const START = '0';
/** Nodes agree on a slot that has moved within this time, unless slots move faster than they are asked for. */
const AGREED_WITHIN_MS = 5000;
const LOOK_AGAIN_MS = 50;

/** What a key has where it says itself which part of it chooses the slot. */
const HASH_TAG = /\{[^}]+\}/;

/**
 * How to scan each primary of a cluster: functions from a cursor to `[cursor, found]`. A command without a key is
 * anybody's to answer, so each page is asked for in a transaction with a key of the node's, which keeps it there.
 * `transactionApart` makes one that leaves alone what the client watches.
 */
async function scansOfNodes(client, method, options, transactionApart) {
  const page = async (anchor, cursor) => {
    const transaction = transactionApart(client).exists(anchor).call('CLUSTER', 'MYID');
    const [, [noId, id], [error, found]] = await transaction[method](cursor, ...options).exec();
    if (noId ?? error) throw noId ?? error;
    return { id: String(id), found };
  };
  const { keyPrefix } = client.options;
  // Then all of the client's keys are in one slot.
  if (HASH_TAG.test(keyPrefix)) return [scanOfNode(page, { anchorOf: () => keyPrefix })];
  const ids = (await rangesByNode(client)).keys();
  const anchorOf = async (id) => anchorIn((await rangesByNode(client)).get(id));
  return Promise.all(
    [...ids].map(async (id) => scanOfNode(page, { id, anchor: await anchorOf(id), anchorOf })),
  );
}

/**
 * A cursor means something to its own node alone. Where another one answers, the key's slot has moved: the scan goes
 * on with another key of its node, and from the start with the node that has answered where its own has no slots any more.
 */
function scanOfNode(page, { id, anchor, anchorOf }) {
  let node = { id, anchor };
  return async (cursor) => {
    let from = cursor;
    const deadline = now() + AGREED_WITHIN_MS;
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
        await delay(LOOK_AGAIN_MS);
      }
    }
    throw new OrgCacheError('E_TIMEOUT', 'the slots of the cluster move faster than they can be scanned', {
      retryable: true,
    });
  };
}

/** The ranges of slots of each primary, by its id. */
async function rangesByNode(client) {
  const nodes = new Map();
  for (const [first, last, [, , id]] of await client.call('CLUSTER', 'SLOTS')) {
    nodes.set(id, [...(nodes.get(id) ?? []), { first, last }]);
  }
  return nodes;
}

/** A key in some slot of these ranges: another one each time, since the slot of the last may be on its way. */
function anchorIn(ranges) {
  if (ranges === undefined) return undefined;
  const isIn = (slot) => ranges.some(({ first, last }) => first <= slot && slot <= last);
  for (let number = Math.floor(Math.random() * SLOTS); ; number += 1) {
    if (isIn(slotOf(String(number)))) return `{${number}}`;
  }
}

function slotOf(tag) {
  let sum = 0;
  for (let index = 0; index < tag.length; index += 1) {
    sum ^= tag.charCodeAt(index) << 8;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 0x8000 ? (sum << 1) ^ POLYNOMIAL : sum << 1;
    sum &= 0xffff;
  }
  return sum % SLOTS;
}

module.exports = { scansOfNodes };
