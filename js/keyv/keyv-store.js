'use strict';

const { epochMs } = require('../time.js');
const { Store } = require('./store.js');

/** @import { KeyvEntry, KeyvStoreCapabilities as Capabilities, KeyvStoreOptions } from '../entry/keyv.js' */
/** @import { Instance } from './store.js' */

/** The methods that Keyv 6 looks for. All of them answer promises. */
const METHODS = [
  ...['get', 'getMany', 'has', 'hasMany', 'set', 'setMany'],
  ...['delete', 'deleteMany', 'clear', 'disconnect', 'iterator'],
];

/**
 * A store for Keyv 6, which gives the time at which a value ends. Its public type fulfils Keyv's, which declares two
 * methods of EventEmitter narrower than Node does.
 */
class KeyvStore extends Store {
  /**
   * @param {Instance} shared
   * @param {KeyvStoreOptions} [options]
   */
  constructor(shared, options) {
    super(shared, 'keyv', options);
    this.capabilities = {
      compatible: /** @type {const} */ (true),
      store: /** @type {const} */ ('keyvStorage'),
      methods: /** @type {Capabilities['methods']} */ (
        Object.fromEntries(METHODS.map((name) => [name, { exists: true, methodType: 'async' }]))
      ),
      expires: /** @type {const} */ (true),
    };
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number} [expires]
   */
  async set(key, value, expires) {
    return this.store(key, value, expires === undefined ? undefined : expires - epochMs());
  }

  /** @param {readonly KeyvEntry[]} entries */
  async setMany(entries) {
    return Promise.all(entries.map(({ key, value, expires }) => this.set(key, value, expires)));
  }

  /** @param {readonly string[]} keys */
  async deleteMany(keys) {
    return this.deleteEach(keys);
  }

  iterator() {
    return this.entries();
  }
}

module.exports = { KeyvStore };
