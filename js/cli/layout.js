'use strict';

const { protocol } = require('../protocol.js');

/** Types whose second part is an id, and no organization. */
const WITHOUT_ORGANIZATION = new Set([
  'phoneToLead',
  'leadToPhone',
  'dynamicLead',
  'agentConfig',
  'sseCache',
  'kv',
]);

/** The scope of no organization. */
const GLOBAL = 'global';
/** How the empty name is written between the braces of a cluster's keys. */
const EMPTY = '!';

/** The key that lists what an organization holds. */
function indexOf({ prefix, cacheManager }, organization) {
  const key = cacheManager.generateKey('index', organization);
  return `${prefix}!${key.slice(prefix.length)}`;
}

/** A pattern for SCAN: every index of an organization. */
function indexPattern({ prefix }) {
  return `${prefix}!index:*`;
}

/** A pattern for SCAN: every value, or those of one type. Indexes and marks begin with a `!`. */
function valuePattern(store, type) {
  return type === undefined ? `${store.prefix}[^!]*` : `${typePrefix(store, type)}*`;
}

/** How the keys of a type begin. A caller's own type is encoded as native code does it. */
function typePrefix({ prefix, cacheManager }, type) {
  if (Object.hasOwn(protocol.kinds, type)) return `${prefix}${type}:`;
  const key = cacheManager.generateKey(type);
  return key.slice(0, key.lastIndexOf(':') + 1);
}

/** Whether a key is one by which the others are found. */
function isInternal({ prefix }, key) {
  return key.startsWith(`${prefix}!`);
}

/** `{ type, organization, rest }` of a key, as a person reads them; null where it is none of this prefix. */
function partsOf({ prefix }, key) {
  if (!key.startsWith(prefix)) return null;
  const [type, scope, ...rest] = key.slice(prefix.length).split(':');
  if (scope === undefined || rest.length > 1) return null;
  try {
    if (WITHOUT_ORGANIZATION.has(type))
      return { type, organization: null, rest: [scope, ...rest].map(decoded) };
    return { type: decoded(type), organization: organizationOf(scope), rest: rest.map(decoded) };
  } catch {
    // A percent sign that encodes nothing: somebody else's key.
    return null;
  }
}

function organizationOf(scope) {
  const tagged = /^\{(.*)\}$/s.exec(scope);
  const name = tagged === null ? scope : tagged[1];
  if (name === GLOBAL) return null;
  return tagged !== null && name === EMPTY ? '' : decoded(name);
}

function decoded(part) {
  return decodeURIComponent(part);
}

module.exports = { indexOf, indexPattern, isInternal, partsOf, typePrefix, valuePattern };
