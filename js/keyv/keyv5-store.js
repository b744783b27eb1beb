'use strict';

const { Store } = require('./store.js');

/** @import { Keyv5Store as Public, KeyvStoreOptions } from '../entry/keyv.js' */
/** @import { Instance } from './store.js' */

/**
 * A store for Keyv 5, which gives a lifetime, and keys that begin with the namespace unless its option `useKeyPrefix`
 * is false.
 * @implements {Public}
 */
class Keyv5Store extends Store {
  /** Keyv 5 iterates over stores of dialects that it knows. */
  opts = { dialect: 'redis', url: '' };

  /**
   * @param {Instance} shared
   * @param {KeyvStoreOptions} [options]
   */
  constructor(shared, options) {
    super(shared, 'keyv5', options);
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number} [ttl]
   */
  async set(key, value, ttl) {
    return this.store(key, value, ttl);
  }

  /** @param {readonly string[]} keys */
  async deleteMany(keys) {
    return (await this.deleteEach(keys)).some(Boolean);
  }

  /** The namespace that Keyv gives is the store's. */
  iterator() {
    return this.entries();
  }
}

module.exports = { Keyv5Store };
