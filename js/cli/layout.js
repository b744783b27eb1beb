'use strict';

const { protocol } = require('../protocol.js');

/**
 * @import { CacheManager } from '../../index.js'
 * @typedef {{ prefix: string }} Prefixed
 * @typedef {Prefixed & { cacheManager: CacheManager }} Keyed
 */

/**
 * The SCAN pattern of everything in this cache.
 * @param {Prefixed} store
 */
function wholePattern({ prefix }) {
  return `${prefix}*`;
}

/**
 * Whether a key is the index of an organization.
 * @param {Prefixed} store
 * @param {string} key
 */
function isIndex({ prefix }, key) {
  return key.startsWith(`${prefix}!index:`);
}

/**
 * The SCAN pattern of all values, or of those of one type. Indexes and marks begin with a `!`.
 * @param {Keyed} store
 * @param {string} [type]
 */
function valuePattern(store, type) {
  return type === undefined ? `${store.prefix}[^!]*` : `${typePrefix(store, type)}*`;
}

/**
 * The prefix of the keys of a type. A caller's own type is encoded as in native code.
 * @param {Keyed} store
 * @param {string} type
 */
function typePrefix({ prefix, cacheManager }, type) {
  if (Object.hasOwn(protocol.kinds, type)) return `${prefix}${type}:`;
  const key = cacheManager.generateKey(type);
  return key.slice(0, key.lastIndexOf(':') + 1);
}

/**
 * Whether a key is internal: an index or a mark.
 * @param {Prefixed} store
 * @param {string} key
 */
function isInternal({ prefix }, key) {
  return key.startsWith(`${prefix}!`);
}

module.exports = { isIndex, isInternal, typePrefix, valuePattern, wholePattern };
