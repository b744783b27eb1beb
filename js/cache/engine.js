'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText, refuseUnknown, signalOf } = require('../options.js');
const { head, protocol } = require('../protocol.js');
const { delay } = require('../time.js');
const { toJson } = require('../cache-calls.js');

/** @import { CacheOptions } from '../../types/cache-entries.js' */
/** @import { CallTimes, CallWith, Normalized, Opened } from './entries-types.js' */
/** @import { OwnOptions } from './factory.js' */

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */
/** @typedef {InstanceType<typeof import('./lease-waits.js').LeaseWaits>} LeaseWaits */

const verbs = protocol.verbs.cache;
const READ_ARGUMENTS = 4;
const READ_AND_KEEP = head(verbs.entryGet, protocol.cache.entries.details.facts, READ_ARGUMENTS + 1);
const READ = head(verbs.entryGet, 0, READ_ARGUMENTS);
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
  /**
   * Where native code says whether copies are asked for first; null if there are none.
   * @type {number | null}
   */
  #nearPlace = null;
  /** @type {CallWith} */
  #defaults;
  /** @type {Map<string, CallTimes>} */
  #known = new Map();
  #waits;

  /**
   * @param {{ bridge: Bridge, waits: LeaseWaits }} parts
   * @param {object} options Those of `entryOpen`.
   * @param {Normalized} normalized
   * @param {string} path
   */
  constructor({ bridge, waits }, options, normalized, path) {
    this.#bridge = bridge;
    this.#waits = waits;
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
    this.#nearPlace = opened.nearPlace;
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
   * A call that changes no entry.
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values The first one becomes the cache's number.
   * @returns {Promise<any>}
   */
  read(verb, detail, values) {
    const bridge = this.#bridge;
    if (bridge.isClosed || bridge.isEmbedded) return this.call(verb, detail, values);
    try {
      values[0] = this.open();
      return bridge.read(head(verb, detail, values.length), values);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * What the memory of this process answers to a read at once: all there is, or a copy. Undefined if Redis must be asked,
   * which reads that find few copies do without looking for one.
   * @param {string | undefined} organization
   * @param {string} key
   * @param {string | undefined} text The options of the call.
   * @param {number} [detail]
   * @returns {any}
   */
  readNow(organization, key, text, detail = 0) {
    const bridge = this.#bridge;
    const cache = this.open();
    const word = detail === 0 ? READ : head(verbs.entryGet, detail, READ_ARGUMENTS);
    if (bridge.isEmbedded) return native.answer(bridge.open(), word, cache, organization, key, text);
    if (this.#nearPlace === null || !bridge.asksNear(this.#nearPlace)) return undefined;
    return native.nearGet(bridge.open(), word, cache, organization, key, text);
  }

  /**
   * The same, which always looks for a copy, and makes own writes of this tick known first.
   * @param {string | undefined} organization
   * @param {string} key
   * @returns {any}
   */
  peekNow(organization, key) {
    const bridge = this.#bridge;
    const cache = this.open();
    if (bridge.isEmbedded) return native.answer(bridge.open(), READ, cache, organization, key, undefined);
    if (this.#nearPlace === null) return undefined;
    bridge.submitWrites();
    return native.nearGet(bridge.open(), READ, cache, organization, key, undefined);
  }

  /**
   * What a copy answers to a caller that keeps values: all parts, and what must stay as it is for the copy to answer
   * again. Undefined if there is none, null if nothing was asked: all entries are in this process, or few reads find copies.
   * @param {string | undefined} organization
   * @param {string} key
   * @param {object} how
   * @param {string | undefined} [how.text] The options of the call.
   * @param {boolean} [how.isPeek] Whether it always looks for a copy.
   * @param {number} how.reads Reads that the caller has answered itself since it was told last.
   * @returns {any[] | null | undefined}
   */
  copyNow(organization, key, { text, isPeek, reads }) {
    const bridge = this.#bridge;
    const cache = this.open();
    if (bridge.isEmbedded || this.#nearPlace === null) return null;
    if (isPeek) bridge.submitWrites();
    else if (!bridge.asksNear(this.#nearPlace)) return null;
    return native.nearGet(bridge.open(), READ_AND_KEEP, cache, organization, key, text, reads);
  }

  /**
   * A number whose lower 32 bits change if the entry, or a tag that is known beforehand, may have changed. From 2^32 on, all
   * changes of other processes are among these. Undefined without copies.
   * @param {string | undefined} organization
   * @param {string} key
   * @param {string | undefined} text
   */
  version(organization, key, text) {
    const cache = this.open();
    if (this.#bridge.isEmbedded) return undefined;
    return native.nearVersion(this.#bridge.open(), READ, cache, organization, key, text);
  }

  /**
   * Waits until another process's lease has changed, or it is time to ask for it again.
   * @param {string | undefined} organization
   * @param {string} key
   * @param {object} times
   * @param {number} times.waitMs After which it is time, if nobody would tell of the change.
   * @param {number} times.askAgainMs The same if somebody tells.
   * @param {number} times.leftMs The maximum.
   * @returns {Promise<void>}
   */
  leaseChange(organization, key, { waitMs, askAgainMs, leftMs }) {
    const bridge = this.#bridge;
    if (!bridge.isEmbedded && !bridge.isClosed) {
      const wait = native.awaitLease(bridge.open(), READ, this.open(), organization, key, undefined);
      if (wait !== undefined) return this.#waits.until(wait, Math.min(leftMs, askAgainMs));
    }
    return delay(Math.min(leftMs, waitMs));
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
