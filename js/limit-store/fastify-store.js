'use strict';

const { createHash, createHmac } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { told } = require('../session-store/callback.js');
const { placeFrom } = require('../session-store/options.js');
const { scriptOf } = require('../session-store/scripts.js');
const { UNREACHED, checkedInstance, namespaceOf, secretOf } = require('./counting.js');
const COUNT = scriptOf(require('./scripts/count-exceeding.lua.js'), countHere);

/** @import { Limiter } from '../../index.js' */
/** @import { Callback } from '../session-store/callback.js' */
/** @import { Instance } from './counting.js' */

/**
 * What the plugin tells a store, and each route its child.
 * @typedef {object} Rule
 * @property {boolean} [continueExceeding]
 * @property {boolean} [exponentialBackoff]
 * @property {{ method?: unknown, url?: unknown }} [routeInfo]
 */
/** @typedef {{ current: number, ttl: number }} Count */

const OPTIONS = ['instance', 'namespace', 'secret'];
const ROOM = 'fastify-rate-limit';
const HASH_CHARACTERS = 22;
/** Windows that are kept, since a function may choose another one with each call. */
const MOST_LIMITERS = 200;
/** A longer window is no lifetime of Redis. It is 30,000 years. */
const MOST_WINDOW = 2 ** 50;

/** What the stores of all routes share. */
class Counters {
  #instance;
  #place;
  #secret;
  #namespace;
  /**
   * By the window, the one that was used last at the end.
   * @type {Map<number, Limiter>}
   */
  #limiters = new Map();
  /**
   * @param {Instance} shared
   * @param {object} options
   */
  constructor(shared, options) {
    refuseUnknown(Object.keys(options), OPTIONS, 'the option');
    const { instance = shared, namespace = '', secret } = /** @type {Record<string, any>} */ (options);
    if (typeof namespace !== 'string') {
      throw new OrgCacheError('E_CONFIG', 'the option namespace must be a text');
    }
    this.#instance = checkedInstance(instance);
    this.#place = placeFrom(undefined, instance);
    this.#secret = secretOf(secret);
    this.#namespace = namespaceOf(ROOM, namespace);
  }

  /** @param {number} windowMs */
  limiterOf(windowMs) {
    const limiter = this.#limiters.get(windowMs) ?? this.#open(windowMs);
    this.#limiters.delete(windowMs);
    this.#limiters.set(windowMs, limiter);
    return limiter;
  }

  /** @param {number} windowMs */
  #open(windowMs) {
    const [oldest] = this.#limiters;
    if (this.#limiters.size >= MOST_LIMITERS && oldest !== undefined) {
      this.#limiters.delete(oldest[0]);
      oldest[1].close();
    }
    // A window of milliseconds stands beside the options that applications have.
    const policy = /** @type {any} */ ({ limit: UNREACHED, windowMs, algorithm: 'fixed' });
    return this.#instance.createLimiter({
      policies: { [policyOf(windowMs)]: policy },
      namespace: this.#namespace,
      ...(this.#secret === undefined ? {} : { secret: this.#secret }),
    });
  }

  get commands() {
    return this.#place().commands;
  }

  /**
   * The key of a counter outside of the limiter. No identifier is in it.
   * @param {string} id
   */
  keyOf(id) {
    const hash = this.#secret === undefined ? createHash('sha256') : createHmac('sha256', this.#secret);
    const letters = hash.update(id).digest('base64url').slice(0, HASH_CHARACTERS);
    return `${this.#place().prefix}${this.#namespace}:${letters}`;
  }
}

/** A store of @fastify/rate-limit, which counts refused calls too. */
class LimitStore {
  #counters;
  #route;
  #isExceeding;
  #doubles;

  /**
   * @param {InstanceType<typeof Counters>} counters
   * @param {Rule} [rule]
   * @param {string} [route]
   */
  constructor(counters, { continueExceeding = false, exponentialBackoff = false } = {}, route = '') {
    this.#counters = counters;
    this.#route = route;
    // As in the plugin's own stores, the first of the two counts where both are set.
    this.#doubles = exponentialBackoff && !continueExceeding;
    this.#isExceeding = continueExceeding || exponentialBackoff;
  }

  /**
   * Counts a call.
   * @param {string} key
   * @param {Callback} callback
   * @param {number} timeWindow In ms.
   * @param {number} max
   */
  incr(key, callback, timeWindow, max) {
    const counted = this.#isExceeding
      ? this.#countExceeding(key, timeWindow, max)
      : this.#count(key, timeWindow);
    told(counted, callback);
  }

