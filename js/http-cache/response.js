'use strict';

const { directivesOf, secondsOf } = require('./directives.js');
const { namesIn, secondsOfAge, textOf } = require('./headers.js');

/** @import { Headers } from './headers.js' */

/**
 * For how long a response may be stored, or why it may not.
 * @typedef {{ ttlSeconds: number } | { reason: Reason }} Storability
 */

/** @typedef {'authorization' | 'expired' | 'method' | 'no-cache' | 'no-store' | 'private' | 'set-cookie' | 'status' | 'vary'} Reason */

/**
 * @typedef {object} Exchange
 * @property {{ method: string, headers: Headers }} request
 * @property {{ status: number, headers: Headers }} response
 * @property {number} ttlSeconds The most that the application allows.
 * @property {readonly string[]} vary The headers of the request by which the key differs.
 * @property {number} nowMs Milliseconds since 1970.
 * @property {boolean} isKeyed Whether the application names the organization or the key, and so who shares the response.
 */

/** Answers that are the same for everybody who asks, and remain so for a while. */
const STATUSES = [200, 203, 204, 301, 308];
/** Directives by which a response to an authorized request may be shared (RFC 9111, section 3.5). */
const SHARED = ['must-revalidate', 'public', 's-maxage'];

/**
 * @param {Exchange} exchange
 * @returns {Storability}
 */
function storabilityOf({ request, response, ttlSeconds, vary, isKeyed, nowMs }) {
  const { headers, status } = response;
  const directives = directivesOf(headers['cache-control']);
  // The response to HEAD has no body.
  if (request.method !== 'GET') return { reason: 'method' };
  if (!STATUSES.includes(status)) return { reason: 'status' };
  for (const reason of /** @type {const} */ (['no-store', 'private', 'no-cache'])) {
    if (directives.has(reason)) return { reason };
  }
  if (headers['set-cookie'] !== undefined) return { reason: 'set-cookie' };
  const known = vary.map((name) => name.toLowerCase());
  if (namesIn(headers, 'vary').some((name) => !known.includes(name))) return { reason: 'vary' };
  const mayBeShared = isKeyed || SHARED.some((name) => directives.has(name));
  if (request.headers.authorization !== undefined && !mayBeShared) return { reason: 'authorization' };
  const lifetime = Math.min(ttlSeconds, freshnessOf(headers, nowMs));
  return lifetime > 0 ? { ttlSeconds: lifetime } : { reason: 'expired' };
}

/**
 * For how many seconds the response itself says that it is fresh; endless if it says nothing.
 * @param {Headers} headers
 * @param {number} nowMs
 */
function freshnessOf(headers, nowMs) {
  const directives = directivesOf(headers['cache-control']);
  const named = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  return (named ?? untilExpires(headers, nowMs)) - secondsOfAge(headers);
}

/**
 * @param {Headers} headers
 * @param {number} nowMs
 */
function untilExpires(headers, nowMs) {
  const expires = textOf(headers, 'expires');
  if (expires === undefined) return Number.POSITIVE_INFINITY;
  const date = textOf(headers, 'date');
  // Of a date that is none, such as 0, this is no number, which is as good as passed.
  return (Date.parse(expires) - (date === undefined ? nowMs : Date.parse(date))) / 1000;
}

module.exports = { storabilityOf };
