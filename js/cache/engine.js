'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText, refuseUnknown, signalOf } = require('../options.js');
const { head, protocol } = require('../protocol.js');
const { toJson } = require('../cache-calls.js');

/** @import { CacheOptions } from '../../types/cache-entries.js' */
/** @import { CallTimes, CallWith, Normalized, Opened } from './entries-types.js' */
/** @import { OwnOptions } from './factory.js' */

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

const verbs = protocol.verbs.cache;
const READ = head(verbs.entryGet, 0, 4);
const { client: native } = loadNative();
/** Numbers of different options of calls that are kept. Most applications have a few. */
const KEPT_OPTIONS = 1000;
const CALL_OPTIONS = [...protocol.cache.entries.callOptions, 'signal'];
/** What a factory may set. */
const OWN_OPTIONS = ['ttlSeconds', 'graceSeconds', 'tags', 'meta'];

/** The native side of one cache: opened with the first call, and again if the client is another one. */
class Engine {
  #bridge;
  #options;
  /** @type {number | undefined} */
  #client;
  #cache = 0;
  /** @type {CallWith} */
  #defaults;
  /** @type {Map<string, CallTimes>} */
  #known = new Map();

  /**
   * @param {Bridge} bridge
   * @param {object} options Those of `entryOpen`.
   * @param {Normalized} normalized
   * @param {string} path
   */
  constructor(bridge, options, normalized, path) {
    this.#bridge = bridge;
    this.#options = options;
    this.normalized = normalized;
    /** Tells caches of different names and namespaces apart. */
    this.path = path;
    this.#defaults = { given: {}, text: undefined, times: normalized, signal: undefined };
  }

  /** Whether this process has the entries. */
  get isEmbedded() {
    return this.#bridge.isEmbedded;
  }

  /** The cache's number. Opens the client and the cache if necessary. */
  open() {
    const client = this.#bridge.open();
    if (client === this.#client) return this.#cache;
    const text = native.answer(client, head(verbs.entryOpen, 0, 1), optionsText(this.#options));
    /** @type {Opened} */
    const opened = JSON.parse(/** @type {string} */ (text));
    this.#cache = opened.cache;
    this.#client = client;
    return this.#cache;
  }

  /**
   * The options of a call. Throws for those that are not allowed.
   * @param {object | undefined} options
   * @returns {CallWith}
   */
  callWith(options) {
    if (options === undefined) return this.#defaults;
    const signal = signalOf(options, CALL_OPTIONS);
    const { signal: _own, ...given } = /** @type {Record<string, unknown>} */ (options);
    const text = optionsText(given);
    if (text === '{}') return { ...this.#defaults, signal };
    return { given, text, times: this.#timesOf(text), signal };
  }

  /**
   * Options with those that a factory has set. Its tags are in addition.
   * @param {CallWith} callWith
   * @param {OwnOptions | undefined} own
   */
  mergedText({ given, text }, own) {
    if (own === undefined) return text;
    const { meta, tags, ...others } = own;
    /** @type {Record<string, unknown>} */
    const merged = { ...given, ...others };
    if (tags !== undefined) {
      const before = given.tags ?? this.normalized.tags;
      merged.tags = Array.isArray(tags) ? [...new Set([.../** @type {string[]} */ (before), ...tags])] : tags;
    }
    if (meta !== undefined) merged.meta = toJson(meta);
    return optionsText(merged);
  }

  /**
   * Throws for options of a factory that are not allowed.
   * @param {unknown} own
   * @param {CallWith} callWith
   */
  checkOwn(own, callWith) {
    if (typeof own !== 'object' || own === null || Array.isArray(own)) {
      throw new OrgCacheError('E_CONFIG', 'setOptions() takes an object of options');
    }
    refuseUnknown(Object.keys(own), OWN_OPTIONS, 'the option');
    this.#ask(/** @type {string} */ (this.mergedText(callWith, own)));
  }

  /**
   * @param {string} text
   * @returns {CallTimes}
   */
  #timesOf(text) {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const times = this.#ask(text);
    if (this.#known.size >= KEPT_OPTIONS) this.#known.clear();
    this.#known.set(text, times);
    return times;
  }

  /**
   * @param {string} text
   * @returns {CallTimes}
   */
  #ask(text) {
    const cache = this.open();
    const whole = native.answer(this.#bridge.open(), head(verbs.entryOptions, 0, 2), cache, text);
    return { ...this.normalized, ...JSON.parse(/** @type {string} */ (whole)) };
  }

  /**
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values The first one becomes the cache's number.
   * @returns {Promise<any>}
   */
  call(verb, detail, values) {
    const bridge = this.#bridge;
    if (bridge.isClosed) return Promise.reject(new OrgCacheError('E_CLOSED', 'the cache was shut down'));
    try {
      values[0] = this.open();
      const word = head(verb, detail, values.length);
      if (!bridge.isEmbedded) return bridge.call(word, values);
      return Promise.resolve(native.answer(bridge.open(), word, ...values));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * A read that the memory of this process answers at once; undefined where Redis has the entries.
   * @param {string | undefined} organization
   * @param {string} key
   * @param {string | undefined} text The options of the call.
   * @returns {any}
   */
  readNow(organization, key, text) {
    const bridge = this.#bridge;
    const cache = this.open();
    if (!bridge.isEmbedded) return undefined;
    return native.answer(bridge.open(), READ, cache, organization, key, text);
  }

  /** A stored value could not be read. */
  noteDamage() {
    if (this.#bridge.client !== undefined) native.corruptValue(this.#bridge.client);
  }
}

/**
 * The options with all defaults. Throws `E_CONFIG` for a value that is not allowed. Starts nothing.
 * @param {CacheOptions} options
 * @returns {Normalized}
 */
function normalized(options) {
  const text = optionsText(options);
  return JSON.parse(
    /** @type {string} */ (loadNative().alone(makeError, head(verbs.entryNormalize, 0, 1), text)),
  );
}

module.exports = { Engine, normalized, verbs };
