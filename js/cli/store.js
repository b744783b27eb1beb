'use strict';

const { inForce } = require('../client/endpoint.js');
const { createInstance } = require('../instance.js');
const { optionsOf, readConfiguration, targetOf } = require('./configuration.js');

/**
 * @import { ConfigureOptions, OrgCache } from '../../index.js'
 * @import { Place, Variables } from './configuration.js'
 */

/** The longest time that a command waits for a server which is away. */
const CONNECT_TIMEOUT_MS = 5000;

/** @typedef {Store} OpenStore */

/** The data at the servers of the command line's options and the environment. Opens connections on demand. */
class Store {
  #target;
  /** @type {ConfigureOptions} */
  #options;
  #url;
  /** @type {OrgCache[]} */
  #opened = [];
  #main;

  /**
   * @param {Place} given
   * @param {Variables} [env]
   * @param {string} [database] A number.
   */
  constructor(given, env = process.env, database = undefined) {
    this.#options = optionsOf(given);
    const configuration = readConfiguration(env, this.#options);
    if (!configuration.useRedis) throw new Error('USE_REDIS is false, so there is no Redis to look into');
    this.#target = targetOf(configuration, env);
    this.#url = given.url ?? env.REDIS_URL;
    if (database !== undefined && this.#target.topology !== 'cluster') {
      this.#options = { ...this.#options, ...inDatabase(this.#url, Number(database)) };
    }
    this.prefix = configuration.keyPrefix;
    this.roomPrefix = inForce(configuration.settings.prefix) ?? '';
    this.shownPrefix = this.prefix === '' ? '(none)' : this.prefix;
    this.#main = this.#open({});
  }

  get client() {
    return this.#main.redisManager.getClient();
  }

  get cacheAdapter() {
    return this.#main.cacheAdapter;
  }

  get cacheManager() {
    return this.#main.cacheManager;
  }

  get createQueue() {
    return this.#main.createQueue;
  }

  get eraseOrganization() {
    return this.#main.eraseOrganization;
  }

  /** A client for each server that holds some of the keys. */
  async nodes() {
    if (this.#target.topology !== 'cluster') return [this.client];
    const rows = String(await this.client.call('CLUSTER', 'NODES'))
      .trim()
      .split('\n');
    const primaries = rows.map((row) => row.split(' ')).filter(([, , flags]) => /\bmaster\b/.test(flags));
    const serving = primaries.filter(([, , , , , , , , ...slots]) => slots.length > 0);
    return serving.map(([, address]) => this.#openNode(address));
  }

  /**
   * A URL with an address stands for one server alone. The login of the configured URL does not go with it.
   * @param {string} address
   */
  #openNode(address) {
    const [, host, port] = /** @type {RegExpExecArray} */ (/^\[?(.*?)\]?:(\d+)(?:@|$)/.exec(address));
    const options = { url: undefined, host, port: Number(port), tls: this.#target.usesTls || undefined };
    return this.#open({ ...options, ...loginOf(this.#url) }).redisManager.getClient();
  }

  /** @param {ConfigureOptions} options */
  #open(options) {
    const instance = createInstance();
    const connectTimeout = Math.min(this.#target.connectTimeoutMs, CONNECT_TIMEOUT_MS);
    instance.configure({ logLevel: 'off', connectTimeout, ...this.#options, ...options });
    this.#opened.push(instance);
    return instance;
  }

  async close() {
    await Promise.all(this.#opened.map((instance) => instance.shutdown({ timeoutMs: 0 })));
  }
}

/**
 * Options that win over the database that a URL names.
 * @param {string | undefined} url
 * @param {number} db
 * @returns {ConfigureOptions}
 */
function inDatabase(url, db) {
  if (!url) return { db };
  const place = new URL(url);
  place.pathname = '';
  return { url: place.href, db };
}

/** @param {string | undefined} url */
function loginOf(url) {
  if (!url) return {};
  const { username, password } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
  };
}

/**
 * Answers the result of `work`, and closes the store after it.
 * @template T
 * @param {Place} options
 * @param {(store: OpenStore) => Promise<T>} work
 */
function withStore(options, work) {
  return closing(new Store(options), work);
}

/**
 * The same where queues are: in the database of `REDIS_QUEUE_DB`, if there is one.
 * @template T
 * @param {Place} options
 * @param {(store: OpenStore) => Promise<T>} work
 * @param {Variables} [env]
 */
function withQueues(options, work, env = process.env) {
  return closing(new Store(options, env, env.REDIS_QUEUE_DB || undefined), work);
}

/**
 * @template T
 * @param {Store} store
 * @param {(store: OpenStore) => Promise<T>} work
 */
async function closing(store, work) {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

module.exports = { withQueues, withStore };
