'use strict';

const { OrgCacheError } = require('./errors.js');
const { protocol } = require('./protocol.js');
const { clearTimeout, setTimeout } = require('./time.js');

/** @import { OrgCache, RedisClient } from '../index.js' */

/** Events of a client after which calls under way are not waited for. */
const LOSSES = /** @type {const} */ (['close', 'end', 'reconnecting']);
const OUTCOMES = /** @type {const} */ (['ready', ...LOSSES]);

/** The client without a prefix, for callers that must not wait while Redis is away. */
class PromptClient {
  #orgcache;
  #database;
  /**
   * The client of the cache when this connection was made of it.
   * @type {RedisClient | undefined}
   */
  #original;
  /** @type {RedisClient | undefined} */
  #client;
  /** @type {Promise<void> | undefined} */
  #firstAttempt;
  /**
   * Functions that end the calls under way.
   * @type {Set<() => void>}
   */
  #underWay = new Set();

  /**
   * @param {Pick<OrgCache, 'cacheAdapter' | 'redisManager'>} orgcache
   * @param {() => unknown} [database] Answers the number of its database, if that may be another one.
   */
  constructor(orgcache, database = () => undefined) {
    this.#orgcache = orgcache;
    this.#database = database;
  }

  /**
   * The client, if Redis is there. Only calls during the first attempt to connect wait for it.
   * @returns {Promise<RedisClient | undefined>}
   */
  async reach() {
    if (!this.#orgcache.cacheAdapter.useRedis) return undefined;
    const client = this.#current();
    if (client.status !== 'ready') {
      this.#firstAttempt ??= attempted(client);
      await this.#firstAttempt;
    }
    return client.status === 'ready' ? client : undefined;
  }

  /** @returns {RedisClient} */
  #current() {
    const original = this.#orgcache.redisManager.getClient();
    if (this.#client !== undefined && this.#original === original) return this.#client;
    const client = inDatabase(original, this.#database());
    for (const event of LOSSES) client.on(event, this.#lose);
    this.#original = original;
    this.#client = client;
    this.#firstAttempt = undefined;
    return client;
  }

  #lose = () => {
    for (const lose of this.#underWay) lose();
    this.#underWay.clear();
  };

  /**
   * Rejects when the call fails, and as soon as the connection is lost.
   * @template Reply
   * @param {Promise<Reply>} call
   * @returns {Promise<Reply>}
   */
  ask(call) {
    return new Promise((resolve, reject) => {
      const lose = () => reject(lost());
      this.#underWay.add(lose);
      call.then(resolve, reject).finally(() => this.#underWay.delete(lose));
    });
  }
}

/**
 * The client itself, unless another database than its own is asked for.
 * @param {RedisClient} original
 * @param {unknown} database
 */
function inDatabase(original, database) {
  if (database === undefined || database === '' || Number(database) === original.options.db) return original;
  return original.duplicate({ db: /** @type {any} */ (database), keyPrefix: '' });
}

/**
 * Resolves when the first attempt to connect has ended, or has lasted too long.
 * @param {RedisClient} client
 * @returns {Promise<void>}
 */
function attempted(client) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => end(), protocol.limits.knownWithinMs);
    const end = () => {
      clearTimeout(timer);
      for (const event of OUTCOMES) client.off(event, end);
      resolve();
    };
    for (const event of OUTCOMES) client.on(event, end);
    client.connect().then(end, end);
  });
}

/** @type {WeakMap<object, PromptClient>} */
const shared = new WeakMap();

/**
 * The one that all callers of an instance share, so that its client has few listeners.
 * @param {Pick<OrgCache, 'cacheAdapter' | 'redisManager'>} orgcache
 */
function promptClientOf(orgcache) {
  const known = shared.get(orgcache) ?? new PromptClient(orgcache);
  shared.set(orgcache, known);
  return known;
}

/** The error of a call while Redis is away. */
function away() {
  return new OrgCacheError('E_CONNECT', 'Redis is away', { retryable: true });
}

function lost() {
  return new OrgCacheError('E_UNKNOWN_OUTCOME', 'the connection was lost; the command may have run');
}

module.exports = { PromptClient, away, promptClientOf };
