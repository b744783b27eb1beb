'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const http = require('../http-cache/index.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { epochMs } = require('../time.js');
const { RESPONSES } = require('./organization-cache.js');

/** @import { CacheResponseOptions } from '../../types/cache-responses.js' */
/** @import { OrganizationCache } from '../../types/cache-entries.js' */
/** @import { Failure } from '../errors.js' */
/** @import { Headers } from '../http-cache/headers.js' */

/**
 * A response as it is stored.
 * @typedef {object} Stored
 * @property {number} status
 * @property {Record<string, string | readonly string[]>} headers
 * @property {Uint8Array} body
 * @property {number} madeMs Milliseconds since 1970.
 * @property {number} ttlSeconds
 */

/**
 * A request as both frameworks have it.
 * @typedef {object} Asked
 * @property {string} method
 * @property {string} url
 * @property {Headers} headers
 */

/**
 * A response that is about to be sent.
 * @typedef {object} Made
 * @property {number} status
 * @property {Headers} headers
 */

/**
 * What is to be done with a request.
 *
 * - `answer`: with what is stored
 * - `run`: the handler is asked, and `end` told what it has sent; `isStorable` says whether that is wanted
 * - `refuse`: the request wants nothing but a stored response, and there is none
 * @typedef {{ action: 'answer', stored: Stored } | { action: 'refuse' } |
 *   { action: 'run', fwd: 'bypass' | 'method' | 'request' | 'uri-miss', end?: (stored: Stored | undefined) => void }} Decision
 */

/** `key` and `org` are called with the framework's request. */
const OPTIONS = ['cache', 'key', 'org', 'tags', 'ttlSeconds', 'vary'];
/** The callers' mistakes. After other errors of the cache the handler answers. */
const MISTAKES = ['E_KEY', 'E_CONFIG', 'E_TAG'];
const { responseTtlSeconds: TTL_SECONDS, responseMaxBytes: MAX_BYTES } = protocol.limits;

/** Decides for each request what `cacheResponse` does. It knows no framework. */
class ResponseCache {
  #cache;
  #key;
  #org;
  #vary;
  #ttlSeconds;
  #tags;

  /** @param {CacheResponseOptions} options */
  constructor(options) {
    const { cache, key, org, vary = [], ttlSeconds = TTL_SECONDS, tags = [] } = checked(options);
    this.#cache = cache;
    this.#key = key;
    this.#org = org;
    this.#vary = vary;
    this.#ttlSeconds = ttlSeconds;
    this.#tags = tags;
  }

  /** The headers of requests by which responses differ. */
  get vary() {
    return this.#vary;
  }

  /**
   * @param {any} request The framework's.
   * @param {Asked} asked
   * @returns {Promise<Decision>}
   */
  async decide(request, asked) {
    const plan = http.planOf(asked);
    if (plan.mode === 'bypass') return { action: 'run', fwd: plan.reason === 'method' ? 'method' : 'bypass' };
    const entries = this.#entriesOf(request);
    const key = this.#keyOf(request, asked);
    try {
      if (asked.method === 'HEAD' || plan.onlyIfCached) {
        const stored = await entries.get(key);
        if (stored !== undefined) return { action: 'answer', stored };
        return plan.onlyIfCached ? { action: 'refuse' } : { action: 'run', fwd: 'uri-miss' };
      }
      return await this.#computed(entries, key, plan.mode === 'refresh');
    } catch (error) {
      const { code } = /** @type {Failure} */ (error);
      if (code !== undefined && MISTAKES.includes(code)) throw error;
      return { action: 'run', fwd: 'bypass' };
    }
  }

  /**
   * The stored response, or the right to run the handler. Others wait for what it sends.
   * @param {OrganizationCache<Stored>} entries
   * @param {string} key
   * @param {boolean} isForced
   * @returns {Promise<Decision>}
   */
  #computed(entries, key, isForced) {
    return new Promise((resolve, reject) => {
      let isMine = false;
      const factory = (/** @type {any} */ context) =>
        new Promise((end) => {
          isMine = true;
          resolve({
            action: 'run',
            fwd: isForced ? 'request' : 'uri-miss',
            end: (stored) => {
              if (stored === undefined) return end(context.skip(undefined));
              context.setOptions({ ttlSeconds: stored.ttlSeconds });
              end(stored);
            },
          });
        });
      // The handler of a request that has its answer cannot run in the background.
      const options = { tags: this.#tags, earlyRefresh: false, ttlSeconds: this.#ttlSeconds, jitter: 0 };
      const asked = isForced
        ? entries.refresh(key, factory, options)
        : entries.getOrSet(key, factory, options);
      asked.then((stored) => {
        if (isMine) return;
        // The response of the other request was not to be stored.
        if (stored === undefined) resolve({ action: 'run', fwd: 'uri-miss' });
        else resolve({ action: 'answer', stored });
      }, reject);
    });
  }

  /**
   * What is stored of a response, and the headers that it gets.
   * @param {Asked} asked
   * @param {Made} made
   * @param {Extract<Decision, { action: 'run' }>} decision
   */
  storabilityOf(asked, made, decision) {
    if (decision.end === undefined) return undefined;
    return http.storabilityOf({
      request: asked,
      response: made,
      ttlSeconds: this.#ttlSeconds,
      vary: this.#vary,
      isKeyed: this.#org !== undefined || this.#key !== undefined,
      nowMs: epochMs(),
    });
  }

  /** @param {any} request */
  #entriesOf(request) {
    const org = this.#org;
    const entries = org === undefined ? this.#cache.global() : this.#cache.org(org(request));
    return /** @type {any} */ (entries)[RESPONSES]();
  }

  /**
   * @param {any} request
   * @param {Asked} asked
   */
  #keyOf(request, { url, headers }) {
    const key = this.#key === undefined ? url : this.#key(request);
    if (typeof key !== 'string' || key === '') {
      throw new OrgCacheError('E_KEY', 'the option key of cacheResponse must answer a text');
    }
    const hash = createHash('sha256').update(key).update('\0').update(http.variantOf(headers, this.#vary));
    return hash.digest('base64url');
  }
}

/**
 * @param {CacheResponseOptions} options
 * @returns {CacheResponseOptions}
 */
function checked(options) {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw refused('cacheResponse() takes an object of options');
  }
  refuseUnknown(Object.keys(options), OPTIONS, 'the option');
  const { cache, key, org, vary, ttlSeconds } = options;
  if (typeof cache?.org !== 'function' || typeof cache.global !== 'function') {
    throw refused('the option cache must be a cache of createCache()');
  }
  for (const [name, value] of Object.entries({ key, org })) {
    if (value !== undefined && typeof value !== 'function') {
      throw refused(`the option ${name} must be a function`);
    }
  }
  const isList = Array.isArray(vary) && vary.every((name) => typeof name === 'string');
  if (vary !== undefined && !isList) throw refused('the option vary must be a list of names of headers');
  if (ttlSeconds !== undefined && !(typeof ttlSeconds === 'number' && ttlSeconds > 0)) {
    throw refused('the option ttlSeconds must be a number above 0');
  }
  return options;
}

/** @param {string} sentence */
function refused(sentence) {
  return new OrgCacheError('E_CONFIG', sentence);
}

module.exports = { MAX_BYTES, ResponseCache };
