'use strict';

const { OrgCacheError } = require('../errors.js');
const { whenAborted } = require('../abort.js');
const { signalOf } = require('../options.js');

/** What may wait for a reader, unless it says otherwise. */
const MAX_BYTES = 1024 * 1024;
/** What a message costs beside its bytes. */
const MESSAGE_BYTES = 64;

/**
 * The messages of a channel, for `for await`. What is not read yet waits up to a bound in bytes; beyond it the oldest
 * are dropped, the next message says how many in `dropped`, and `onSlow` is told.
 */
class Messages {
  #start;
  #onSlow;
  #maxBytes;
  #waiting = [];
  #bytes = 0;
  #dropped = 0;
  #readers = [];
  #isSlow = false;
  #isEnded = false;
  #started;
  #stop;
  #forget;
  #reason;

  /** `start(take)` subscribes and answers a promise of what ends that; `take` is given each message. */
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

  /** Resolves when the server has confirmed the subscription; reading does this by itself. */
  async ready() {
    if (this.#isEnded) return;
    this.#started ??= this.#start((message) => this.#take(message));
    try {
      this.#stop = await this.#started;
    } catch (error) {
      this.#end(error);
      throw error;
    }
    if (this.#isEnded) this.#stop();
  }

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

  /** Ends the subscription, as leaving the loop does. */
  async return() {
    this.#waiting.length = 0;
    this.#end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncDispose]() {
    return this.return();
  }

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
      this.#bytes -= sizeOf(this.#waiting.shift());
      this.#dropped += 1;
      if (!this.#isSlow) this.#onSlow({ channel: message.channel, maxBytes: this.#maxBytes });
      this.#isSlow = true;
    }
  }

  #counted({ channel, message }) {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return { channel, message, dropped };
  }

  #abort(reason) {
    this.#reason = { error: reason };
    this.#waiting.length = 0;
    this.#end(reason);
  }

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

  #last() {
    const { error } = this.#reason ?? {};
    this.#reason = undefined;
    if (error !== undefined) throw error;
    return { done: true, value: undefined };
  }
}

function sizeOf({ message }) {
  return MESSAGE_BYTES + Buffer.byteLength(message);
}

module.exports = { Messages };
