'use strict';

const { compare } = require('./positions.js');

/** @typedef {InstanceType<typeof import('./channel.js').Channel>} Channel */
/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */
/** @typedef {import('./channel.js').Reset} Reset */
/** @typedef {import('./channel.js').Page} Page */

/**
 * One reader of a channel. It gets each message as it comes while it is attached. Else it reads the stream by `advance` until
 * it has everything.
 */
class Reader {
  #channel;
  #page;
  #after;
  /** The last message that it has, in a topic that keeps its messages. */
  at;
  isAttached = false;
  isEnded = false;
  /**
   * What its next message is told with.
   * @type {Reset | undefined}
   */
  #reset;

  /**
   * @param {object} parts
   * @param {Channel} parts.channel
   * @param {string | undefined} parts.after The message behind which it begins.
   * @param {(after: string, isEnded: () => boolean) => Promise<Page | undefined>} parts.page
   */
  constructor({ channel, after, page }) {
    this.#channel = channel;
    this.#page = page;
    this.#after = after;
    this.at = after ?? '';
    channel.join(this);
  }

  /** Resolves when the server has confirmed the subscription. */
  async start() {
    await this.#channel.start();
  }

  /** It is behind `after`, or in front of the next message. */
  place() {
    if (this.#after === undefined) this.at = this.#channel.at;
  }

  /** Begins where it is. */
  begin() {
    if (!this.isEnded && this.at === this.#channel.at) this.#channel.attach(this);
  }

  /** Reads on in the stream, and attaches the reader where it has everything then. */
  async advance() {
    const page = await this.#page(this.at, () => this.isEnded);
    if (page === undefined || this.isEnded) return;
    for (const message of page.messages) {
      this.take(message, message.before === this.at ? undefined : 'trimmed');
      if (this.isEnded) return;
    }
    if (compare(page.last, this.at) < 0) {
      this.lost('trimmed');
      this.at = page.last;
    }
    if (page.messages.length === 0 || compare(page.last, this.at) <= 0) this.#channel.attach(this);
  }

  /** It must read the stream again before it gets messages as they come. */
  detach() {
    this.isAttached = false;
    this.#channel.detach(this);
  }

  /**
   * Messages may be missing before its next one.
   * @param {Reset} reset
   */
  lost(reset) {
    this.#reset = reset;
  }

  /**
   * Whether a message is new to this reader. Then it has it.
   * @param {Told} message
   */
  isNew({ id }) {
    if (id === null) return true;
    if (compare(id, this.at) <= 0) return false;
    this.at = id;
    return true;
  }

  /**
   * What a message is told with.
   * @param {Reset | undefined} reset
   */
  takeReset(reset) {
    const told = this.#reset ?? reset;
    this.#reset = undefined;
    return told;
  }

  /**
   * @param {Told} _message
   * @param {Reset | undefined} _reset
   */
  take(_message, _reset) {}

  /** @param {unknown} _error Why it cannot go on. */
  fail(_error) {
    this.end();
  }

  /** The channel has ended, or nobody reads this any more. */
  end() {
    if (this.isEnded) return;
    this.isEnded = true;
    this.#channel.leave(this);
  }
}

module.exports = { Reader };
