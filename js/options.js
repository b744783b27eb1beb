'use strict';

const { OrgCacheError, makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { protocol } = require('./protocol.js');

/** @import { AbortSignalLike } from '../index.js' */

/** Default of a shutdown's `timeoutMs`: the longest wait for calls in flight and for the journal. */
const { shutdownTimeoutMs } = protocol.limits;

/** The options of calls without further options, and of calls that end something or wait. */
const SIGNAL = ['signal'];
const WAITING = ['signal', 'timeoutMs'];

/**
 * Throws `E_ARGUMENT` for a name that is not in `allowed`. The message suggests the nearest one.
 * @param {readonly string[]} names
 * @param {readonly string[]} allowed
 * @param {string} what
 */
function refuseUnknown(names, allowed, what) {
  const unknown = names.find((name) => !allowed.includes(name));
  if (unknown === undefined) return;
  const nearest = loadNative().nearest(makeError, unknown, allowed.join(' '));
  const hint = nearest === null ? '' : `; did you mean ${nearest}?`;
  throw new OrgCacheError(
    'E_ARGUMENT',
    `${what} ${unknown} is not known${hint} (there are: ${allowed.join(', ')})`,
  );
}

/**
 * The signal in a call's options. Throws `E_CONFIG` if the options have another shape, and `E_ARGUMENT` for an
 * option that is not in `allowed`.
 * @param {unknown} options
 * @param {readonly string[]} [allowed]
 * @returns {AbortSignalLike | undefined}
 */
function signalOf(options, allowed = SIGNAL) {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OrgCacheError('E_CONFIG', 'the options of a call must be an object, e.g. { signal }');
  }
  refuseUnknown(Object.keys(options), allowed, 'the option');
  const signal = /** @type {{ signal?: unknown }} */ (options).signal ?? undefined;
  if (signal !== undefined && !isSignal(signal)) {
    throw new OrgCacheError('E_CONFIG', 'the option signal must be an AbortSignal');
  }
  return signal;
}

/**
 * @param {unknown} value
 * @returns {value is AbortSignalLike}
 */
function isSignal(value) {
  const signal = /** @type {Record<string, unknown>} */ (value);
  return (
    typeof signal === 'object' &&
    typeof signal.aborted === 'boolean' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function'
  );
}

/**
 * Milliseconds that a shutdown or a wait may take. Throws `E_CONFIG` for other values.
 * @param {{ timeoutMs?: unknown }} [options]
 */
function timeoutOf({ timeoutMs = shutdownTimeoutMs } = {}) {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new OrgCacheError('E_CONFIG', 'the option timeoutMs must be a number of milliseconds, 0 or more');
}

/**
 * Options as JSON. Values that JSON cannot express still reach native code, which refuses them by name.
 * @param {object} options
 */
function optionsText(options) {
  return JSON.stringify(options, (_name, value) => {
    if (typeof value === 'function' || typeof value === 'symbol') return [typeof value];
    const isJson = typeof value !== 'bigint' && (typeof value !== 'number' || Number.isFinite(value));
    return isJson ? value : String(value);
  });
}

module.exports = { WAITING, optionsText, refuseUnknown, signalOf, timeoutOf };
