'use strict';

const orgcache = require('../../index.js');
const { CacheService } = require('../cache-service/service.js');

const cacheService = new CacheService(orgcache);

// `require(...)` and the imports of transpiled ES modules find both names.
Object.defineProperty(exports, '__esModule', { value: true });
exports.cacheService = cacheService;
exports.default = cacheService;
