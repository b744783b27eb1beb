'use strict';

const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { cachedValueOf, freshValueOf } = require('./compute.js');
const { verbs } = require('./engine.js');
const { foundOf } = require('./found.js');
const { keysOf } = require('./keys.js');
const { valuesOf } = require('./many.js');
const { mutate } = require('./mutate.js');
const { cacheQuery } = require('./queries.js');
const { warm } = require('./warm.js');

/** @import { CacheCallOptions, Factory, ManyFactory, MutationTargets } from '../../types/cache-entries.js' */
/** @import { OrganizationCache as Public, WarmOptions, WarmSource } from '../../types/cache-entries.js' */
/** @import { CallWith } from './entries-types.js' */

/** @typedef {InstanceType<typeof import('./scope.js').Scope>} Scope */
/** @typedef {(namespaces: readonly string[], serializer?: 'json' | 'v8') => Scope} ScopeOf */

const { details } = protocol.cache.entries;
/** The namespaces of queries and of responses. */
const QUERIES = '!query';
const RESPONSES_NAME = '!response';
/** The entries of responses. A symbol, because applications do not call it. */
const RESPONSES = Symbol('responses');

/**
 * The entries of one organization in one cache. types/cache-entries.d.ts says what each method promises.
 * @template T
 * @implements {Public<T>}
 */
class OrganizationCache {
  #scope;
  #scopeOf;
  #namespaces;
  /** @type {OrganizationCache<any> | undefined} */
  #queries;
  /** @type {OrganizationCache<any> | undefined} */
  #responses;

  /**
   * @param {ScopeOf} scopeOf
   * @param {readonly string[]} [namespaces]
   * @param {'json' | 'v8'} [serializer] That of the cache, if it is left out.
   */
  constructor(scopeOf, namespaces = [], serializer = undefined) {
    this.#scopeOf = scopeOf;
    this.#namespaces = namespaces;
    this.#scope = scopeOf(namespaces, serializer);
  }

