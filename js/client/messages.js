'use strict';

const { OrgCacheError } = require('../errors.js');
const { whenAborted } = require('../abort.js');
const { signalOf } = require('../options.js');

/** @import { MessagesOptions, RedisMessage } from '../../index.js' */

/** @typedef {{ channel: string, message: string }} Message */
/** @typedef {(message: Message) => void} Take */

/**
 * @typedef {object} MessagesParts
 * @property {(take: Take) => Promise<() => void>} start
 * @property {(event: { channel: string, maxBytes: number }) => void} onSlow
 * @property {MessagesOptions} [options]
 */

/**
 * @typedef {object} MessageReader
 * @property {(result: IteratorResult<RedisMessage, undefined>) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/** Default of `maxBytes`. */
const MAX_BYTES = 1024 * 1024;
/** The size of a message in addition to its bytes. */
const MESSAGE_BYTES = 64;

/**
 * The messages of a channel, for `for await`. Unread messages wait up to a bound in bytes. Beyond it the oldest are
 * dropped: `dropped` of the next message counts them, and `onSlow` is called.
 */
class Messages {
  #start;
  #onSlow;
  #maxBytes;
  /** @type {Message[]} */
  #waiting = [];
  #bytes = 0;
  #dropped = 0;
  /** @type {MessageReader[]} */
  #readers = [];
  #isSlow = false;
  #isEnded = false;
  /** @type {Promise<() => void> | undefined} */
  #started;
  /** @type {(() => void) | undefined} */
  #stop;
  /** @type {(() => void) | undefined} */
  #forget;
  /** @type {{ error: unknown } | undefined} */
  #reason;

  /**
   * `start(take)` subscribes and answers a promise of a function that unsubscribes. `take` is called with each
   * message.
   * @param {MessagesParts} parts
   */
  constructor({ start, onSlow, options = {} }) {
    const { maxBytes = MAX_BYTES } = options;
    if (typeof maxBytes !== 'number' || !(maxBytes > 0)) {
      throw new OrgCacheError('E_CONFIG', 'the option maxBytes must be a number of bytes above 0');
    }
    this.#start = start;
    this.#onSlow = onSlow;
    this.#maxBytes = maxBytes;
    const signal = signalOf(options, ['maxBytes', 'signal']);
    if (signal?.aborted) this.#abort(signal.reason);
    else if (signal !== undefined) this.#forget = whenAborted(signal, (reason) => this.#abort(reason));
  }

  [Symbol.asyncIterator]() {
    return this;
  }

  /** Resolves when the server has confirmed the subscription. Reading waits for this by itself. */
  async ready() {
    if (this.#isEnded) return;
    this.#started ??= this.#start((message) => this.#take(message));
    try {
      this.#stop = await this.#started;
    } catch (error) {
      this.#end(error);
      throw error;
    }
    if (this.#isEnded) this.#stop?.();
  }

  /** @returns {Promise<IteratorResult<RedisMessage, undefined>>} */
  async next() {
    await this.ready();
    const message = this.#waiting.shift();
    if (message !== undefined) {
      this.#bytes -= sizeOf(message);
      if (this.#waiting.length === 0) this.#isSlow = false;
      return { done: false, value: this.#counted(message) };
    }
    if (this.#isEnded) return this.#last();
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /**
   * Ends the subscription, as leaving the loop does too.
   * @returns {Promise<IteratorReturnResult<undefined>>}
   */
  async return() {
    this.#waiting.length = 0;
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncDispose]() {
    return this.return();
  }

  /** @type {Take} */
  #take(message) {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: this.#counted(message) });
      return;
    }
    this.#waiting.push(message);
    this.#bytes += sizeOf(message);
    while (this.#bytes > this.#maxBytes && this.#waiting.length > 0) {
      this.#bytes -= sizeOf(/** @type {Message} */ (this.#waiting.shift()));
      this.#dropped += 1;
      if (!this.#isSlow) this.#onSlow({ channel: message.channel, maxBytes: this.#maxBytes });
      this.#isSlow = true;
    }
  }

  /** @param {Message} message */
  #counted({ channel, message }) {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { channel, message, dropped };
  }

  /** @param {unknown} reason */
  #abort(reason) {
    this.#reason = { error: reason };
    this.#waiting.length = 0;
    this.#end(reason);
  }

  /** @param {unknown} [error] */
  #end(error) {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#forget?.();
    this.#stop?.();
    for (const { resolve, reject } of this.#readers.splice(0)) {
      if (error === undefined) resolve({ done: true, value: undefined });
      else reject(error);
    }
  }

  /** @returns {IteratorReturnResult<undefined>} */
  #last() {
    const { error } = this.#reason ?? {};
    this.#reason = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}

/** @param {Message} message */
function sizeOf({ message }) {
  return MESSAGE_BYTES + Buffer.byteLength(message);
}

module.exports = { Messages };
