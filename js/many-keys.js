'use strict';

/** @import { RedisClient } from '../index.js' */

/**
 * The values of keys, in their order. In a cluster keys are in different slots, so each has a command of its own. The
 * commands of one tick cross together.
 * @param {RedisClient} client
 * @param {string[]} keys
 * @returns {Promise<(string | null)[]>}
 */
function valuesOfKeys(client, keys) {
  return client.isCluster ? Promise.all(keys.map((key) => client.get(key))) : client.mget(keys);
}

/**
 * Removes keys without blocking the server. Answers how many there were.
 * @param {RedisClient} client
 * @param {string[]} keys
 * @returns {Promise<number>}
 */
async function unlinkKeys(client, keys) {
  if (!client.isCluster) return client.unlink(keys);
  const removed = await Promise.all(keys.map((key) => client.unlink(key)));
  return removed.reduce((sum, count) => sum + count, 0);
}

module.exports = { unlinkKeys, valuesOfKeys };
