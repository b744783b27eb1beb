'use strict';

const { protocol } = require('../protocol.js');

const { state: STATE } = protocol.cache.entries;

/** @typedef {import('./serializers.js').Payload} Payload */

/** What a key has. */
class Found {
  /**
   * @param {Payload | undefined} payload
   * @param {number} state
   * @param {unknown} nonce Tells an entry from a later one of its key.
   * @param {Payload | undefined} meta JSON that a factory has set.
   */
  constructor(payload, state, nonce, meta) {
    this.payload = payload;
    this.state = state;
    this.nonce = nonce;
    this.meta = meta;
    /** Whether it came from the memory of this process. */
    this.isNear = (state & STATE.near) !== 0;
    /**
     * The value, read once to see that it can be; the first caller gets it.
     * @type {{ value: any } | undefined}
     */
    this.first = undefined;
    /**
     * The value that all callers share, if the cache shares frozen values.
     * @type {{ value: any } | undefined}
     */
    this.frozen = undefined;
  }

  /** Whether nothing is there, not even a stale value or a kept undefined. */
  get isNothing() {
    return this.payload === undefined && (this.state & STATE.absent) === 0;
  }

  /** Whether it answers without a factory. */
  get isFresh() {
    if (this.isNothing) return false;
    return (this.state & STATE.stale) === 0 || (this.state & STATE.away) !== 0;
  }

  /** Whether an undefined is kept. */
  get isNegative() {
    return (this.state & STATE.absent) !== 0;
  }

  get isStale() {
    return (this.state & STATE.stale) !== 0;
  }

  get hasValue() {
    return this.payload !== undefined;
  }

  /** Whether it is to be refreshed in the background, though it is fresh. */
  get isDue() {
    return (this.state & STATE.early) !== 0;
  }
}

const NOTHING = new Found(undefined, 0, undefined, undefined);

/**
 * The answer of native code to a read: nothing, the payload of a fresh entry, or its parts.
 * @param {any} reply
 */
function foundOf(reply) {
  // Null is what native code answers at once.
  if (reply === undefined || reply === null) return NOTHING;
  if (!Array.isArray(reply)) return new Found(reply, 0, undefined, undefined);
  const [payload, state, nonce, _leftMs, meta] = reply;
  return new Found(payload ?? undefined, state, nonce ?? undefined, meta ?? undefined);
}

module.exports = { Found, NOTHING, foundOf };
