const { MaxRetriesPerRequestError } = require('orgcache/ioredis');

module.exports = { __esModule: true, MaxRetriesPerRequestError };
