'use strict';

const { protocol } = require('../protocol.js');

/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */

const { topicRecent: MOST, topicRecentBytes: MOST_BYTES } = protocol.limits;

/** The last messages of a channel, without a gap, for readers that have just read the stream. */
class Recent {
  /** @type {Told[]} */
  #messages = [];
  #bytes = 0;

  /**
   * @param {Told} message
   * @param {boolean} isBehindGap
   */
  add(message, isBehindGap) {
    if (isBehindGap) {
      this.#messages.length = 0;
      this.#bytes = 0;
    }
    this.#messages.push(message);
    this.#bytes += message.bytes;
    while (this.#messages.length > MOST || this.#bytes > MOST_BYTES) {
      this.#bytes -= /** @type {Told} */ (this.#messages.shift()).bytes;
    }
  }

  /**
   * The messages behind a place. Undefined where some of them are not here.
   * @param {string} position
   */
  after(position) {
    const first = this.#messages.findIndex(({ before }) => before === position);
    return first < 0 ? undefined : this.#messages.slice(first);
  }
}

module.exports = { Recent };
