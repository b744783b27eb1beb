'use strict';

const { delay } = require('../time.js');

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Resolves after the time, or as soon as the signal aborts.
 * @param {number} ms
 * @param {AbortSignal} signal
 */
function pause(ms, signal) {
  return delay(ms, undefined, { signal }).catch(() => {});
}

/** Pauses between attempts. The upper limit doubles each time, and the length is random. */
class Backoff {
  #longestMs = FIRST_PAUSE_MS;

  reset() {
    this.#longestMs = FIRST_PAUSE_MS;
  }

  /** @param {AbortSignal} signal */
  async pause(signal) {
    const ms = Math.random() * this.#longestMs;
    this.#longestMs = Math.min(2 * this.#longestMs, LONGEST_PAUSE_MS);
    await pause(ms, signal);
  }
}

module.exports = { Backoff, pause };
