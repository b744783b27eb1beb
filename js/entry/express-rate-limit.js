'use strict';

const orgcache = require('../../index.js');
const stores = require('../limit-store/express-store.js');

/** @import { LimitStoreOptions } from './express-rate-limit.js' */

exports.LimitStore = class LimitStore extends stores.LimitStore {
  /** @param {LimitStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};
