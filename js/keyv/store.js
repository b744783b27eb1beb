'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('../errors.js');
const { unlinkKeys, valuesOfKeys } = require('../many-keys.js');
const { refuseUnknown } = require('../options.js');
const { away, promptClientOf } = require('../prompt-client.js');

/** @import { OrgCache, RedisClient } from '../../index.js' */
/** @import { KeyvStoreOptions } from '../entry/keyv.js' */

/** @typedef {Pick<OrgCache, 'cacheAdapter' | 'redisManager'>} Instance */

const OPTIONS = ['instance', 'namespace'];
/** Keys of a page of SCAN. They are read or removed in one command. */
const PAGE = 500;
/** Characters with a meaning in patterns of SCAN. */
const SPECIAL = /[*?[\]\\]/g;
/** Errors of calls that Redis did not answer. */
const AWAY = ['E_CLOSED', 'E_CONNECT', 'E_OVERLOADED', 'E_TIMEOUT', 'E_UNKNOWN_OUTCOME'];

/**
 * What both stores have in common. Reads answer that there is nothing while Redis is away. Writes reject, and Keyv
 * reports that.
 */
class Store extends EventEmitter {
  #instance;
  #client;
  #room;
  /** @type {{ client: RedisClient, prefix: string } | undefined} */
  #known;
  /** @type {string | undefined} */
  namespace;

  /**
   * @param {Instance} shared The instance, unless options name another.
   * @param {string} room The part of keys that separates the two stores.
   * @param {KeyvStoreOptions} [options]
   */
  constructor(shared, room, options = {}) {
    super();
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OrgCacheError('E_CONFIG', 'a store of Keyv takes an object of options');
    }
    refuseUnknown(Object.keys(options), OPTIONS, 'the option');
    const { instance = shared, namespace } = options;
    if (typeof instance?.redisManager?.getClient !== 'function') {
      throw new OrgCacheError('E_CONFIG', 'the option instance must be an answer of createInstance()');
    }
    if (namespace !== undefined && typeof namespace !== 'string') {
      throw new OrgCacheError('E_CONFIG', 'the option namespace must be a text');
    }
    this.#instance = instance;
    this.#client = promptClientOf(instance);
    this.#room = room;
    this.namespace = namespace;
  }

  /** The package's prefix, which is another one after `reset()`. */
  get #prefix() {
    const { redisManager } = this.#instance;
    const client = redisManager.getClient();
    if (this.#known?.client !== client) this.#known = { client, prefix: String(redisManager.config.prefix) };
    return this.#known.prefix;
  }

  /** The start of all keys of the namespace, which the name of no other namespace can continue. */
  #start() {
    const prefix = this.#prefix;
    return `${prefix}${this.#room}:${encodeURIComponent(Buffer.from(this.namespace ?? '').toString())}:`;
  }

  /** @param {unknown} key */
  #keyOf(key) {
    if (typeof key === 'string' && key !== '') return this.#start() + key;
    throw new OrgCacheError('E_KEY', 'a key of Keyv must be a text that is not empty');
  }

  /**
   * @template Reply
   * @param {(client: RedisClient) => Promise<Reply>} call
   * @returns {Promise<Reply>}
   */
  async #write(call) {
    const client = await this.#client.reach();
    if (client === undefined) throw away();
    return this.#client.ask(call(client));
  }

  /**
   * @template Reply, Nothing
   * @param {(client: RedisClient) => Promise<Reply>} call
   * @param {Nothing} nothing
   * @returns {Promise<Reply | Nothing>}
   */
  async #read(call, nothing) {
    try {
      return await this.#write(call);
    } catch (error) {
      if (error instanceof OrgCacheError && AWAY.includes(error.code)) return nothing;
      throw error;
    }
  }

  /**
   * @param {string} key
   * @returns {Promise<any>}
   */
  async get(key) {
    const name = this.#keyOf(key);
    return (await this.#read((client) => client.get(name), null)) ?? undefined;
  }

  /**
   * @param {readonly string[]} keys
   * @returns {Promise<any[]>}
   */
  async getMany(keys) {
    const names = keys.map((key) => this.#keyOf(key));
    if (names.length === 0) return [];
    const nothing = names.map(() => null);
    const texts = await this.#read((client) => valuesOfKeys(client, names), nothing);
    return texts.map((text) => text ?? undefined);
  }

  /** @param {string} key */
  async has(key) {
    const name = this.#keyOf(key);
    return (await this.#read((client) => client.exists(name), 0)) > 0;
  }

  /** @param {readonly string[]} keys */
  async hasMany(keys) {
    return Promise.all(keys.map((key) => this.has(key)));
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {number | undefined} lifetime In milliseconds.
   */
  async store(key, value, lifetime) {
    const name = this.#keyOf(key);
    if (typeof value !== 'string') {
      const sentence = 'Keyv gave a value that is no text; leave its serialization on';
      throw new OrgCacheError('E_SERIALIZE', sentence);
    }
    if (lifetime === undefined) return (await this.#write((client) => client.set(name, value))) === 'OK';
    // Redis has no lifetimes below a millisecond. What ended before it was written is removed.
    if (!(lifetime > 0)) await this.#write((client) => client.unlink(name));
    else await this.#write((client) => client.set(name, value, 'PX', Math.ceil(lifetime)));
    return true;
  }

  /** @param {string} key */
  async delete(key) {
    const name = this.#keyOf(key);
    return (await this.#write((client) => client.unlink(name))) > 0;
  }

  /**
   * Which keys there were.
   * @param {readonly string[]} keys
   */
  async deleteEach(keys) {
    return Promise.all(keys.map((key) => this.delete(key)));
  }

  /** Removes the keys of the namespace; keys of no namespace, if it has none. */
  async clear() {
    for await (const names of this.#pages()) {
      if (names.length > 0) await this.#write((client) => unlinkKeys(client, names));
    }
  }

  /** The connection is that of the instance, which ends with it. */
  async disconnect() {}

  /**
   * Keys and values of the namespace, page by page.
   * @returns {AsyncGenerator<[key: string, value: any], void>}
   */
  async *entries() {
    const { length } = this.#start();
    for await (const names of this.#pages()) {
      if (names.length === 0) continue;
      const values = await this.#write((client) => valuesOfKeys(client, names));
      for (const [index, value] of values.entries()) {
        if (value !== null) yield [names[index].slice(length), value];
      }
    }
  }

  /** @returns {AsyncGenerator<string[], void>} */
  async *#pages() {
    const match = `${this.#start().replace(SPECIAL, '\\$&')}*`;
    const client = await this.#client.reach();
    if (client === undefined) throw away();
    const pages = client.scanStream({ match, count: PAGE });
    const next = pages[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { done, value } = await this.#client.ask(next.next());
        if (done) return;
        yield value;
      }
    } finally {
      pages.destroy();
    }
  }
}

module.exports = { Store };
