// Made by scripts/surface.mjs.

import orgcache from './index.js';

export const {
  cacheAdapter,
  cacheManager,
  closeRedis,
  configure,
  cacheResponse,
  createCache,
  invalidateTables,
  withQueryCache,
  createClient,
  createConsumerGroup,
  createInstance,
  createLimiter,
  createSessions,
  createTopics,
  eraseOrganization,
  getConnectionInfo,
  getKeyPrefix,
  getRedis,
  installSignalHandlers,
  metrics,
  OrgCacheError,
  prefixKey,
  ready,
  readyPolicies,
  RedisManager,
  redisHealthCheck,
  redisManager,
  redisMigrationManager,
  reset,
  shutdown,
  topic,
  unprefixKey,
  version,
} = orgcache;

export default orgcache;
