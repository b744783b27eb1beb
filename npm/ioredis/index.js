module.exports = require('orgcache/ioredis');
