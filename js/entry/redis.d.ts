import type { RedisModule } from '../../types/redis.js';

export type * from '../../types/redis.js';
// By their names, because tools that compare types with code do not look behind a star.
export {
  config,
  connection,
  getRedisClient,
  getRedisHealth,
  health,
  initializeRedis,
  isRedisConnected,
  performHealthCheck,
  shutdownRedis,
} from '../../types/redis.js';

/**
 * The module as one object.
 * @example
 * import redis from 'orgcache/redis';
 * await redis.initializeRedis();
 */
declare const redis: RedisModule;

export default redis;
