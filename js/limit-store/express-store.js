'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { unlinkKeys } = require('../many-keys.js');
const { applicationMs } = require('../time.js');
const { UNREACHED, checkedInstance, namespaceOf, secretOf } = require('./counting.js');

/** @import { Check, Decision, Limiter, Policy } from '../../index.js' */
/** @import { Instance } from './counting.js' */

/** @typedef {{ limiter: Limiter, policy: string, limit: number, windowMs: number }} Counter */

const OPTIONS = ['algorithm', 'decisionMs', 'instance', 'onRedisDown', 'prefix', 'secret'];
const ROOM = 'express-rate-limit';
const PREFIX = 'rl';
/** The middleware's own store has such windows, and its headers tell of them. */
const ALGORITHM = 'fixed';
/** Those that count calls in a window. */
const ALGORITHMS = [ALGORITHM, 'sliding', 'log', 'gcra'];
/** Keys of a page of SCAN. They are removed in one command. */
const PAGE = 500;
/** Limit times window, up to which an algorithm other than `fixed` counts. */
const MOST_SLIDING = 2 ** 51;
const SPECIAL = /[*?[\]\\]/g;

/** A store of express-rate-limit over the package's limiter. */
class LimitStore {
  #instance;
  #options;
  /** @type {Counter | undefined} */
  #counter;
  /** The keys are in Redis, so that all processes share them. */
  localKeys = false;
  prefix;

