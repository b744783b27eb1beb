'use strict';

/**
 * The entries that this consumer has and has not settled: at most `concurrency` of them are worked on, the
 * others wait in order.
 */
class EntriesInHand {
  #concurrency;
  #work;
  #entries = new Map();
  #waiting = [];
  #running = 0;
  #isClosed = false;
  #onSettled = new Set();

  /** `work(entry)` answers a promise that does not reject. */
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

  has(id) {
    return this.#entries.has(id);
  }

  /** Those delivered, or renewed, at `beforeMs` of the process's own clock or earlier. */
  heldSince(beforeMs) {
    return [...this.#entries.values()].filter((entry) => entry.heldSinceMs <= beforeMs);
  }

  take(entries) {
    for (const entry of entries) {
      this.#entries.set(entry.id, entry);
      this.#waiting.push(entry);
    }
    this.#begin();
  }

  /** From now on nothing more is begun. */
  close() {
    this.#isClosed = true;
  }

  /** Takes out what nobody has begun to work on. */
  dropWaiting() {
    const dropped = this.#waiting.splice(0);
    for (const { id } of dropped) this.#entries.delete(id);
    return dropped;
  }

  /** Resolves when fewer entries are in hand than may be worked on, or the signal aborts. */
  async room(signal) {
    while (this.#entries.size >= this.#concurrency && !signal.aborted) await this.#nextSettled(signal);
  }

  /** Resolves when nothing is worked on. */
  async idle(signal) {
    while (this.#running > 0 && !signal.aborted) await this.#nextSettled(signal);
  }

  #begin() {
    while (!this.#isClosed && this.#running < this.#concurrency && this.#waiting.length > 0) {
      const entry = this.#waiting.shift();
      this.#running += 1;
      this.#work(entry).finally(() => this.#settled(entry));
    }
  }

  #settled(entry) {
    this.#running -= 1;
    this.#entries.delete(entry.id);
    this.#begin();
    for (const tell of [...this.#onSettled]) tell();
  }

  #nextSettled(signal) {
    return new Promise((resolve) => {
      const tell = () => {
        this.#onSettled.delete(tell);
        signal.removeEventListener('abort', tell);
        resolve();
      };
      this.#onSettled.add(tell);
      signal.addEventListener('abort', tell);
    });
  }
}

module.exports = { EntriesInHand };