  /**
   * A call with its options. Rejects when its signal aborts.
   * @template Answer
   * @param {CacheCallOptions | undefined} options
   * @param {(callWith: CallWith) => Promise<Answer>} start
   * @returns {Promise<Answer>}
   */
  #call(options, start) {
    try {
      const callWith = this.#scope.engine.callWith(options);
      const { signal } = callWith;
      return signal === undefined ? start(callWith) : abortable({ signal }, () => start(callWith));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * A call that computes. Its flight obeys the signal.
   * @template Answer
   * @param {CacheCallOptions | undefined} options
   * @param {unknown} factory
   * @param {(callWith: CallWith) => Promise<Answer>} start
   * @returns {Promise<Answer>}
   */
  #compute(options, factory, start) {
    try {
      const callWith = this.#scope.engine.callWith(options);
      if (typeof factory !== 'function') {
        throw new OrgCacheError('E_ARGUMENT', 'the factory must be a function');
      }
      if (callWith.signal?.aborted) return abortable({ signal: callWith.signal }, () => start(callWith));
      return start(callWith);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * @param {string} key
   * @param {CacheCallOptions} [options]
   * @returns {Promise<T | undefined>}
   */
  get(key, options) {
    return this.#call(options, (callWith) => this.#read(key, callWith, 'get'));
  }

  /**
   * @param {string} key
   * @param {CallWith} callWith
   * @param {string} operation
   */
  #read(key, callWith, operation) {
    const { entries } = this.#scope;
    const now = entries.readNow(keyOf(key), callWith);
    if (now !== undefined) return Promise.resolve(entries.answerOf(now, operation));
    return entries.read(key, callWith).then((found) => entries.answerOf(found, operation));
  }

  /**
   * @param {readonly string[]} keys
   * @param {CacheCallOptions} [options]
   * @returns {Promise<(T | undefined)[]>}
   */
  getMany(keys, options) {
    return this.#call(options, (callWith) =>
      Promise.all(listOf(keys, 'the keys').map((key) => this.#read(key, callWith, 'getMany'))),
    );
  }

  /**
   * @param {string} key
   * @param {CacheCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  has(key, options) {
    return this.#call(options, (callWith) => this.#scope.entries.has(keyOf(key), callWith));
  }

  /**
   * @param {string} key
   * @returns {T | undefined}
   */
  peek(key) {
    const { entries } = this.#scope;
    const found = entries.peekNow(keyOf(key));
    return found?.isFresh ? entries.answerOf(found, 'peek') : undefined;
  }

  /**
   * @template {T | undefined} R
   * @param {string} key
   * @param {Factory<T, R>} factory
   * @param {CacheCallOptions} [options]
   * @returns {Promise<R>}
   */
  getOrSet(key, factory, options) {
    return this.#compute(options, factory, (callWith) =>
      cachedValueOf({ scope: this.#scope, key: keyOf(key), factory, callWith }),
    );
  }

  /**
   * @param {readonly string[]} keys
   * @param {ManyFactory<T>} factory
   * @param {CacheCallOptions} [options]
   * @returns {Promise<Map<string, T>>}
   */
  getOrSetMany(keys, factory, options) {
    return this.#compute(options, factory, (callWith) => {
      const each = [...new Set(listOf(keys, 'the keys').map(keyOf))];
      return valuesOf({ scope: this.#scope, factory, callWith }, each);
    });
  }

  /**
   * @template {T | undefined} R
   * @param {string} key
   * @param {Factory<T, R>} factory
   * @param {CacheCallOptions} [options]
   * @returns {Promise<R>}
   */
  refresh(key, factory, options) {
    return this.#compute(options, factory, (callWith) =>
      freshValueOf({ scope: this.#scope, key: keyOf(key), factory, callWith }),
    );
  }

  /**
   * @param {string} key
   * @param {T} value
   * @param {CacheCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  set(key, value, options) {
    return this.#call(options, (callWith) => this.#write(key, value, callWith));
  }

  /**
   * @param {string} key
   * @param {T} value
   * @param {CallWith} callWith
   * @returns {Promise<boolean>}
   */
  #write(key, value, { text }) {
    const { entries } = this.#scope;
    if (value === undefined) {
      throw new OrgCacheError(
        'E_SERIALIZE',
        'undefined means that nothing is cached; give null, or delete the key',
      );
    }
    const payload = entries.encode(value);
    this.#scope.changes(keyOf(key));
    return entries.call(verbs.entrySet, [key, payload, text]);
  }

  /**
   * @param {Iterable<readonly [string, T]>} given
   * @param {CacheCallOptions} [options]
   * @returns {Promise<boolean[]>}
   */
  setMany(given, options) {
    return this.#call(options, (callWith) =>
      Promise.all(pairsOf(given).map(([key, value]) => this.#write(key, value, callWith))),
    );
  }

  /**
   * @param {string} key
   * @param {number} verb
   * @returns {Promise<any>}
   */
  #change(key, verb) {
    this.#scope.changes(keyOf(key));
    return this.#scope.entries.call(verb, [key]);
  }

  /**
   * @param {string} key
   * @param {CacheCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  delete(key, options) {
    return this.#call(options, () => this.#change(key, verbs.entryDelete));
  }

  /**
   * @param {readonly string[]} keys
   * @param {CacheCallOptions} [options]
   * @returns {Promise<number>}
   */
  deleteMany(keys, options) {
    return this.#call(options, async () => {
      const each = [...new Set(listOf(keys, 'the keys').map(keyOf))];
      const deleted = await Promise.all(each.map((key) => this.#change(key, verbs.entryDelete)));
      return deleted.filter(Boolean).length;
    });
  }

  /**
   * @param {string} key
   * @param {CacheCallOptions} [options]
   * @returns {Promise<T | undefined>}
   */
  pull(key, options) {
    return this.#call(options, async () => {
      const { entries } = this.#scope;
      return entries.answerOf(foundOf(await this.#change(key, verbs.entryPull)), 'pull');
    });
  }

  /**
   * @param {string} key
   * @param {CacheCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  expire(key, options) {
    return this.#call(options, () => this.#change(key, verbs.entryExpire));
  }

  /**
   * @param {readonly string[]} tags
   * @param {CacheCallOptions} [options]
   * @returns {Promise<void>}
   */
  invalidateTags(tags, options) {
    return this.#tagsChange(tags, options, 0);
  }

  /**
   * @param {readonly string[]} tags
   * @param {CacheCallOptions} [options]
   * @returns {Promise<void>}
   */
  expireTags(tags, options) {
    return this.#tagsChange(tags, options, details.soft);
  }

  /**
   * @param {readonly string[]} tags
   * @param {CacheCallOptions | undefined} options
   * @param {number} detail
   * @returns {Promise<void>}
   */
  #tagsChange(tags, options, detail) {
    return this.#call(options, async () => {
      const names = listOf(tags, 'the tags');
      if (names.length === 0) return;
      this.#scope.changesAll();
      await this.#scope.entries.call(verbs.entryTags, names, detail);
    });
  }

