import orgcache from './index.js';

export const {
  cacheAdapter,
  cacheManager,
  configure,
  createConsumerGroup,
  installSignalHandlers,
  OrgCacheError,
  redisManager,
  redisMigrationManager,
  shutdown,
  version,
} = orgcache;

export default orgcache;
