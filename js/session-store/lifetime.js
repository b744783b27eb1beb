'use strict';

const { protocol } = require('../protocol.js');
const { applicationMs } = require('../time.js');

/** @typedef {{ ttl: number | ((session: any) => number) }} Lifetimes */

const { storeToleranceMs } = protocol.limits;
const MS_A_SECOND = 1000;
/** Beyond it a lifetime is no lifetime of Redis. It is 30,000 years. */
const MOST = 2 ** 50;

/**
 * For how long a session lives from now, in ms: until its cookie ends, or for as long as the option `ttl` says. It may be
 * 0 or less, or no number.
 * @param {any} session
 * @param {Lifetimes} settings
 */
function lifetimeOf(session, { ttl }) {
  if (typeof ttl === 'function') return whole(ttl(session) * MS_A_SECOND);
  const expires = session?.cookie?.expires;
  if (!expires) return whole(ttl * MS_A_SECOND);
  return whole(endOf(expires) - applicationMs());
}

/** @param {unknown} expires A Date, or its text as it is stored. */
function endOf(expires) {
  if (typeof expires === 'string') return Date.parse(expires);
  return new Date(/** @type {any} */ (expires)).getTime();
}

/** @param {number} ms */
function whole(ms) {
  return Math.min(Math.ceil(ms), MOST);
}

/**
 * Sets the end of a session's cookie to that of the session in Redis, which touches prolong without writing it.
 * @param {any} session
 * @param {number} leftMs
 */
function endsOf(session, leftMs) {
  const cookie = session?.cookie;
  if (!cookie?.expires) return;
  const endsAtMs = applicationMs() + leftMs;
  if (Math.abs(endsAtMs - endOf(cookie.expires)) <= storeToleranceMs) return;
  cookie.expires = new Date(endsAtMs).toISOString();
}

module.exports = { endsOf, lifetimeOf };