  /**
   * @template R
   * @param {MutationTargets} what
   * @param {() => Promise<R>} change
   * @returns {Promise<R>}
   */
  mutate(what, change) {
    return mutate(this.#scope, what, change);
  }

  /**
   * @param {CacheCallOptions} [options]
   * @returns {Promise<{ entries: number }>}
   */
  clear(options) {
    return this.#call(options, async () => {
      this.#scope.changesAll();
      return { entries: Number(await this.#scope.entries.call(verbs.entryClear, [])) };
    });
  }

  /** @returns {AsyncIterableIterator<string>} */
  keys() {
    return keysOf(this.#scope.entries);
  }

  /**
   * @param {string} name
   * @returns {OrganizationCache<T>}
   */
  namespace(name) {
    return new OrganizationCache(this.#scopeOf, [...this.#namespaces, name]);
  }

  /**
   * @template R
   * @param {string} sql
   * @param {readonly unknown[]} params
   * @param {() => Promise<R>} fetch
   * @param {CacheCallOptions & { tables: readonly string[] }} options
   * @returns {Promise<R>}
   */
  cacheQuery(sql, params, fetch, options) {
    this.#queries ??= this.#ofBytes(QUERIES);
    const { engine, tables } = this.#scope;
    const parts = { queries: this.#queries, tables: tables(), tags: engine.normalized.tags };
    return cacheQuery(parts, { sql, params, fetch, options });
  }

  [RESPONSES]() {
    this.#responses ??= this.#ofBytes(RESPONSES_NAME);
    return this.#responses;
  }

  /**
   * A namespace whose values may hold what JSON has not.
   * @param {string} name
   * @returns {OrganizationCache<any>}
   */
  #ofBytes(name) {
    return new OrganizationCache(this.#scopeOf, [...this.#namespaces, name], 'v8');
  }

  /**
   * @param {WarmSource<T>} source
   * @param {WarmOptions<T>} [options]
   */
  warm(source, options) {
    return warm(this, source, options ?? {}, (given) => this.#scope.engine.callWith(given));
  }
}

/** @param {unknown} key */
function keyOf(key) {
  if (typeof key === 'string') return key;
  throw new OrgCacheError('E_KEY', 'the key must be a text');
}

/**
 * @param {unknown} given
 * @param {string} what
 * @returns {any[]}
 */
function listOf(given, what) {
  if (Array.isArray(given)) return given;
  throw new OrgCacheError('E_ARGUMENT', `${what} must be a list`);
}

/**
 * @param {any} given
 * @returns {[unknown: any, value: any][]}
 */
function pairsOf(given) {
  const pairs = given?.[Symbol.iterator] === undefined ? undefined : [...given];
  if (pairs?.every((pair) => Array.isArray(pair) && pair.length === 2)) return pairs;
  throw new OrgCacheError('E_ARGUMENT', 'the entries must be a Map, or a list of [key, value]');
}

module.exports = { OrganizationCache, RESPONSES };
