'use strict';

const TICK_MS = 5;

/**
 * How long this process's event loop was held up, so that a busy machine is not taken for a late call.
 * `until(now)` is the sum of all delays up to a moment. The difference of two is the delay between them.
 */
class Stalls {
  #sumMs = 0;
  #dueAt = performance.now() + TICK_MS;
  #timer = setInterval(() => this.#tick(), TICK_MS);

  #tick() {
    const now = performance.now();
    this.#sumMs += Math.max(0, now - this.#dueAt);
    this.#dueAt = now + TICK_MS;
  }

  until(now) {
    return this.#sumMs + Math.max(0, now - this.#dueAt);
  }

  stop() {
    clearInterval(this.#timer);
  }
}

module.exports = { Stalls };
