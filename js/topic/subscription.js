'use strict';

const { whenAborted } = require('../abort.js');
const { Reader } = require('./reader.js');

/** @import { AbortSignalLike } from '../../index.js' */
/** @import { TopicMessage } from '../../types/topic.js' */

/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */
/** @typedef {import('./channel.js').Reset} Reset */
/** @typedef {{ message: Told, reset: Reset | undefined }} Waiting */

/**
 * @typedef {object} Pull
 * @property {(result: IteratorResult<TopicMessage<any>, undefined>) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/**
 * What a subscription tells of.
 * @typedef {object} Hears
 * @property {(message: Told, reset: Reset | undefined, dropped: number) => TopicMessage<any> | undefined} read Undefined for
 * what is no JSON.
 * @property {(count: number) => void} onDropped
 */

/** The messages of a topic for `for await`. What is not read yet waits, up to a bound in bytes. */
class Subscription extends Reader {
  #keeps;
  #maxBytes;
  #read;
  #onDropped;
  /** @type {Waiting[]} */
  #waiting = [];
  #bytes = 0;
  #dropped = 0;
  /** @type {Pull[]} */
  #pulls = [];
  #isFilling = false;
  #isReady = false;
  /** @type {{ error: unknown } | undefined} */
  #reason;
  /** @type {(() => void) | undefined} */
  #forget;
  /** @type {Promise<void> | undefined} */
  #started;

  /**
   * @param {ConstructorParameters<typeof Reader>[0] & Hears & { keeps: boolean, maxBytes: number, signal?: AbortSignalLike }} parts
   */
  constructor({ keeps, maxBytes, signal, read, onDropped, ...parts }) {
    super(parts);
    this.#keeps = keeps;
    this.#maxBytes = maxBytes;
    this.#read = read;
    this.#onDropped = onDropped;
    if (signal !== undefined) this.#forget = whenAborted(signal, (reason) => this.fail(reason));
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Resolves when the server has confirmed the subscription. */
  ready() {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start() {
    if (this.isEnded) return;
    try {
      await this.start();
    } catch (error) {
      this.end();
      throw error;
    }
    this.#isReady = true;
    this.place();
    this.begin();
  }

  /** @returns {Promise<IteratorResult<TopicMessage<any>, undefined>>} */
  next() {
    return this.#isReady ? this.#pull() : this.ready().then(() => this.#pull());
  }

  /** @returns {Promise<IteratorResult<TopicMessage<any>, undefined>>} */
  #pull() {
    for (;;) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) break;
      this.#bytes -= waiting.message.bytes;
      const value = this.#told(waiting);
      if (value !== undefined) return Promise.resolve({ done: false, value });
    }
    if (this.isEnded) return this.#last();
    return new Promise((resolve, reject) => {
      this.#pulls.push({ resolve, reject });
      this.#fill();
    });
  }

  /**
   * Ends the subscription, as leaving the loop does too.
   * @returns {Promise<IteratorReturnResult<undefined>>}
   */
  async return() {
    this.#waiting.length = 0;
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncDispose]() {
    return this.return();
  }

  /** Reads the stream for those that wait. */
  async #fill() {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      while (this.#pulls.length > 0 && !this.isAttached && !this.isEnded) await this.advance();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isFilling = false;
    }
  }

  /**
   * @override
   * @param {Told} message
   * @param {Reset | undefined} reset
   */
  take(message, reset) {
    if (this.isEnded) return;
    if (this.#keeps && this.isAttached && this.#bytes > 0 && this.#bytes + message.bytes > this.#maxBytes) {
      // The stream has it, and what comes after it.
      this.detach();
      return;
    }
    if (!this.isNew(message)) return;
    const waiting = { message, reset: this.takeReset(reset) };
    const pull = this.#pulls[0];
    if (pull !== undefined) {
      const value = this.#told(waiting);
      if (value === undefined) return;
      this.#pulls.shift();
      pull.resolve({ done: false, value });
      return;
    }
    this.#waiting.push(waiting);
    this.#bytes += message.bytes;
    if (!this.#keeps) this.#drop();
  }

  /** Drops the oldest beyond the bound. What its reader must know of it goes to the next one. */
  #drop() {
    let count = 0;
    while (this.#bytes > this.#maxBytes && this.#waiting.length > 0) {
      const { message, reset } = /** @type {Waiting} */ (this.#waiting.shift());
      this.#bytes -= message.bytes;
      count++;
      if (reset === undefined) continue;
      const [next] = this.#waiting;
      if (next === undefined) this.lost(reset);
      else next.reset ??= reset;
    }
    if (count === 0) return;
    this.#dropped += count;
    this.#onDropped(count);
  }

  /** @param {Waiting} waiting */
  #told({ message, reset }) {
    const value = this.#read(message, reset, this.#dropped);
    if (value !== undefined) this.#dropped = 0;
    return value;
  }

  /**
   * @override
   * @param {unknown} error
   */
  fail(error) {
    if (this.isEnded) return;
    this.#reason = { error };
    this.#waiting.length = 0;
    this.end();
  }

  /** @override */
  end() {
    if (this.isEnded) return;
    super.end();
    this.#forget?.();
    const [first, ...others] = this.#pulls.splice(0);
    if (first === undefined) return;
    this.#last().then(first.resolve, first.reject);
    for (const { resolve } of others) resolve({ done: true, value: undefined });
  }

  /**
   * The first to ask hears why it ended.
   * @returns {Promise<IteratorReturnResult<undefined>>}
   */
  async #last() {
    const reason = this.#reason;
    this.#reason = undefined;
    if (reason !== undefined) throw reason.error;
    return { done: true, value: undefined };
  }
}

module.exports = { Subscription };
