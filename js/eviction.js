'use strict';

/** @import { RedisClient } from '../index.js' */

/**
 * Warns if the server may evict keys. If it is away or refuses INFO, nothing is said here; `npx orgcache doctor` asks
 * again.
 * @param {RedisClient} client
 * @param {(message: string) => void} warn
 * @param {(policy: string) => string} sentence
 */
async function warnOfEviction(client, warn, sentence) {
  let info;
  try {
    info = await client.info('memory');
  } catch {
    return;
  }
  const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
  const isBounded = Number(/^maxmemory:(\d+)/m.exec(info)?.[1] ?? 0) > 0;
  if (isBounded && policy !== 'noeviction') warn(sentence(policy));
}

module.exports = { warnOfEviction };
