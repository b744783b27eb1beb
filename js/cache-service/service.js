'use strict';

const { toJson } = require('../cache-calls.js');
const { OrgCacheError } = require('../errors.js');
const { unlinkKeys, valuesOfKeys } = require('../many-keys.js');
const { refuseUnknown } = require('../options.js');
const { PromptClient } = require('../prompt-client.js');
const { Flights } = require('./flights.js');
const { KEYS, apiKey, keyOf, keysOf, queryKey } = require('./keys.js');
const { memoryOf, valuesOf } = require('./info.js');

/** @import { OrgCache, RedisClient } from '../../index.js' */
/** @import { CacheService as Public, CacheServiceOptions } from '../entry/cacheService.js' */

/** The service has no options, so the number of its database is a variable. */
const DATABASE_VARIABLE = 'REDIS_CACHE_DB';
/** Lifetimes in seconds. */
const TTL = { DEFAULT: 300, USER_PROFILES: 1800, API_RESPONSES: 60 };
/** Of a lifetime: what a number of milliseconds in Redis can be, and ten years. */
const LIFETIMES = { least: 0.001, most: 315_360_000 };
const OPTIONS = ['serialize', 'ttl'];
/** Keys of a page of SCAN. They are removed in one command. */
const PAGE = 500;
/** Characters that make a pattern of a key. */
const WILDCARD = /[*?[\\]/;

/**
 * A call on the client, and what the service answers where Redis is away and where the call fails.
 * @template Reply, Away, Failed
 * @typedef {{ call: (client: RedisClient) => Promise<Reply>, away: Away, failed: Failed }} Asked
 */

/**
 * The cache service of servers that were written with this one over ioredis: its names, arguments, results and keys.
 * @implements {Public}
 */
class CacheService {
  #connection;
  #flights = new Flights();
  #stats = noStats();

  /** @param {Pick<OrgCache, 'cacheAdapter' | 'redisManager'>} orgcache */
  constructor(orgcache) {
    this.#connection = new PromptClient(orgcache, () => process.env[DATABASE_VARIABLE]);
  }

  /**
   * @template Reply, Away, Failed
   * @param {Asked<Reply, Away, Failed>} asked
   * @returns {Promise<Reply | Away | Failed>}
   */
  async #ask({ call, away, failed }) {
    const client = await this.#connection.reach();
    if (client === undefined) return away;
    try {
      return await this.#connection.ask(call(client));
    } catch {
      return failed;
    }
  }

  /**
   * The value of a key in an object; undefined if there is none.
   * @param {string} key
   */
  async #read(key) {
    const text = await this.#ask({ call: (client) => client.get(key), away: undefined, failed: null });
    if (text === undefined) return undefined;
    this.#count(text);
    return text === null ? undefined : { value: parsed(text) };
  }

  /** @param {string | null} text */
  #count(text) {
    if (text === null) this.#stats.misses += 1;
    else this.#stats.hits += 1;
  }

  /** @param {string} key */
  async get(key) {
    return (await this.#read(keyOf(key)))?.value ?? null;
  }

  /**
   * @param {string} key
   * @param {unknown} value
   * @param {CacheServiceOptions} [options]
   */
  async set(key, value, options) {
    const [name, text, lifetime] = [keyOf(key), textOf(value, options), lifetimeOf(options)];
    this.#flights.forget([name]);
    return this.#write(name, text, lifetime);
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {number} lifetime In milliseconds.
   */
  async #write(key, text, lifetime) {
    const call = (/** @type {RedisClient} */ client) => client.set(key, text, 'PX', lifetime);
    const reply = await this.#ask({ call, away: null, failed: null });
    if (reply !== 'OK') return false;
    this.#stats.sets += 1;
    return true;
  }

  /** @param {string} key */
  async delete(key) {
    return (await this.#remove([keyOf(key)])) > 0;
  }

  /** @param {readonly string[]} keys */
  async deleteMany(keys) {
    return this.#remove(keysOf(keys));
  }

  /** @param {string[]} keys */
  async #remove(keys) {
    this.#flights.forget(keys);
    let removed = 0;
    for (let from = 0; from < keys.length; from += PAGE) {
      const page = keys.slice(from, from + PAGE);
      removed += await this.#ask({ call: (client) => unlinkKeys(client, page), away: 0, failed: 0 });
    }
    this.#stats.deletes += removed;
    return removed;
  }

  /** @param {string} key */
  async exists(key) {
    const name = keyOf(key);
    return (await this.#ask({ call: (client) => client.exists(name), away: 0, failed: 0 })) > 0;
  }

  /** @param {readonly string[]} keys */
  async mget(keys) {
    const names = keysOf(keys);
    if (names.length === 0) return [];
    const failed = names.map(() => null);
    const texts = await this.#ask({ call: (client) => valuesOfKeys(client, names), away: [], failed });
    for (const text of texts) this.#count(text);
    return texts.map((text) => (text === null ? null : parsed(text)));
  }

  /**
   * @param {Record<string, unknown>} entries
   * @param {CacheServiceOptions} [options]
   */
  async mset(entries, options) {
    if (typeof entries !== 'object' || entries === null || Array.isArray(entries)) {
      throw new OrgCacheError('E_ARGUMENT', 'mset() takes an object with a value for each key');
    }
    const lifetime = lifetimeOf(options);
    const texts = Object.entries(entries).map(
      ([key, value]) => /** @type {const} */ ([keyOf(key), textOf(value, options)]),
    );
    this.#flights.forget(texts.map(([key]) => key));
    const stored = await Promise.all(texts.map(([key, text]) => this.#write(key, text, lifetime)));
    return stored.every(Boolean);
  }

  /**
   * @param {string} query
   * @param {readonly unknown[]} params
   * @param {() => unknown} fetch
   * @param {CacheServiceOptions} [options]
   */
  async cacheQuery(query, params, fetch, options) {
    const [key, lifetime] = [queryKey(query, params ?? []), lifetimeOf(options)];
    if (typeof fetch !== 'function') {
      throw new OrgCacheError('E_ARGUMENT', 'the third argument of cacheQuery() must be a function');
    }
    const found = await this.#read(key);
    if (found !== undefined) return found.value;
    return this.#flights.join(key, async (flight) => {
      const value = await fetch();
      const text = textIfAny(value, options);
      if (text !== undefined && flight.isCurrent) await this.#write(key, text, lifetime);
      return value;
    });
  }

  /** @param {string} pattern */
  async invalidatePattern(pattern) {
    const match = keyOf(pattern, 'the pattern');
    if (!WILDCARD.test(match)) return this.#remove([match]);
    this.#flights.forgetAll();
    const client = await this.#connection.reach();
    if (client === undefined) return 0;
    let removed = 0;
    const pages = client.scanStream({ match, count: PAGE });
    try {
      const next = pages[Symbol.asyncIterator]();
      for (;;) {
        const { done, value } = await this.#connection.ask(next.next());
        if (done) return removed;
        removed += await this.#remove(value);
      }
    } catch {
      return removed;
    } finally {
      pages.destroy();
    }
  }

  /** @param {string} id */
  async invalidateUser(id) {
    const user = keyOf(id, 'the id');
    return this.#remove([KEYS.userProfile(user), KEYS.userBalance(user), KEYS.session(user)]);
  }

  /** @param {string} id */
  async invalidateItem(id) {
    return this.#remove([KEYS.item(keyOf(id, 'the id'))]);
  }

  async clearAll() {
    this.#flights.forgetAll();
    const call = (/** @type {RedisClient} */ client) =>
      Promise.all(client.nodes('master').map((node) => node.flushdb('ASYNC')));
    const isDone = (await this.#ask({ call, away: null, failed: null })) !== null;
    if (isDone) this.resetStats();
    return isDone;
  }

  getStats() {
    const { hits, misses, sets, deletes } = this.#stats;
    const reads = hits + misses;
    return { hits, misses, sets, deletes, hitRatio: reads === 0 ? 0 : hits / reads };
  }

  resetStats() {
    this.#stats = noStats();
  }

  async getMemoryUsage() {
    return memoryOf(await this.getInfo());
  }

  async getInfo() {
    return valuesOf(await this.#ask({ call: (client) => client.info(), away: '', failed: '' }));
  }

  async healthCheck() {
    const info = await this.getInfo();
    const connected = Object.keys(info).length > 0;
    /** @type {'healthy' | 'unhealthy'} */
    const status = connected ? 'healthy' : 'unhealthy';
    return { status, connected, memoryUsage: memoryOf(info), stats: this.getStats() };
  }

  /**
   * @param {string} id
   * @param {unknown} profile
   */
  async cacheUserProfile(id, profile) {
    return this.set(KEYS.userProfile(keyOf(id, 'the id')), profile, { ttl: TTL.USER_PROFILES });
  }

  /** @param {string} id */
  async getCachedUserProfile(id) {
    return this.get(KEYS.userProfile(keyOf(id, 'the id')));
  }

  /**
   * @param {string} id
   * @param {number} balance
   */
  async cacheUserBalance(id, balance) {
    return this.set(KEYS.userBalance(keyOf(id, 'the id')), balance);
  }

  /** @param {string} id */
  async getCachedUserBalance(id) {
    return this.get(KEYS.userBalance(keyOf(id, 'the id')));
  }

  /**
   * @param {string} endpoint
   * @param {unknown} params
   * @param {unknown} response
   */
  async cacheApiResponse(endpoint, params, response) {
    return this.set(apiKey(endpoint, params), response, { ttl: TTL.API_RESPONSES });
  }

  /**
   * @param {string} endpoint
   * @param {unknown} params
   */
  async getCachedApiResponse(endpoint, params) {
    return this.get(apiKey(endpoint, params));
  }
}

function noStats() {
  return { hits: 0, misses: 0, sets: 0, deletes: 0 };
}

/**
 * A text that is no JSON was stored with `serialize: false`.
 * @param {string} text
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/**
 * @param {unknown} value
 * @param {CacheServiceOptions} [options]
 */
function textOf(value, options) {
  const isText = typeof value === 'string' || typeof value === 'number';
  if (optionsOf(options).serialize !== false) return toJson(value);
  if (isText) return String(value);
  throw new OrgCacheError('E_SERIALIZE', 'with serialize: false the value must be a text or a number');
}

/**
 * The text of a query's result; undefined if it has none.
 * @param {unknown} value
 * @param {CacheServiceOptions} [options]
 */
function textIfAny(value, options) {
  try {
    return textOf(value, options);
  } catch {
    return undefined;
  }
}

/**
 * Milliseconds.
 * @param {CacheServiceOptions} [options]
 */
function lifetimeOf(options) {
  const { ttl = TTL.DEFAULT } = optionsOf(options);
  if (typeof ttl === 'number' && ttl >= LIFETIMES.least && ttl <= LIFETIMES.most)
    return Math.round(1000 * ttl);
  throw new OrgCacheError(
    'E_ARGUMENT',
    `the option ttl must be a number of seconds from ${LIFETIMES.least} to ${LIFETIMES.most}`,
  );
}

/**
 * @param {unknown} options
 * @returns {CacheServiceOptions}
 */
function optionsOf(options) {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw new OrgCacheError('E_CONFIG', 'the options must be an object, e.g. { ttl: 60 }');
  }
  refuseUnknown(Object.keys(options), OPTIONS, 'the option');
  const { serialize } = /** @type {CacheServiceOptions} */ (options);
  if (serialize === undefined || typeof serialize === 'boolean') return options;
  throw new OrgCacheError('E_ARGUMENT', 'the option serialize must be true or false');
}

module.exports = { CacheService };
