'use strict';

const { protocol } = require('../protocol.js');
const { isFinal } = require('../streams/replies.js');
const { delay } = require('../time.js');
const { kept } = require('./message.js');
const { compare } = require('./positions.js');

/** @import { Failure } from '../errors.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof import('./message.js').Told>} Told */
/** @typedef {import('./channel.js').Page} Page */
/** @typedef {readonly unknown[]} Place Topic, organization and user. */

const { topicPage: PAGE, topicReadAgainMs: AGAIN_MS } = protocol.limits;
/** What asking again does not change. */
const FINAL = ['E_ARGUMENT', 'E_INTERNAL', 'E_KEY'];

/** Reads streams of topics. */
class Pages {
  #engine;

  /** @param {Engine} engine */
  constructor(engine) {
    this.#engine = engine;
  }

  /**
   * @param {Place} place
   * @param {string} after
   * @param {number} [limit]
   */
  async after(place, after, limit = PAGE) {
    return pageOf(await this.#engine.ask('after', ...place, after, limit));
  }

  /**
   * The same, however long the server is away. Undefined where the reader has ended meanwhile.
   * @param {Place} place
   * @param {string} after
   * @param {() => boolean} isEnded
   */
  async afterAtLast(place, after, isEnded) {
    while (!isEnded()) {
      try {
        return await this.after(place, after);
      } catch (thrown) {
        const error = /** @type {Failure} */ (thrown);
        if (error.code === 'E_CLOSED') return undefined;
        if (FINAL.includes(String(error.code)) || isFinal(error)) throw error;
      }
      await delay(AGAIN_MS, undefined, { ref: false });
    }
    return undefined;
  }

  /**
   * The first messages behind a place.
   * @param {Place} place
   * @param {string} after
   * @param {number} limit
   */
  async first(place, after, limit) {
    /** @type {Told[]} */
    const found = [];
    let at = after;
    for (;;) {
      const { messages, last } = await this.after(place, at, Math.min(PAGE, limit - found.length));
      found.push(...messages);
      at = String(messages.at(-1)?.id ?? last);
      if (messages.length === 0 || found.length >= limit || compare(at, last) >= 0) return found;
    }
  }

  /**
   * The last messages, in the order of the stream.
   * @param {Place} place
   * @param {number} limit
   */
  async latest(place, limit) {
    /** @type {Told[]} */
    const found = [];
    let before;
    for (;;) {
      const count = Math.min(PAGE, limit - found.length);
      const { messages } = pageOf(await this.#engine.ask('before', ...place, before, count));
      found.push(...messages);
      before = messages.at(-1)?.id;
      if (messages.length === 0 || found.length >= limit) return found.reverse();
    }
  }
}

/**
 * @param {string[]} told
 * @returns {Page}
 */
function pageOf([last, nowMs, ...parts]) {
  const messages = [];
  for (let i = 0; i < parts.length; i += 3) messages.push(kept(parts[i], parts[i + 1], parts[i + 2]));
  return { last, nowMs: Number(nowMs), messages };
}

module.exports = { Pages };
