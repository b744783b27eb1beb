'use strict';

const { loadNative } = require('../native.js');
const { delay } = require('../time.js');

const native = loadNative();

/**
 * Resolves after the time, or as soon as the signal aborts.
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function pause(ms, signal) {
  return delay(ms, undefined, { signal }).catch(() => {});
}

/** Pauses between attempts, as long as native code says. They grow with the number of failures. */
class Backoff {
  #failures = 0;

  reset() {
    this.#failures = 0;
  }

  /** @param {AbortSignal} signal */
  async pause(signal) {
    const ms = native.pauseAfter(this.#failures);
    this.#failures += 1;
    await pause(ms, signal);
  }
}

module.exports = { Backoff, pause };
