import stores from './connect-redis.js';

export const { RedisStore } = stores;
