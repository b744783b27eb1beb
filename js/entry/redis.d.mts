export * from './redis.js';

import type { RedisModule } from '../../types/redis.js';

/**
 * The module as one object.
 * @example
 * import redis from 'orgcache/redis';
 * await redis.initializeRedis();
 */
declare const redis: RedisModule;

export default redis;
