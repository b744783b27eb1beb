'use strict';

const { toJson } = require('../cache-calls.js');

/**
 * The fields of a session at its top, each with its value as JSON.
 * @typedef {Map<string, string>} Fields
 */

const COOKIE = 'cookie';
/** When a cookie ends. `originalExpires` is what @fastify/session makes of the end that it has loaded. */
const ENDS = ['expires', 'originalExpires'];

/**
 * @param {unknown} session
 * @returns {Fields}
 */
function fieldsOf(session) {
  const plain = JSON.parse(toJson(session));
  const isObject = typeof plain === 'object' && plain !== null;
  return new Map(isObject ? Object.entries(plain).map(([name, value]) => [name, JSON.stringify(value)]) : []);
}

/**
 * A session with these fields. A field named `__proto__` is a field like others.
 * @param {Fields} fields
 */
function sessionOf(fields) {
  const members = [...fields].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return JSON.parse(`{${members.join(',')}}`);
}

/**
 * The JSON of a cookie without the times at which it ends.
 * @param {string | undefined} text
 */
function endlessCookie(text) {
  if (text === undefined) return undefined;
  const cookie = JSON.parse(text);
  if (typeof cookie === 'object' && cookie !== null) for (const name of ENDS) delete cookie[name];
  return JSON.stringify(cookie);
}

/**
 * Whether a session is what it was, but for the end of its cookie.
 * @param {Fields} now
 * @param {Fields} before
 */
function isUnchanged(now, before) {
  if (now.size !== before.size) return false;
  for (const [name, text] of now) {
    const old = before.get(name);
    if (text === old) continue;
    if (name !== COOKIE || old === undefined || endlessCookie(text) !== endlessCookie(old)) return false;
  }
  return true;
}

/**
 * What others have stored, with the fields that this session has changed, added or removed since it was loaded.
 * @param {Fields} loaded
 * @param {Fields} stored
 * @param {Fields} now
 * @returns {Fields}
 */
function merged(loaded, stored, now) {
  const fields = new Map(stored);
  for (const [name, text] of now) if (loaded.get(name) !== text) fields.set(name, text);
  for (const name of loaded.keys()) if (!now.has(name)) fields.delete(name);
  const [own, old, other] = [now.get(COOKIE), loaded.get(COOKIE), stored.get(COOKIE)];
  if (own !== undefined && other !== undefined && endlessCookie(own) === endlessCookie(old)) {
    fields.set(COOKIE, withEndsOf(own, other));
  }
  return fields;
}

/**
 * The cookie `other` with the ends of the cookie `own`.
 * @param {string} own
 * @param {string} other
 */
function withEndsOf(own, other) {
  const [from, to] = [JSON.parse(own), JSON.parse(other)];
  if (typeof from !== 'object' || from === null || typeof to !== 'object' || to === null) return own;
  for (const name of ENDS) if (Object.hasOwn(from, name)) to[name] = from[name];
  return JSON.stringify(to);
}

module.exports = { endlessCookie, fieldsOf, isUnchanged, merged, sessionOf };
