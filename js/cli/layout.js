'use strict';

const { protocol } = require('../protocol.js');

/**
 * @import { CacheManager } from '../../index.js'
 * @typedef {{ prefix: string }} Prefixed
 * @typedef {Prefixed & { cacheManager: CacheManager }} Keyed
 */

/**
 * A pattern for SCAN: everything of this cache.
 * @param {Prefixed} store
 */
function wholePattern({ prefix }) {
  return `${prefix}*`;
}

/**
 * Whether a key lists what an organization holds.
 * @param {Prefixed} store
 * @param {string} key
 */
function isIndex({ prefix }, key) {
  return key.startsWith(`${prefix}!index:`);
}

/**
 * A pattern for SCAN: every value, or those of one type. Indexes and marks begin with a `!`.
 * @param {Keyed} store
 * @param {string} [type]
 */
function valuePattern(store, type) {
  return type === undefined ? `${store.prefix}[^!]*` : `${typePrefix(store, type)}*`;
}

/**
 * How the keys of a type begin. A caller's own type is encoded as native code does it.
 * @param {Keyed} store
 * @param {string} type
 */
function typePrefix({ prefix, cacheManager }, type) {
  if (Object.hasOwn(protocol.kinds, type)) return `${prefix}${type}:`;
  const key = cacheManager.generateKey(type);
  return key.slice(0, key.lastIndexOf(':') + 1);
}

/**
 * Whether a key is one by which the others are found.
 * @param {Prefixed} store
 * @param {string} key
 */
function isInternal({ prefix }, key) {
  return key.startsWith(`${prefix}!`);
}

module.exports = { isIndex, isInternal, typePrefix, valuePattern, wholePattern };
