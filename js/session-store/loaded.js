'use strict';

const { protocol } = require('../protocol.js');
const { now } = require('../time.js');
const { endlessCookie } = require('./fields.js');

/** @import { Fields } from './fields.js' */

/**
 * What is known of a session that was loaded or stored: its text in Redis, what its holder has of it where others have
 * changed that text since, and when the text ends there, by the clock of `now()`.
 * @typedef {{ id: string, text: string, own?: Fields, endsAtMs: number }} Known
 */
/** @typedef {{ endsAtMs: number, cookie: string | undefined }} Copied */

const { storeKnownIds } = protocol.limits;

/** What a process remembers of the sessions that it has loaded. */
class Loaded {
  /** @type {WeakMap<object, Known>} */
  #known = new WeakMap();
  /**
   * By id, for a library that copies what it has loaded, so that the object is another one. The id that was used last
   * is at the end.
   * @type {Map<string, Copied>}
   */
  #copied = new Map();
  /** Whether there is such a library. Only then ids are kept. */
  copies;

  /** @param {boolean} copies */
  constructor(copies) {
    this.copies = copies;
  }

  /**
   * @param {unknown} session
   * @param {Known} known
   */
  remember(session, known) {
    if (typeof session !== 'object' || session === null) return;
    this.#known.set(session, known);
    if (this.copies) this.noteCopied(known.id, /** @type {{ cookie?: unknown }} */ (session), known.endsAtMs);
  }

  /**
   * A library has made another object of a session.
   * @param {object} from
   * @param {object} to
   */
  carry(from, to) {
    const known = this.#known.get(from);
    if (known !== undefined) this.#known.set(to, known);
  }

  /**
   * @param {string} id
   * @param {unknown} session
   */
  of(id, session) {
    if (typeof session !== 'object' || session === null) return undefined;
    const known = this.#known.get(session);
    return known?.id === id ? known : undefined;
  }

  /**
   * @param {string} id
   * @param {{ cookie?: unknown }} session
   * @param {number} endsAtMs
   */
  noteCopied(id, session, endsAtMs) {
    this.#copied.delete(id);
    const [oldest] = this.#copied.keys();
    if (this.#copied.size >= storeKnownIds) this.#copied.delete(oldest);
    this.#copied.set(id, { endsAtMs, cookie: cookieOf(session) });
  }

  /**
   * What was loaded under the id last, unless the session has another cookie since.
   * @param {string} id
   * @param {{ cookie?: unknown }} session
   */
  copiedOf(id, session) {
    const copied = this.#copied.get(id);
    return copied !== undefined && copied.cookie === cookieOf(session) ? copied : undefined;
  }

  /** @param {string} id */
  has(id) {
    return this.#copied.has(id);
  }

  /** @param {string} id */
  forget(id) {
    this.#copied.delete(id);
  }
}

/** @param {{ cookie?: unknown }} session */
function cookieOf({ cookie }) {
  return endlessCookie(JSON.stringify(cookie));
}

/**
 * When a key ends that lives for so long from now; never, if it has no end.
 * @param {number} leftMs
 */
function endOf(leftMs) {
  return leftMs < 0 ? Number.POSITIVE_INFINITY : now() + leftMs;
}

module.exports = { Loaded, endOf };
