'use strict';

const orgcache = require('../../index.js');
const stores = require('../session-store/stores.js');

/** @import { SessionStoreOptions } from './express-session.js' */

exports.SessionStore = class SessionStore extends stores.SessionStore {
  /** @param {SessionStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};
