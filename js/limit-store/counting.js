'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');

/** @import { OrgCache } from '../../index.js' */

/** @typedef {Pick<OrgCache, 'cacheAdapter' | 'createLimiter' | 'redisManager'>} Instance */

/** A policy with this limit admits every call, so that what it counts is all calls. */
const UNREACHED = 2 ** 40;
/** A text that may stand in the name of a namespace. */
const PLAIN = /^[\w.-]{1,40}$/;
const HASH_CHARACTERS = 22;
/** The services without options have the key of the HMAC of identifiers in this variable, and so do the stores. */
const SECRET_VARIABLE = 'RATE_LIMIT_SECRET';

/**
 * The name of a limiter's namespace that a text separates from others.
 * @param {string} room
 * @param {string} text
 */
function namespaceOf(room, text) {
  if (text === '') return room;
  const hash = () => createHash('sha256').update(text).digest('base64url').slice(0, HASH_CHARACTERS);
  return `${room}.${PLAIN.test(text) ? text : hash()}`;
}

/** @param {unknown} given */
function secretOf(given) {
  const secret = given ?? (process.env[SECRET_VARIABLE] || undefined);
  if (secret === undefined || typeof secret === 'string') return secret;
  throw new OrgCacheError('E_CONFIG', 'the option secret must be a text of at least 32 bytes');
}

/**
 * @param {any} instance
 * @returns {Instance}
 */
function checkedInstance(instance) {
  if (typeof instance?.createLimiter === 'function') return instance;
  throw new OrgCacheError('E_CONFIG', 'the option instance must be an answer of createInstance()');
}

module.exports = { UNREACHED, checkedInstance, namespaceOf, secretOf };
