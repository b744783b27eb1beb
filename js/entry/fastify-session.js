'use strict';

const orgcache = require('../../index.js');
const stores = require('../session-store/fastify-store.js');

/** @import { SessionStoreOptions } from './fastify-session.js' */

exports.SessionStore = class SessionStore extends stores.SessionStore {
  /** @param {SessionStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};
