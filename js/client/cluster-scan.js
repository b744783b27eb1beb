'use strict';

const SLOTS = 16_384;
/** The polynomial of CRC-16/XMODEM, by which Redis assigns keys to slots. */
const POLYNOMIAL = 0x1021;

/** What a key has where it says itself which part of it chooses the slot. */
const HASH_TAG = /\{[^}]+\}/;

/**
 * How to scan each primary of a cluster: functions from a cursor to `[cursor, found]`. A command without a key is
 * anybody's to answer, so each page is asked for in a transaction with a key of the node's, which keeps it there.
 * `transactionApart` makes one that leaves alone what the client watches.
 */
async function scansOfNodes(client, method, options, transactionApart) {
  const anchors = await anchorsOf(client);
  return anchors.map((anchor) => async (cursor) => {
    const transaction = transactionApart(client).exists(anchor);
    const [, [error, page]] = await transaction[method](cursor, ...options).exec();
    if (error) throw error;
    return page;
  });
}

/** A key for each primary that may have keys of this client. */
async function anchorsOf(client) {
  const { keyPrefix } = client.options;
  // Then all of the client's keys are in one slot.
  if (HASH_TAG.test(keyPrefix)) return [keyPrefix];
  const anchors = new Map();
  for (const [first, last, [, , id]] of await client.call('CLUSTER', 'SLOTS')) {
    if (!anchors.has(id)) anchors.set(id, `{${tagIn(first, last)}}`);
  }
  return [...anchors.values()];
}

/** A hash tag whose slot is between these two. */
function tagIn(first, last) {
  for (let number = 0; ; number += 1) {
    const slot = slotOf(String(number));
    if (slot >= first && slot <= last) return String(number);
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
