import redis from './redis.js';

export const {
  config,
  connection,
  getRedisClient,
  getRedisHealth,
  health,
  initializeRedis,
  isRedisConnected,
  performHealthCheck,
  shutdownRedis,
} = redis;

export default redis;
