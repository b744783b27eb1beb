'use strict';

const { protocol } = require('../protocol.js');
const { serverMsAt } = require('./session.js');

/** @import { Session } from '../../types/session.js' */
/** @import { Normalized } from './engine.js' */

const { idLetters: ID_LETTERS } = protocol.session;
const ID = /^[\w-]+$/;

/** Writes and reads the cookie of a room. */
class Cookie {
  #options;
  #attributes;

  /** @param {Normalized['cookie']} options */
  constructor(options) {
    this.#options = options;
    const { domain, path, sameSite, insecure } = options;
    this.#attributes = [
      ...(domain === null ? [] : [`Domain=${domain}`]),
      `Path=${path}`,
      ...(insecure ? [] : ['Secure']),
      'HttpOnly',
      `SameSite=${sameSite}`,
    ].join('; ');
  }

  /**
   * The value of Set-Cookie: the session's current id, or the end of the cookie.
   * @param {Session<any> | null} session
   */
  text(session) {
    const { name, persistent } = this.#options;
    if (session === null) return `${name}=; Max-Age=0; ${this.#attributes}`;
    const value = `${name}=${session.renewedId ?? session.id}`;
    if (!persistent) return `${value}; ${this.#attributes}`;
    const seconds = Math.max(0, Math.floor((session.endsAt.getTime() - serverMsAt(session)) / 1000));
    return `${value}; Max-Age=${seconds}; ${this.#attributes}`;
  }

  /**
   * The id in a Cookie header. Another cookie of the same name may come first, so the first that could be an id counts.
   * @param {unknown} header
   * @returns {string | null}
   */
  idIn(header) {
    if (typeof header !== 'string') return null;
    const start = `${this.#options.name}=`;
    for (const part of header.split(';')) {
      const pair = part.trim();
      if (!pair.startsWith(start)) continue;
      const value = pair.slice(start.length);
      if (value.length === ID_LETTERS && ID.test(value)) return value;
    }
    return null;
  }

  /**
   * Whether a Cookie header has a cookie of this name.
   * @param {unknown} header
   */
  isIn(header) {
    if (typeof header !== 'string') return false;
    return header.split(';').some((part) => part.trim().startsWith(`${this.#options.name}=`));
  }
}

module.exports = { Cookie };
