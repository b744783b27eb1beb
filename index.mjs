import orgcache from './index.js';

export const {
  cacheAdapter,
  cacheManager,
  configure,
  installSignalHandlers,
  OrgCacheError,
  redisManager,
  redisMigrationManager,
  shutdown,
  version,
} = orgcache;

export default orgcache;
