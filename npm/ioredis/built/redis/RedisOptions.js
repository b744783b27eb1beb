const { Redis } = require('orgcache/ioredis');

module.exports = { __esModule: true, DEFAULT_REDIS_OPTIONS: Redis.defaultOptions };
