'use strict';

const v8 = require('node:v8');
const { OrgCacheError } = require('../errors.js');
const { toJson } = require('../cache-calls.js');

/**
 * A value's stored form: a text with `json`, bytes with `v8`.
 * @typedef {string | Uint8Array} Payload
 */

/**
 * @typedef {object} Serializer
 * @property {boolean} isBinary Whether payloads are bytes.
 * @property {(value: unknown) => Payload} encode Throws `E_SERIALIZE`, or `E_VALUE_TOO_LARGE` for a text that is too long.
 * @property {(payload: any) => any} decode Throws if the payload is damaged.
 */

/** @param {unknown} value */
function encodeV8(value) {
  try {
    return v8.serialize(value);
  } catch (cause) {
    const sentence =
      'the value cannot be serialized: it holds a function, a symbol or an object of native code, or is nested too deeply';
    throw new OrgCacheError('E_SERIALIZE', sentence, { cause });
  }
}

/** @type {Record<'json' | 'v8', Serializer>} */
const serializers = {
  json: { isBinary: false, encode: toJson, decode: JSON.parse },
  v8: { isBinary: true, encode: encodeV8, decode: (payload) => v8.deserialize(payload) },
};

module.exports = { serializers };
