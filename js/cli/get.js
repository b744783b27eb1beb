'use strict';

const { withStore } = require('./store.js');

/**
 * @import { RedisClient } from '../../index.js'
 * @import { Run } from './arguments.js'
 * @import { OpenStore } from './store.js'
 */

/** The first byte of a compressed value. */
const COMPRESSED = 0;
/** The most members of a collection that are shown. */
const MEMBERS = 100;

/**
 * How each type other than string is read.
 * @type {Record<string, (client: RedisClient, key: string) => Promise<unknown>>}
 */
const COLLECTIONS = {
  list: (client, key) => client.call('LRANGE', key, 0, MEMBERS - 1),
  set: async (client, key) => {
    const [, members] = /** @type {unknown[]} */ (await client.call('SSCAN', key, 0, 'COUNT', MEMBERS));
    return members;
  },
  zset: (client, key) => client.call('ZRANGE', key, 0, MEMBERS - 1, 'WITHSCORES'),
  stream: (client, key) => client.call('XRANGE', key, '-', '+', 'COUNT', MEMBERS),
};

/**
 * Prints one value, decoded.
 * @param {Run} run
 */
function get({ operands: [key], json = false, url, prefix, say }) {
  return withStore({ url, prefix }, async (store) => {
    const { client } = store;
    const [type, left] = await Promise.all([client.call('TYPE', key), client.call('PTTL', key)]);
    const redisType = String(type);
    if (redisType === 'none')
      throw new Error('there is no such key; `orgcache keys` lists those that there are');
    const value = await valueOfKey(store, key, redisType);
    if (json) {
      const ttlSeconds = Number(left) < 0 ? null : Math.ceil(Number(left) / 1000);
      await say(JSON.stringify({ key, redisType, ttlSeconds, value }, null, 2));
    } else {
      await say(typeof value === 'string' ? value : JSON.stringify(value, null, 2));
    }
    return true;
  });
}

/**
 * @param {OpenStore} store
 * @param {string} key
 * @param {string} redisType
 * @returns {Promise<unknown>}
 */
async function valueOfKey(store, key, redisType) {
  if (redisType === 'string') {
    const bytes = await store.client.callBuffer('GET', key);
    return decoded(store, /** @type {Buffer} */ (bytes));
  }
  if (redisType === 'hash') return hashValue(store, key);
  if (!Object.hasOwn(COLLECTIONS, redisType))
    throw new Error(`values of the type ${redisType} are not shown`);
  return COLLECTIONS[redisType](store.client, key);
}

/**
 * @param {OpenStore} store
 * @param {string} key
 */
async function hashValue(store, key) {
  const flat = /** @type {Buffer[]} */ (await store.client.callBuffer('HGETALL', key));
  const pairs = flat.flatMap((field, index) =>
    index % 2 === 0 ? [/** @type {const} */ ([String(field), flat[index + 1]])] : [],
  );
  // A field may have any name, `__proto__` too.
  return Object.fromEntries(pairs.map(([field, bytes]) => [field, decoded(store, bytes)]));
}

/**
 * The value of this package, or the text itself if it is not one.
 * @param {OpenStore} store
 * @param {Buffer} bytes
 * @returns {unknown}
 */
function decoded({ cacheManager }, bytes) {
  const value = cacheManager.decodeValue(bytes);
  if (value !== undefined) return value;
  if (bytes[0] === COMPRESSED) throw new Error('the value is compressed and cannot be read: it is damaged');
  return bytes.toString();
}

module.exports = { get };
