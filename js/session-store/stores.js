'use strict';

const { told } = require('./callback.js');
const { SessionCore } = require('./core.js');
const { baseStore } = require('./express-session.js');
const { clear, listOf, namesOf, sessionsOf } = require('./listing.js');
const { commonOf, optionsOf, placeFrom, settingsOf } = require('./options.js');

/** @import { Callback } from './callback.js' */
/** @import { Instance, Settings } from './options.js' */

/** The methods that express-session and its users call, by a callback or a promise. */
class ExpressStore extends baseStore() {
  #settings;
  #core;

  /** @param {(store: ExpressStore) => Settings} settingsFrom */
  constructor(settingsFrom) {
    super();
    this.#settings = settingsFrom(this);
    this.#core = new SessionCore(this.#settings, false);
  }

  /**
   * @param {string} id
   * @param {Callback} [callback]
   */
  get(id, callback) {
    return told(this.#core.get(id), callback);
  }

  /**
   * @param {string} id
   * @param {any} session
   * @param {Callback} [callback]
   */
  set(id, session, callback) {
    return told(this.#core.set(id, session), callback);
  }

  /**
   * @param {string} id
   * @param {any} session
   * @param {Callback} [callback]
   */
  touch(id, session, callback) {
    return told(this.#core.touch(id, session), callback);
  }

  /**
   * @param {string} id
   * @param {Callback} [callback]
   */
  destroy(id, callback) {
    return told(this.#core.destroy(id), callback);
  }

  /**
   * @param {{ limit?: number } | Callback} [optionsOrCallback]
   * @param {Callback} [callback]
   */
  all(optionsOrCallback, callback) {
    const isCallback = typeof optionsOrCallback === 'function';
    const options = isCallback ? undefined : optionsOrCallback;
    return told(listOf(this.#core, this.#settings, options), isCallback ? optionsOrCallback : callback);
  }

  /** @param {Callback} [callback] */
  ids(callback) {
    return told(
      namesOf(this.#core, this.#settings).then((names) => [...names]),
      callback,
    );
  }

  /** @param {Callback} [callback] */
  length(callback) {
    return told(
      namesOf(this.#core, this.#settings).then(({ size }) => size),
      callback,
    );
  }

  /** @param {Callback} [callback] */
  clear(callback) {
    return told(
      clear(this.#core, this.#settings).then(() => null),
      callback,
    );
  }

  [Symbol.asyncIterator]() {
    return sessionsOf(this.#core, this.#settings);
  }

  /**
   * express-session makes an object of its own of what was loaded.
   * @param {any} request
   * @param {any} session
   */
  createSession(request, session) {
    const made = super.createSession(request, session);
    this.#core.carry(session, made);
    return made;
  }
}

/** The store of `orgcache/express-session`. */
class SessionStore extends ExpressStore {
  /**
   * @param {Instance} shared
   * @param {object} [options]
   */
  constructor(shared, options = {}) {
    super(() => settingsOf(options, shared, 'SessionStore'));
  }
}

/** The store of `orgcache/connect-redis`: options, properties and keys are those of connect-redis. */
class RedisStore extends ExpressStore {
  /**
   * @param {Instance} shared
   * @param {object} [options]
   */
  constructor(shared, options = {}) {
    super((store) => redisSettings(/** @type {RedisStore} */ (store), shared, options));
    const given = optionsOf(options, 'RedisStore');
    this.client = given.client;
  }
}

/**
 * Settings that are properties of the store, which applications may set.
 * @param {any} store
 * @param {Instance} shared
 * @param {object} options
 * @returns {Settings}
 */
function redisSettings(store, shared, options) {
  const given = optionsOf(options, 'RedisStore');
  // What is null, or is 0, is what it is without the option.
  const { prefix, scanCount, serializer, ttl } = given;
  const { onConflict, touchMs, timeoutMs, ...properties } = commonOf({
    ...given,
    prefix: prefix ?? undefined,
    scanCount: scanCount || undefined,
    serializer: serializer || undefined,
    ttl: ttl || undefined,
  });
  Object.assign(store, properties, {
    disableTTL: Boolean(given.disableTTL),
    disableTouch: Boolean(given.disableTouch),
  });
  const place = placeFrom(given.client, given.instance ?? shared);
  const own = {
    commands: () => place().commands,
    keyOf: (/** @type {string} */ id) => store.prefix + id,
    isHashed: false,
    onConflict,
    touchMs,
    timeoutMs,
  };
  return Object.defineProperties(/** @type {any} */ (own), {
    start: { get: () => store.prefix },
    ...Object.fromEntries(
      ['scanCount', 'serializer', 'ttl', 'disableTTL', 'disableTouch'].map((name) => [
        name,
        { get: () => store[name] },
      ]),
    ),
  });
}

module.exports = { RedisStore, SessionStore };
