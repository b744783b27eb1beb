'use strict';

const orgcache = require('../../index.js');
const { QueueService } = require('../queue-service/service.js');

const queueService = new QueueService(orgcache);

// `require(...)` and the imports of transpiled ES modules find both names.
Object.defineProperty(exports, '__esModule', { value: true });
exports.queueService = queueService;
exports.default = queueService;
