'use strict';

const { whenAborted } = require('../abort.js');
const { MAX_TIMER_MS, clearTimeout, now, setTimeout } = require('../time.js');

/** @import { CallWith } from './entries-types.js' */

/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */

/** One caller of a flight, with the times after which it waits no longer. */
class Waiter {
  #canTakeStale;
  /**
   * The value that answers if none is computed in time.
   * @type {Found | undefined}
   */
  fallback;
  #callWith;
  /** When it waits no longer for another process. */
  lockEndsAt;
  #resolve;
  #reject;
  /** @type {NodeJS.Timeout | undefined} */
  #soft;
  /** @type {NodeJS.Timeout | undefined} */
  #hard;
  /** @type {(() => void) | undefined} */
  #forgetSignal;

  /**
   * @param {CallWith} callWith
   * @param {(value: any) => void} resolve
   * @param {(error: unknown) => void} reject
   * @param {boolean} [canTakeStale]
   */
  constructor(callWith, resolve, reject, canTakeStale = true) {
    this.#callWith = callWith;
    this.lockEndsAt = now() + callWith.times.lockTimeoutMs;
    this.#canTakeStale = canTakeStale;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get hasStale() {
    return this.#canTakeStale && this.fallback?.hasValue === true;
  }

  /** @param {Flight} flight */
  follow(flight) {
    const { signal } = this.#callWith;
    if (signal === undefined) return;
    this.#forgetSignal = whenAborted(signal, (reason) => {
      this.reject(reason);
      flight.left(this, reason);
    });
  }

  /**
   * A value that is to be replaced is there. Answers whether the caller takes it at once.
   * @param {Flight} flight
   * @param {Found} found
   */
  show(flight, found) {
    this.fallback = found;
    const { softTimeoutMs } = this.#callWith.times;
    if (softTimeoutMs === null || this.#soft !== undefined || !this.hasStale) return false;
    if (softTimeoutMs === 0) return true;
    this.#soft = setTimeout(() => flight.softTimeout(this), Math.min(softTimeoutMs, MAX_TIMER_MS));
    return false;
  }

  /** @param {Flight} flight */
  factoryHasBegun(flight) {
    if (this.#hard !== undefined) return;
    const { hardTimeoutMs } = this.#callWith.times;
    this.#hard = setTimeout(
      () => flight.hardTimeout(this, hardTimeoutMs),
      Math.min(hardTimeoutMs, MAX_TIMER_MS),
    );
  }

  /** @param {unknown} value */
  resolve(value) {
    this.#end();
    this.#resolve(value);
  }

  /** @param {unknown} error */
  reject(error) {
    this.#end();
    this.#reject(error);
  }

  #end() {
    if (this.#soft !== undefined) clearTimeout(this.#soft);
    if (this.#hard !== undefined) clearTimeout(this.#hard);
    this.#forgetSignal?.();
  }
}

module.exports = { Waiter };
