'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');

/** The keys of the service, in its database without any prefix. */
const KEYS = {
  session: (/** @type {string} */ id) => `session:${id}`,
  userProfile: (/** @type {string} */ id) => `user:profile:${id}`,
  userBalance: (/** @type {string} */ id) => `user:balance:${id}`,
  item: (/** @type {string} */ id) => `item:${id}`,
};
/** 128 bits. */
const HEX_DIGITS = 32;

/**
 * A key as Redis has it.
 * @param {unknown} given
 * @param {string} [what]
 */
function keyOf(given, what = 'a key') {
  if ((typeof given === 'string' && given !== '') || typeof given === 'number') return String(given);
  throw new OrgCacheError('E_KEY', `${what} must be a text that is not empty, or a number`);
}

/** @param {unknown} given */
function keysOf(given) {
  if (Array.isArray(given)) return given.map((key) => keyOf(key));
  throw new OrgCacheError('E_KEY', 'the keys must be an array');
}

/**
 * The key of an answer of an API. Parameters that are no text stand in it as JSON.
 * @param {unknown} endpoint
 * @param {unknown} params
 */
function apiKey(endpoint, params) {
  const text = typeof params === 'string' ? params : typedJson(params, (value) => value);
  return `api:${keyOf(endpoint, 'the endpoint')}:${text}`;
}

/**
 * The key of a query's result. Text and parameters are separated, and parameters of different types are different.
 * @param {unknown} query
 * @param {unknown} params
 */
function queryKey(query, params) {
  if (typeof query !== 'string' || query === '') {
    throw new OrgCacheError('E_KEY', 'the query must be a text that is not empty');
  }
  const text = typedJson([query, params], (value) => `s${value}`);
  return `query:${createHash('sha256').update(text).digest('hex').slice(0, HEX_DIGITS)}`;
}

/**
 * JSON in which values that JSON does not have are texts that begin with a letter. `ofText` marks the other texts.
 * @param {unknown} given
 * @param {(text: string) => string} ofText
 */
function typedJson(given, ofText) {
  try {
    return JSON.stringify(given, function (name, json) {
      const value = this[name];
      if (typeof value === 'string') return ofText(value);
      if (typeof value === 'bigint') return `n${value}`;
      if (typeof value === 'number' && !Number.isFinite(value)) return `f${value}`;
      if (value === undefined) return 'u';
      if (ArrayBuffer.isView(value)) return `b${bytesOf(value).toString('base64')}`;
      return typeof json === 'string' ? `j${json}` : json;
    });
  } catch (cause) {
    const sentence = 'the parameters have no JSON: they hold a cycle or a toJSON that throws';
    throw new OrgCacheError('E_SERIALIZE', sentence, { cause });
  }
}

/** @param {{ buffer: ArrayBufferLike, byteOffset: number, byteLength: number }} view */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

module.exports = { KEYS, apiKey, keyOf, keysOf, queryKey };
