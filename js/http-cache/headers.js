'use strict';

/** @typedef {Readonly<Record<string, string | readonly string[] | undefined>>} Headers By their names in lower case. */

/** Headers of one connection (RFC 9110, section 7.6.1), and those that each answer gets anew. */
const OF_ONE_ANSWER = [
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authentication-info', 'proxy-authorization'],
  ...['proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['age', 'cache-status', 'content-length'],
];
/** Headers of an answer that says that nothing has changed (RFC 9110, section 15.4.5). */
const OF_NOT_MODIFIED = ['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'];

/**
 * The value of a header as one text; undefined if it is not there.
 * @param {Headers} headers
 * @param {string} name
 * @returns {string | undefined}
 */
function textOf(headers, name) {
  const value = headers[name];
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}

/**
 * The names in a header that is a list of names, in lower case.
 * @param {Headers} headers
 * @param {string} name
 */
function namesIn(headers, name) {
  const names = (textOf(headers, name) ?? '').split(',');
  return names.map((each) => each.trim().toLowerCase()).filter((each) => each !== '');
}

/**
 * The headers that are stored with a response.
 * @param {Headers} headers
 * @returns {Record<string, string | readonly string[]>}
 */
function storedHeaders(headers) {
  const left = [...OF_ONE_ANSWER, ...namesIn(headers, 'connection')];
  const kept = Object.entries(headers).filter(([name, value]) => value !== undefined && !left.includes(name));
  return /** @type {Record<string, string | readonly string[]>} */ (Object.fromEntries(kept));
}

/**
 * The headers of an answer with the status 304.
 * @param {Headers} headers
 */
function notModifiedHeaders(headers) {
  const kept = Object.entries(headers).filter(([name]) => OF_NOT_MODIFIED.includes(name));
  return Object.fromEntries(kept);
}

/**
 * When a response was made, in milliseconds since 1970: before it came here if another cache says its age.
 * @param {Headers} headers
 * @param {number} nowMs
 */
function madeAtMs(headers, nowMs) {
  return nowMs - 1000 * secondsOfAge(headers);
}

/**
 * The header `Age`: whole seconds since the response was made.
 * @param {number} madeMs
 * @param {number} nowMs
 */
function ageOf(madeMs, nowMs) {
  return Math.floor(Math.max(0, nowMs - madeMs) / 1000);
}

/** @param {Headers} headers */
function secondsOfAge(headers) {
  const age = textOf(headers, 'age') ?? '';
  return /^\d+$/.test(age) ? Number(age) : 0;
}

module.exports = { ageOf, madeAtMs, namesIn, notModifiedHeaders, secondsOfAge, storedHeaders, textOf };
