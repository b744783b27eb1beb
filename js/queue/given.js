'use strict';

const { organizationMissing } = require('../cache-calls.js');
const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText, signalOf } = require('../options.js');
const { head, protocol } = require('../protocol.js');
const { epochMs } = require('../time.js');

/** @import { AbortSignalLike } from '../../index.js' */

/** Variables that native code reads where an option is absent. */
const VARIABLES = [
  'QUEUE_BACKOFF_DELAY',
  'QUEUE_CONCURRENCY',
  'QUEUE_JOB_TIMEOUT',
  'QUEUE_MAX_ATTEMPTS',
  'QUEUE_RETRY_DELAY',
  'REDIS_QUEUE_DB',
];

/**
 * @typedef {keyof typeof protocol.queue.kinds} Kind
 * @typedef {{ signal: AbortSignalLike | undefined, others: Record<string, any> }} Split
 */

/**
 * The options of a call, its signal apart. Native code checks the others.
 * @param {unknown} options
 * @param {string} [example]
 * @returns {Split}
 */
function splitOptions(options, example = '{ signal }') {
  if (options === undefined) return { signal: undefined, others: {} };
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OrgCacheError('E_CONFIG', `the options must be an object, e.g. ${example}`);
  }
  const { signal, ...others } = /** @type {Record<string, any>} */ (options);
  return { signal: signal === undefined ? undefined : signalOf({ signal }), others: withDelay(others) };
}

/**
 * A time becomes a delay: the server adds it to its own clock, so that the clock of this process does not matter.
 * @param {Record<string, any>} options
 */
function withDelay(options) {
  const { runAt, ...others } = options;
  if (runAt === undefined) return options;
  if (others.delayMs !== undefined) throw new OrgCacheError('E_CONFIG', 'give delayMs or runAt, not both');
  const isDate = Object.prototype.toString.call(runAt) === '[object Date]';
  const at = isDate ? Number(runAt) : runAt;
  if (typeof at !== 'number' || !Number.isFinite(at)) {
    throw new OrgCacheError('E_CONFIG', 'runAt must be a Date, or a number of milliseconds since 1970');
  }
  return { ...others, delayMs: Math.max(0, Math.round(at - epochMs())) };
}

/**
 * The options of a queue or worker as native code takes them.
 * @param {Record<string, any>} options
 * @param {(name: string) => string | undefined} variable
 */
function roomText(options, variable) {
  /** @type {Record<string, string>} */
  const environment = {};
  for (const name of VARIABLES) {
    const value = variable(name);
    if (value !== undefined) environment[name] = value;
  }
  return optionsText(Object.keys(environment).length === 0 ? options : { ...options, environment });
}

/**
 * The options with all defaults. Throws `E_KEY` for a name that cannot be, and `E_CONFIG` for an option that is not allowed.
 * Starts nothing.
 * @param {Kind} kind
 * @param {unknown} name
 * @param {string} text
 * @returns {Record<string, any>}
 */
function normalized(kind, name, text) {
  const word = head(protocol.verbs.queue.normalize, protocol.queue.kinds[kind], 2);
  return JSON.parse(
    /** @type {string} */ (loadNative().alone(makeError, word, checkText(name, 'the name of a queue'), text)),
  );
}

/**
 * Native code checks the length.
 * @param {unknown} text
 * @param {string} what
 */
function checkText(text, what) {
  if (typeof text === 'string') return text;
  throw new OrgCacheError('E_KEY', `${what} must be a text`);
}

/**
 * @param {unknown} orgId
 * @returns {string | null | undefined}
 */
function checkOrganization(orgId) {
  if (orgId === undefined || orgId === null || typeof orgId === 'string') return orgId;
  throw new OrgCacheError('E_KEY', 'orgId must be a text, or null for the global scope');
}

/**
 * A job's organization: that of the bound queue, which no option changes.
 * @param {unknown} given
 * @param {string | null | undefined} bound Undefined on the queue itself.
 * @param {() => boolean} requires
 */
function organizationFor(given, bound, requires) {
  if (bound === undefined) {
    if (given === undefined && requires()) throw organizationMissing();
    return checkOrganization(given);
  }
  if (given === undefined || given === bound) return bound;
  throw new OrgCacheError('E_KEY', 'this queue is bound to another organization; use the queue itself');
}

module.exports = { checkOrganization, checkText, normalized, organizationFor, roomText, splitOptions };
