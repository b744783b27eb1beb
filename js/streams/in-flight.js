'use strict';

const { TurnoverMap } = require('../turnover.js');

/** @import { Held } from './replies.js' */

/**
 * The entries that this consumer has received and not settled. At most `concurrency` of them are handled, the
 * others wait in order.
 */
class EntriesInFlight {
  #concurrency;
  #work;
  /** @type {InstanceType<typeof TurnoverMap<string, Held>>} */
  #entries = new TurnoverMap();
  /** @type {Held[]} */
  #waiting = [];
  #running = 0;
  #isClosed = false;
  /** @type {Set<() => void>} */
  #onSettled = new Set();

  /**
   * `work(entry)` answers a promise that does not reject.
   * @param {{ concurrency: number, work: (entry: Held) => Promise<void> }} options
   */
  constructor({ concurrency, work }) {
    this.#concurrency = concurrency;
    this.#work = work;
  }

  get running() {
    return this.#running;
  }

  get waiting() {
    return this.#waiting.length;
  }

  /** @param {string} id */
  has(id) {
    return this.#entries.has(id);
  }

  /**
   * Entries that were delivered or renewed at `beforeMs` or earlier, on the process's monotonic clock.
   * @param {number} beforeMs
   */
  heldSince(beforeMs) {
    return [...this.#entries.values()].filter((entry) => entry.heldSinceMs <= beforeMs);
  }

  /** @param {Held[]} entries */
  take(entries) {
    for (const entry of entries) {
      this.#entries.set(entry.id, entry);
      this.#waiting.push(entry);
    }
    this.#begin();
  }

  /** Starts no more handlers. */
  close() {
    this.#isClosed = true;
  }

  /** Removes the waiting entries. */
  dropWaiting() {
    const dropped = this.#waiting.splice(0);
    for (const { id } of dropped) this.#entries.delete(id);
    return dropped;
  }

  /**
   * Resolves when fewer than `concurrency` entries are in flight, or the signal aborts.
   * @param {AbortSignal} signal
   */
  async room(signal) {
    while (this.#entries.size >= this.#concurrency && !signal.aborted) await this.#nextSettled(signal);
  }

  /**
   * Resolves when no entry is being handled.
   * @param {AbortSignal} signal
   */
  async idle(signal) {
    while (this.#running > 0 && !signal.aborted) await this.#nextSettled(signal);
  }

  #begin() {
    while (!this.#isClosed && this.#running < this.#concurrency && this.#waiting.length > 0) {
      const entry = /** @type {Held} */ (this.#waiting.shift());
      this.#running += 1;
      this.#work(entry).finally(() => this.#settled(entry));
    }
  }

  /** @param {Held} entry */
  #settled(entry) {
    this.#running -= 1;
    this.#entries.delete(entry.id);
    this.#begin();
    for (const notify of [...this.#onSettled]) notify();
  }

  /**
   * @param {AbortSignal} signal
   * @returns {Promise<void>}
   */
  #nextSettled(signal) {
    return new Promise((resolve) => {
      const notify = () => {
        this.#onSettled.delete(notify);
        signal.removeEventListener('abort', notify);
        resolve();
      };
      this.#onSettled.add(notify);
      signal.addEventListener('abort', notify);
    });
  }
}

module.exports = { EntriesInFlight };
