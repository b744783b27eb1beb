const { AbstractConnector } = require('orgcache/ioredis');

module.exports = { __esModule: true, AbstractConnector };
