'use strict';

/** @import { OpenStore } from './store.js' */

/** Keys in one step of a scan. A step this short hardly delays other clients of the server. */
const KEYS_A_STEP = 1000;

/**
 * Every key that matches, node by node, each once. Never uses KEYS, which blocks a server until it is done.
 * @param {OpenStore} store
 * @param {string} pattern
 */
async function* scan(store, pattern) {
  for (const node of await store.nodes()) {
    const seen = new Set();
    let cursor = '0';
    do {
      const reply = await node.call('SCAN', cursor, 'MATCH', pattern, 'COUNT', KEYS_A_STEP);
      const [next, keys] = /** @type {[string, string[]]} */ (reply);
      cursor = String(next);
      for (const key of keys) {
        if (seen.has(key)) continue;
        seen.add(key);
        yield key;
      }
    } while (cursor !== '0');
  }
}

/**
 * The keys of an index, earliest expiry first. A key may have expired although the index lists it.
 * @param {OpenStore} store
 * @param {string} index
 */
async function* listed(store, index) {
  for (let start = 0; ; start += KEYS_A_STEP) {
    const reply = await store.client.call('ZRANGE', index, start, start + KEYS_A_STEP - 1);
    const keys = /** @type {string[]} */ (reply);
    yield* keys;
    if (keys.length < KEYS_A_STEP) return;
  }
}

/**
 * Lists of at most `size` items, so that their commands share a write.
 * @template T
 * @param {AsyncIterable<T>} items
 * @param {number} size
 */
async function* inBatches(items, size) {
  /** @type {T[]} */
  let batch = [];
  for await (const item of items) {
    batch.push(item);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

module.exports = { inBatches, listed, scan };
