import orgcache from './index.js';

export const {
  cacheAdapter,
  cacheManager,
  closeRedis,
  configure,
  createConsumerGroup,
  getConnectionInfo,
  getKeyPrefix,
  getRedis,
  installSignalHandlers,
  OrgCacheError,
  prefixKey,
  RedisManager,
  redisHealthCheck,
  redisManager,
  redisMigrationManager,
  shutdown,
  unprefixKey,
  version,
} = orgcache;

export default orgcache;
