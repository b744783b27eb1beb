'use strict';

const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { commandsOf } = require('./clients.js');
const { hashOf } = require('./keys.js');
const { commandsHere } = require('./memory.js');

/** @import { OrgCache } from '../../index.js' */
/** @import { Commands } from './clients.js' */

/** @typedef {Pick<OrgCache, 'redisManager'>} Instance */
/** @typedef {{ parse: (text: string) => any, stringify: (session: any) => string }} Serializer */
/** @typedef {'merge' | 'overwrite' | 'error'} OnConflict */

/**
 * What a store's calls go by. Those of connect-redis are properties that applications may set.
 * @typedef {object} Settings
 * @property {() => Commands} commands
 * @property {(id: string) => string} keyOf
 * @property {string} start How all keys of the store begin.
 * @property {boolean} isHashed
 * @property {number} scanCount
 * @property {Serializer} serializer
 * @property {number | ((session: any) => number)} ttl In seconds.
 * @property {boolean} disableTTL
 * @property {boolean} disableTouch
 * @property {OnConflict} onConflict
 * @property {number} touchMs
 * @property {number} timeoutMs
 */

const { storeTimeoutMs, storeTouchSeconds, storeTtlSeconds } = protocol.limits;
const MS_A_SECOND = 1000;
const PREFIX = 'sess:';
const SCAN_COUNT = 100;
const ON_CONFLICT = ['merge', 'overwrite', 'error'];
const LAYOUTS = ['hashed', 'plain'];
const OPTIONS = [
  ...['client', 'instance', 'layout', 'onConflict', 'prefix', 'scanCount', 'serializer'],
  ...['timeoutMs', 'touchSeconds', 'ttl'],
];

/**
 * @param {unknown} given
 * @param {string} store
 * @returns {Record<string, any>}
 */
function optionsOf(given, store) {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) return given;
  throw new OrgCacheError('E_CONFIG', `a ${store} takes an object of options`);
}

/**
 * The options that all stores have, checked.
 * @param {Record<string, any>} given
 */
function commonOf(given) {
  const {
    prefix = PREFIX,
    scanCount = SCAN_COUNT,
    serializer = JSON,
    ttl = storeTtlSeconds,
    onConflict = 'merge',
    touchSeconds = storeTouchSeconds,
    timeoutMs = storeTimeoutMs,
  } = given;
  const wrong = (/** @type {string} */ option, /** @type {string} */ allowed) => {
    throw new OrgCacheError('E_CONFIG', `the option ${option} must be ${allowed}`);
  };
  if (typeof prefix !== 'string') wrong('prefix', 'a text');
  if (!(Number.isSafeInteger(scanCount) && scanCount > 0)) wrong('scanCount', 'a whole number, 1 or more');
  if (typeof serializer?.parse !== 'function' || typeof serializer.stringify !== 'function') {
    wrong('serializer', 'an object with the functions parse and stringify');
  }
  if (typeof ttl !== 'function' && !(Number.isFinite(ttl) && ttl > 0)) {
    wrong('ttl', 'a number of seconds above 0, or a function that answers one');
  }
  if (!ON_CONFLICT.includes(onConflict)) wrong('onConflict', "'merge', 'overwrite' or 'error'");
  if (!(Number.isFinite(touchSeconds) && touchSeconds >= 0)) wrong('touchSeconds', 'a number, 0 or more');
  if (!(Number.isFinite(timeoutMs) && timeoutMs > 0)) wrong('timeoutMs', 'a number of milliseconds above 0');
  return { prefix, scanCount, serializer, ttl, onConflict, touchMs: touchSeconds * MS_A_SECOND, timeoutMs };
}

/**
 * Where a store's sessions are: the commands of a client, and what the package puts before all keys of its own
 * connection.
 * @typedef {{ commands: Commands, prefix: string }} Place
 */

/**
 * Answers the place of the option `client`; without it, that of the instance's client, which is another one after
 * `reset()`. Without Redis sessions are in this process. A store opens no connection.
 * @param {unknown} client
 * @param {Instance} instance
 * @returns {() => Place}
 */
function placeFrom(client, instance) {
  if (client !== undefined && client !== null) {
    const place = { commands: commandsOf(client), prefix: '' };
    return () => place;
  }
  if (typeof instance?.redisManager?.getClient !== 'function') {
    throw new OrgCacheError('E_CONFIG', 'the option instance must be an answer of createInstance()');
  }
  /** @type {{ client: unknown, place: Place } | undefined} */
  let known;
  return () => {
    const own = instance.redisManager.getClient();
    if (known?.client !== own) {
      const { prefix, useRedis, memoryMaxBytes } = instance.redisManager.config;
      const commands = useRedis ? commandsOf(own) : commandsHere(own, Number(memoryMaxBytes));
      known = { client: own, place: { commands, prefix: String(prefix) } };
    }
    return known.place;
  };
}

/**
 * The settings of a store with options of its own.
 * @param {unknown} given
 * @param {Instance} shared The instance, unless options name another.
 * @param {string} store Its name, for messages.
 * @returns {Settings}
 */
function settingsOf(given, shared, store) {
  const options = optionsOf(given, store);
  refuseUnknown(Object.keys(options), OPTIONS, 'the option');
  const { client, instance = shared, layout = LAYOUTS[0] } = options;
  const common = commonOf(options);
  const place = placeFrom(client, instance);
  if (!LAYOUTS.includes(layout))
    throw new OrgCacheError('E_CONFIG', "the option layout must be 'hashed' or 'plain'");
  const isHashed = layout === LAYOUTS[0];
  return {
    ...common,
    commands: () => place().commands,
    disableTTL: false,
    disableTouch: false,
    isHashed,
    get start() {
      return place().prefix + common.prefix;
    },
    keyOf(id) {
      return this.start + (isHashed ? hashOf(id) : id);
    },
  };
}

module.exports = { commonOf, optionsOf, placeFrom, settingsOf };
