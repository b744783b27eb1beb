'use strict';

const os = require('node:os');
const { randomUUID } = require('node:crypto');
const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { signalOf } = require('../options.js');
const { protocol } = require('../protocol.js');

/** @import { AbortSignalLike, ConsumerGroupOptions, StreamClient } from '../../index.js' */

/**
 * The group's client. Clients of other packages may lack `isCluster` and `options`.
 * @typedef {StreamClient & { isCluster?: boolean, options?: Record<string, unknown> }} GroupClient
 */

/**
 * @typedef {object} OwnGroupOptions
 * @property {GroupClient} client
 * @property {boolean} hasOwnName Whether the consumer's name was generated.
 * @property {ConsumerGroupOptions['onError']} onError
 * @property {AbortSignalLike | undefined} signal
 */

/**
 * All options of a consumer group.
 * @typedef {Required<Omit<ConsumerGroupOptions, keyof OwnGroupOptions>> & OwnGroupOptions} GroupOptions
 */

const native = loadNative();
/** Native code has the default and the bounds of each option that is a number. */
const NUMBERS = Object.entries(protocol.limits.groupOptions);
/** @type {Record<string, unknown>} */
const DEFAULTS = {
  ...Object.fromEntries(
    NUMBERS.flatMap(([name, rule]) => (rule.default === null ? [] : [[name, rule.default]])),
  ),
  from: '$',
};

const NAMES = ['stream', 'group', 'consumer', 'deadLetterStream'];
const METHODS = [
  'call',
  'duplicate',
  'eval',
  'multi',
  'watch',
  'xack',
  'xadd',
  'xautoclaim',
  'xclaim',
  'xgroup',
  'xinfo',
  'xpending',
  'xrange',
  'xreadgroup',
];
const KNOWN = [
  ...NUMBERS.map(([name]) => name),
  ...NAMES,
  'client',
  'from',
  'handler',
  'onError',
  'signal',
].sort();

/**
 * The complete options of a consumer group. Throws `E_CONFIG` for a value that is not allowed.
 * @param {unknown} given
 * @returns {GroupOptions}
 */
function groupOptions(given) {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw refused('createConsumerGroup() takes an object of options');
  }
  const unknown = Object.keys(given).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) {
    throw refused(`a consumer group has no option ${unknown}; there are: ${KNOWN.join(', ')}`);
  }
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  /** @type {Record<string, unknown>} */
  const options = { ...DEFAULTS, ...named };
  options.hasOwnName = options.consumer === undefined;
  if (options.hasOwnName) options.consumer = uniqueName();
  checkClient(options.client);
  for (const name of ['stream', 'group', 'consumer']) checkName(name, options[name]);
  if (options.deadLetterStream === undefined)
    options.deadLetterStream = deadLettersOf(String(options.stream));
  checkName('deadLetterStream', options.deadLetterStream);
  for (const [name, bounds] of NUMBERS) {
    if (options[name] !== undefined) checkNumber(name, options[name], bounds);
  }
  // Only this number has no default of its own.
  options.batchSize ??= options.concurrency;
  checkFunction('handler', options.handler);
  if (options.onError !== undefined) checkFunction('onError', options.onError);
  if (!/^(\$|\d{1,20}(-\d{1,20})?)$/.test(String(options.from))) {
    throw refused(
      "the option from must be '$' (what comes from now on), '0' (all there is) or an entry's id",
    );
  }
  if (options.deadLetterStream === options.stream) {
    throw refused('the option deadLetterStream must name another stream than the option stream');
  }
  const checked = /** @type {GroupOptions} */ (/** @type {unknown} */ (options));
  checkSlots(checked);
  checked.signal = signalOf({ signal: checked.signal });
  return checked;
}

function uniqueName() {
  return `${os.hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`;
}

/**
 * The braces put both streams into one slot of a cluster.
 * @param {string} stream
 */
function deadLettersOf(stream) {
  return hashed(stream) === stream ? `{${stream}}:dead` : `${stream}:dead`;
}

/**
 * The part of a key that a cluster hashes to a slot.
 * @param {string} key
 */
function hashed(key) {
  return native.hashTag(makeError, key) ?? key;
}

/** @param {GroupOptions} options */
function checkSlots({ client, stream, deadLetterStream }) {
  if (client.isCluster !== true) return;
  const prefix = client.options?.keyPrefix ?? '';
  if (hashed(prefix + stream) !== hashed(prefix + deadLetterStream)) {
    throw refused(
      'in a cluster a stream and its dead letters must live in one slot: give both names the same hash tag, e.g. {orders}',
    );
  }
}

/** @param {unknown} client */
function checkClient(client) {
  const isObject = typeof client === 'object' && client !== null;
  const methods = /** @type {Record<string, unknown>} */ (client);
  const lost = isObject ? METHODS.find((method) => typeof methods[method] !== 'function') : undefined;
  if (isObject && lost === undefined) return;
  const remark = lost === undefined ? '' : `; this one has no ${lost}()`;
  throw refused(`the option client must be a client with the methods of ioredis${remark}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkName(name, value) {
  if (typeof value !== 'string' || value === '')
    throw refused(`the option ${name} must be a text that is not empty`);
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isInteger(value) {
  return Number.isInteger(value);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {{ least: number, most: number }} bounds
 */
function checkNumber(name, value, { least, most }) {
  if (isInteger(value) && value >= least && value <= most) return;
  throw refused(`the option ${name} must be a whole number from ${least} to ${most}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkFunction(name, value) {
  if (typeof value !== 'function') throw refused(`the option ${name} must be a function`);
}

/** @param {string} sentence */
function refused(sentence) {
  return new OrgCacheError('E_CONFIG', sentence);
}

module.exports = { DEFAULTS, KNOWN, groupOptions };