  /**
   * @param {Instance} shared The instance, unless options name another.
   * @param {object} [options]
   */
  constructor(shared, options = {}) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OrgCacheError('E_CONFIG', 'a LimitStore takes an object of options');
    }
    refuseUnknown(Object.keys(options), OPTIONS, 'the option');
    const given = /** @type {Record<string, any>} */ (options);
    const { instance = shared, prefix = PREFIX, secret, ...more } = given;
    if (typeof prefix !== 'string') throw new OrgCacheError('E_CONFIG', 'the option prefix must be a text');
    if (more.algorithm !== undefined && !ALGORITHMS.includes(more.algorithm)) {
      throw new OrgCacheError('E_CONFIG', `the option algorithm must be one of ${ALGORITHMS.join(', ')}`);
    }
    this.#instance = checkedInstance(instance);
    this.#options = /** @type {Record<string, any>} */ ({ ...more, secret: secretOf(secret) });
    this.prefix = prefix;
  }

  /**
   * The middleware calls it with its own options.
   * @param {{ windowMs: number, limit?: unknown, skipFailedRequests?: boolean, skipSuccessfulRequests?: boolean }} options
   */
  init(options) {
    const { windowMs } = options;
    if (!(Number.isSafeInteger(windowMs) && windowMs > 0)) {
      throw new OrgCacheError('E_CONFIG', 'windowMs must be a whole number of milliseconds, 1 or more');
    }
    const limit = limitOf(options);
    const isCounted = limit === undefined;
    const algorithm = isCounted ? ALGORITHM : (this.#options.algorithm ?? ALGORITHM);
    const name = `${algorithm}.${windowMs}`;
    // A window of milliseconds stands beside the options that applications have.
    const policy = /** @type {any} */ ({ limit: limit ?? UNREACHED, windowMs, algorithm });
    if (this.#options.onRedisDown !== undefined) policy.onRedisDown = this.#options.onRedisDown;
    const previous = this.#counter?.limiter;
    this.#counter = {
      limiter: this.#open(name, policy),
      policy: name,
      limit: policy.limit,
      windowMs,
    };
    previous?.close();
  }

  /**
   * @param {string} name
   * @param {Policy} policy
   */
  #open(name, policy) {
    const { secret, decisionMs } = this.#options;
    return this.#instance.createLimiter({
      policies: { [name]: policy },
      namespace: namespaceOf(ROOM, this.prefix),
      ...(secret === undefined ? {} : { secret }),
      ...(decisionMs === undefined ? {} : { decisionMs }),
    });
  }

  /** @returns {Counter} */
  get #opened() {
    if (this.#counter !== undefined) return this.#counter;
    throw notOpened();
  }

  /**
   * @param {string} policy
   * @param {string} key
   * @returns {Check}
   */
  #check(policy, key) {
    return { policy, kind: 'user', id: key };
  }

  /**
   * Counts a call. More hits than the limit mean that it is refused.
   * @param {string} key
   */
  increment(key) {
    const counter = this.#counter;
    if (counter === undefined) return Promise.reject(notOpened());
    return counter.limiter.consume(this.#check(counter.policy, key)).then(hitsOf);
  }

  /**
   * What counts now; undefined if nothing does.
   * @param {string} key
   */
  async get(key) {
    const { limiter, policy, limit } = this.#opened;
    const { remaining, resetMs } = await limiter.peek(this.#check(policy, key));
    if (remaining >= limit) return undefined;
    return { totalHits: limit - remaining, resetTime: timeIn(resetMs) };
  }

  /**
   * Gives back one call. Nothing falls below 0.
   * @param {string} key
   */
  async decrement(key) {
    const { limiter, policy } = this.#opened;
    await limiter.refund(this.#check(policy, key));
  }

  /** @param {string} key */
  async resetKey(key) {
    const { limiter, policy } = this.#opened;
    await limiter.reset(this.#check(policy, key));
  }

  /** Forgets every key of the store's prefix. */
  async resetAll() {
    const counter = this.#opened;
    const { limiter, policy, limit, windowMs } = counter;
    const [rule] = Object.values(limiter.policies());
    const { algorithm, onRedisDown } = rule;
    // A new limiter remembers no refusal, and has counted nothing in this process.
    const next = /** @type {any} */ ({ limit, windowMs, algorithm, onRedisDown });
    this.#counter = { ...counter, limiter: this.#open(policy, next) };
    await limiter.close();
    if (this.#instance.cacheAdapter.useRedis) await this.#unlinkAll();
  }

  async #unlinkAll() {
    const { redisManager } = this.#instance;
    const client = redisManager.getClient();
    const start = `${redisManager.config.prefix}!limit:${namespaceOf(ROOM, this.prefix)}:`;
    for await (const keys of client.scanStream({
      match: `${start.replace(SPECIAL, '\\$&')}*`,
      count: PAGE,
    })) {
      if (keys.length > 0) await unlinkKeys(client, keys);
    }
  }

  /** Ends the store. The connection is that of the instance, which ends with it. */
  async shutdown() {
    await this.#counter?.limiter.close();
  }
}

/**
 * The limit that the limiter can decide by; undefined where all calls have to be counted, and the middleware decides. It
 * does so by a function, or gives back calls by their outcome, those that it has refused among them.
 * @param {{ windowMs: number, limit?: unknown, skipFailedRequests?: boolean, skipSuccessfulRequests?: boolean }} options
 */
function limitOf({ windowMs, limit, skipFailedRequests, skipSuccessfulRequests }) {
  if (skipFailedRequests || skipSuccessfulRequests) return undefined;
  if (typeof limit !== 'number' || !(limit >= 0)) return undefined;
  const whole = Math.floor(limit);
  return whole * windowMs <= MOST_SLIDING ? whole : undefined;
}

/**
 * Called with every decision, so it is no closure.
 * @param {Decision} decision
 */
function hitsOf({ allowed, limit, remaining, resetMs, retryAfterMs }) {
  if (allowed) return { totalHits: Math.max(1, limit - remaining), resetTime: timeIn(resetMs) };
  return { totalHits: limit + 1, resetTime: timeIn(retryAfterMs ?? resetMs) };
}

function notOpened() {
  return new OrgCacheError(
    'E_CONFIG',
    'the store counts once init() has been called with windowMs and limit',
  );
}

/** @param {number} ms By the clock with which the middleware compares it, which tests may set. */
function timeIn(ms) {
  return new Date(applicationMs() + ms);
}

module.exports = { LimitStore };
