'use strict';

const { whenAborted } = require('../abort.js');
const { signalOf } = require('../options.js');

/** @import { AbortSignalLike, QueueEvent, ReadEvents } from '../../index.js' */

const OPTIONS = ['from', 'signal'];

/**
 * The events of a queue for `for await`. Native code knows the place of the reader, and has events written while it is open.
 */
class QueueEvents {
  #hub;
  #number;
  #onEnd;
  /** @type {any[]} */
  #waiting = [];
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #isEnded = false;
  /** @type {{ error: unknown } | undefined} */
  #reason;
  /** @type {(() => void) | undefined} */
  #forget;

  /**
   * @param {InstanceType<typeof import('./hub.js').Hub>} hub
   * @param {number} number
   * @param {() => void} onEnd
   */
  constructor(hub, number, onEnd) {
    this.#hub = hub;
    this.#number = number;
    this.#onEnd = onEnd;
    hub.addEnding(this);
  }

  /** @param {AbortSignalLike} signal Ends it. */
  follow(signal) {
    if (signal.aborted) this.#fail(signal.reason);
    else this.#forget = whenAborted(signal, (reason) => this.#fail(reason));
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Resolves when events are written. */
  async ready() {
    if (!this.#isEnded) await this.#read(true);
    if (this.#reason !== undefined) throw this.#reason.error;
  }

  /**
   * Calls take their turn: one after the other reads.
   * @returns {Promise<IteratorResult<QueueEvent, undefined>>}
   */
  next() {
    const next = this.#last.then(() => this.#pull());
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** @returns {Promise<IteratorResult<QueueEvent, undefined>>} */
  async #pull() {
    while (this.#waiting.length === 0 && !this.#isEnded) await this.#read(false);
    if (this.#reason !== undefined) throw this.#reason.error;
    if (this.#waiting.length === 0) return { done: true, value: undefined };
    return { done: false, value: eventOf(this.#waiting.shift()) };
  }

  /** @param {boolean} begins Whether to wait for the begin alone. */
  async #read(begins) {
    const hub = this.#hub;
    try {
      const start = (/** @type {number} */ call) => hub.tell('read', call, this.#number, Number(begins));
      const told = await hub.call(start);
      if (!this.#isEnded) this.#waiting.push(...told);
    } catch (error) {
      // The client was closed before the reader.
      if (/** @type {any} */ (error).code === 'E_CLOSED') this.#close();
      else this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#isEnded) return;
    this.#reason = { error };
    this.#close();
  }

  #close() {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting.length = 0;
    this.#forget?.();
    this.#hub.removeEnding(this);
    this.#onEnd();
  }

  /** Ends the loop, as the close of the queue and a shutdown do. */
  async end() {
    this.#close();
  }

  /**
   * Ends it, as leaving the loop does too.
   * @returns {Promise<IteratorReturnResult<undefined>>}
   */
  async return() {
    this.#close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncDispose]() {
    return this.return();
  }
}

/**
 * @param {any} told
 * @returns {QueueEvent}
 */
function eventOf({ at, startedAt, ...told }) {
  const event = { ...told, at: new Date(at) };
  return startedAt === undefined ? event : { ...event, startedAt: new Date(startedAt) };
}

/** @param {ReadEvents} [options] */
function readingOf(options) {
  const signal = signalOf(options, OPTIONS);
  return { signal, from: options?.from };
}

module.exports = { QueueEvents, readingOf };
