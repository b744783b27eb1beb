'use strict';

const { OrgCacheError } = require('./errors.js');

/** How long a shutdown waits for calls that are under way and for the journal, unless it is told otherwise. */
const SHUTDOWN_TIMEOUT_MS = 5000;

/** The signal of a call's options; throws `E_CONFIG` where they are not what they must be. */
function signalOf(options) {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new OrgCacheError('E_CONFIG', 'the options of a call must be an object, e.g. { signal }');
  }
  const signal = options.signal ?? undefined;
  if (signal !== undefined && !isSignal(signal)) {
    throw new OrgCacheError('E_CONFIG', 'the option signal must be an AbortSignal');
  }
  return signal;
}

function isSignal(value) {
  return (
    typeof value === 'object' &&
    typeof value.aborted === 'boolean' &&
    typeof value.addEventListener === 'function' &&
    typeof value.removeEventListener === 'function'
  );
}

/** Milliseconds that a shutdown may take; throws `E_CONFIG` for what are none. */
function timeoutOf({ timeoutMs = SHUTDOWN_TIMEOUT_MS } = {}) {
  if (typeof timeoutMs === 'number' && timeoutMs >= 0) return timeoutMs;
  throw new OrgCacheError('E_CONFIG', 'the option timeoutMs must be a number of milliseconds, 0 or more');
}

module.exports = { signalOf, timeoutOf };
