const ioredis = require('orgcache/ioredis');

module.exports = { __esModule: true, default: ioredis.ScanStream };
