'use strict';

const orgcache = require('../../index.js');
const { RateLimitService } = require('../rate-limit-service/service.js');

const rateLimitService = new RateLimitService(orgcache);

// `require(...)` and the imports of transpiled ES modules find both names.
Object.defineProperty(exports, '__esModule', { value: true });
exports.rateLimitService = rateLimitService;
exports.default = rateLimitService;
