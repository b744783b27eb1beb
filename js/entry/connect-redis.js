'use strict';

const orgcache = require('../../index.js');
const stores = require('../session-store/stores.js');

/** @import { RedisStoreOptions } from './connect-redis.js' */

exports.RedisStore = class RedisStore extends stores.RedisStore {
  /** @param {RedisStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};
