module.exports = require('orgcache/ioredis/built/utils');
