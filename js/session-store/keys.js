'use strict';

const crypto = require('node:crypto');

/** Ids of the libraries have 32 characters. */
const MOST_CHARACTERS = 1024;
/** Of a hash so many characters are kept: 192 bits. */
const HASH_CHARACTERS = 32;
/** The part of a key that fixes its slot in a cluster. */
const TAG = /^[^{]*\{([^}]+)\}/;
/** How the key of a tombstone ends. No id that names a key has a brace. */
const GONE = '}:gone';

/**
 * Whether an id can name a session. Whoever asks for another one is told that there is none.
 * @param {unknown} id
 * @param {boolean} isHashed
 * @returns {id is string}
 */
function isId(id, isHashed) {
  if (typeof id !== 'string' || id === '' || id.length > MOST_CHARACTERS) return false;
  return isHashed || !/[{}]/.test(id);
}

/**
 * The name of a session in Redis, where nobody shall read its id.
 * @type {(id: string) => string}
 */
const hashOf =
  'hash' in crypto
    ? (id) => crypto.hash('sha256', id, 'base64url').slice(0, HASH_CHARACTERS)
    : (id) => crypto.createHash('sha256').update(id).digest('base64url').slice(0, HASH_CHARACTERS);

/**
 * The key of a session's tombstone, in the same slot. `whole` is the session's key as Redis has it.
 * @param {string} whole
 */
function tombstoneOf(whole) {
  const tag = TAG.exec(whole)?.[1];
  return tag === undefined ? `{${whole}${GONE}` : `{${tag}}:{${whole}${GONE}`;
}

/** @param {string} key */
function isTombstone(key) {
  return key.endsWith(GONE);
}

module.exports = { hashOf, isId, isTombstone, tombstoneOf };
