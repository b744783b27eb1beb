'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { head } = require('../protocol.js');
const { verbs } = require('./engine.js');

/**
 * The key of a query. Throws `E_QUERY` for a text that does more than read.
 * @param {unknown} sql
 * @param {unknown} params
 * @returns {string}
 */
function queryKey(sql, params) {
  if (typeof sql !== 'string') throw new OrgCacheError('E_QUERY', 'the text of the query must be a text');
  if (!Array.isArray(params)) {
    throw new OrgCacheError('E_QUERY', 'the parameters of the query must be a list');
  }
  const typed = JSON.stringify(params.map(typedText));
  return /** @type {string} */ (loadNative().alone(makeError, head(verbs.entryQuery, 0, 2), sql, typed));
}

/**
 * A parameter with its type: 1, '1' and 1n are different parameters.
 * @param {unknown} value
 * @returns {string}
 */
function typedText(value) {
  if (value === null) return 'null';
  if (value instanceof Date) return `date ${value.getTime()}`;
  if (ArrayBuffer.isView(value)) {
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return `bytes ${bytes.toString('base64')}`;
  }
  if (typeof value !== 'object') return `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`;
  if (Array.isArray(value)) return `list ${JSON.stringify(value.map(typedText))}`;
  const fields = Object.entries(value).map(([name, field]) => [name, typedText(field)]);
  return `object ${JSON.stringify(fields)}`;
}

module.exports = { queryKey };
