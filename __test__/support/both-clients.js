'use strict';

const Redis = require('ioredis');
const { onEnd } = require('./cleanup');
const { openPackage } = require('./package');

/** The package's client and that of ioredis, with the same prefix or none, on databases 0 and 1 of one server. */
async function bothClients(redis, { keyPrefix = '', driver = 'auto' } = {}) {
  const orgcache = openPackage({ url: redis.url, driver, clientKeyPrefix: keyPrefix });
  const ours = await orgcache.getRedis();
  const theirs = new Redis(`${redis.url}/1`, { keyPrefix });
  // The last that a connection of theirs says, so that it is gone before the server is.
  onEnd(() => theirs.disconnect());
  return { orgcache, ours, theirs };
}

/** The result of a call, without differences in wording: an error is its first word. */
async function outcome(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: (error.redisCode ?? error.message).split(' ')[0] };
  }
}

module.exports = { bothClients, outcome };
