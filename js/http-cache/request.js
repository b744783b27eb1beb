'use strict';

const { directivesOf, secondsOf } = require('./directives.js');
const { namesIn, textOf } = require('./headers.js');

/** @import { Headers } from './headers.js' */

/**
 * What a cache may do for a request. `bypass`: it neither answers nor stores, for this `reason`. `refresh`: it does not
 * answer, but may store. `use`: it does both.
 * @typedef {{ mode: 'bypass' | 'refresh' | 'use', reason?: 'method' | 'request', onlyIfCached: boolean }} Plan
 */

const METHODS = ['GET', 'HEAD'];

/**
 * @param {{ method: string, headers: Headers }} request
 * @returns {Plan}
 */
function planOf({ method, headers }) {
  const directives = directivesOf(headers['cache-control']);
  const onlyIfCached = directives.has('only-if-cached');
  if (!METHODS.includes(method)) return { mode: 'bypass', reason: 'method', onlyIfCached: false };
  // Parts of a body are not stored, and the whole would have to be cut.
  if (directives.has('no-store') || headers.range !== undefined) {
    return { mode: 'bypass', reason: 'request', onlyIfCached };
  }
  const isPragma = headers['cache-control'] === undefined && namesIn(headers, 'pragma').includes('no-cache');
  const asksAnew = directives.has('no-cache') || secondsOf(directives, 'max-age') === 0 || isPragma;
  return { mode: asksAnew ? 'refresh' : 'use', onlyIfCached };
}

/**
 * The part of a key that separates the variants of a resource: the values of some headers of the request. Whether a
 * header is missing or empty makes a difference. White space around commas does not, nor does the order of names.
 * @param {Headers} headers
 * @param {readonly string[]} vary
 */
function variantOf(headers, vary) {
  const names = [...new Set(vary.map((name) => name.toLowerCase()))].sort();
  const values = names.map(
    (name) =>
      textOf(headers, name)
        ?.trim()
        .replace(/\s*,\s*/g, ',') ?? null,
  );
  return names.length === 0 ? '' : JSON.stringify([names, values]);
}

module.exports = { planOf, variantOf };
