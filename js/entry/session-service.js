'use strict';

const orgcache = require('../../index.js');
const { SessionService } = require('../session-service/service.js');

/** @import { SessionServiceOptions } from './session-service.js' */

const sessionService = new SessionService(orgcache);

// `require(...)` and the imports of transpiled ES modules find all names.
Object.defineProperty(exports, '__esModule', { value: true });
exports.createSessionService = (/** @type {SessionServiceOptions | undefined} */ options) =>
  new SessionService(orgcache, options);
exports.sessionService = sessionService;
exports.default = sessionService;
