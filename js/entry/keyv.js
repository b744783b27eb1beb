'use strict';

const orgcache = require('../../index.js');
const keyv = require('../keyv/keyv-store.js');
const keyv5 = require('../keyv/keyv5-store.js');

/** @import { KeyvStoreOptions } from './keyv.js' */

exports.KeyvStore = class KeyvStore extends keyv.KeyvStore {
  /** @param {KeyvStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};

exports.Keyv5Store = class Keyv5Store extends keyv5.Keyv5Store {
  /** @param {KeyvStoreOptions} [options] */
  constructor(options) {
    super(orgcache, options);
  }
};