  /**
   * @param {string} key
   * @param {number} timeWindow
   * @returns {Promise<Count>}
   */
  async #count(key, timeWindow) {
    const windowMs = windowOf(timeWindow);
    const check = { policy: policyOf(windowMs), kind: 'user', id: this.#route + key };
    const { remaining, resetMs } = await this.#counters.limiterOf(windowMs).consume(check);
    return { current: UNREACHED - remaining, ttl: resetMs };
  }

  /**
   * @param {string} key
   * @param {number} timeWindow
   * @param {number} max
   * @returns {Promise<Count>}
   */
  async #countExceeding(key, timeWindow, max) {
    const name = this.#counters.keyOf(this.#route + key);
    const args = [windowOf(timeWindow, Number.MAX_SAFE_INTEGER), max, this.#doubles ? 1 : 0];
    const [current, ttl] = await this.#counters.commands.run(COUNT, [name], args);
    return { current, ttl };
  }

  /**
   * What counts now. Counts nothing.
   * @param {string} key
   * @param {Callback} callback
   * @param {number} timeWindow In ms.
   */
  read(key, callback, timeWindow) {
    told(this.#isExceeding ? this.#readExceeding(key) : this.#peek(key, timeWindow), callback);
  }

  /**
   * @param {string} key
   * @param {number} timeWindow
   * @returns {Promise<Count>}
   */
  async #peek(key, timeWindow) {
    const windowMs = windowOf(timeWindow);
    const check = { policy: policyOf(windowMs), kind: 'user', id: this.#route + key };
    const { remaining, resetMs } = await this.#counters.limiterOf(windowMs).peek(check);
    const current = UNREACHED - remaining;
    return { current, ttl: current === 0 ? 0 : resetMs };
  }

  /**
   * @param {string} key
   * @returns {Promise<Count>}
   */
  async #readExceeding(key) {
    const [text, leftMs] = await this.#counters.commands.read(this.#counters.keyOf(this.#route + key));
    return text === null ? { current: 0, ttl: 0 } : { current: Number(text), ttl: Math.max(0, leftMs) };
  }

  /**
   * The store of a route. Its keys are others.
   * @param {Rule} rule
   */
  child(rule) {
    const { method, url } = rule.routeInfo ?? {};
    return new LimitStore(this.#counters, rule, `${this.#route}${method}${url}-`);
  }
}

/**
 * What the script does, on this process's memory.
 * @type {import('../session-store/scripts.js').Here}
 */
function countHere(texts, [key], [window, most, doubles]) {
  const left = texts.leftMs(key);
  const calls = Number(texts.get(key) ?? 0) + 1;
  if (left > 0 && calls <= Number(most)) {
    texts.set(key, String(calls), left);
    return [calls, left];
  }
  const times = Number(doubles) === 1 && calls > Number(most) ? 2 ** (calls - Number(most) - 1) : 1;
  const ms = Math.min(Number(window) * times, Number.MAX_SAFE_INTEGER);
  texts.set(key, String(calls), Math.min(ms, MOST_WINDOW));
  return [calls, ms];
}

/** @param {number} windowMs */
function policyOf(windowMs) {
  return `fixed.${windowMs}`;
}

/**
 * @param {unknown} timeWindow
 * @param {number} most
 */
function windowOf(timeWindow, most = MOST_WINDOW) {
  const windowMs = Math.trunc(Number(timeWindow));
  if (windowMs >= 0) return Math.min(Math.max(1, windowMs), most);
  throw new OrgCacheError('E_CONFIG', 'timeWindow must be a number of milliseconds, 0 or more');
}

/**
 * The class that the plugin makes its store of. `LimitStore.with(options)` answers one with options.
 * @param {Instance} shared
 * @param {object} [options]
 */
function limitStoreClass(shared, options = {}) {
  /** @type {InstanceType<typeof Counters> | undefined} */
  let counters;
  return class extends LimitStore {
    /** @param {Rule} [rule] */
    constructor(rule) {
      counters ??= new Counters(shared, options);
      super(counters, rule);
    }

    /**
     * @param {object} given
     * @returns {any}
     */
    static with(given) {
      return limitStoreClass(shared, given);
    }
  };
}

module.exports = { limitStoreClass };
