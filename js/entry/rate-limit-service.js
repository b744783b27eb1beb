'use strict';

const orgcache = require('../../index.js');
const { RateLimitService } = require('../rate-limit-service/service.js');

const rateLimitService = new RateLimitService(orgcache);

// `require(...)` and the imports of transpiled ES modules find both names.
module.exports = Object.defineProperty({ rateLimitService, default: rateLimitService }, '__esModule', {
  value: true,
});
