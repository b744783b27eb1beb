export * from './redis.js';

import type { RedisModule } from './redis.js';

declare const redis: RedisModule;

export default redis;
