'use strict';

const { createHash } = require('node:crypto');
const { textOf } = require('./headers.js');

/** @import { Headers } from './headers.js' */

/** 128 bits. */
const ETAG_CHARACTERS = 22;
/** An entity tag with its text in quotes (RFC 9110, section 8.8.3). */
const ENTITY_TAG = /(?:W\/)?("[^"]*")/g;

/**
 * A strong entity tag: it differs if a byte differs.
 * @param {string | Uint8Array} body
 */
function etagOf(body) {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, ETAG_CHARACTERS)}"`;
}

/**
 * Whether the client has this response already (RFC 9110, section 13.2.2). `If-Modified-Since` counts only without
 * `If-None-Match`.
 * @param {{ headers: Headers }} request
 * @param {{ headers: Headers }} response
 */
function isNotModified(request, response) {
  const known = textOf(request.headers, 'if-none-match');
  const etag = textOf(response.headers, 'etag');
  if (known !== undefined) {
    if (known.trim() === '*') return true;
    return etag !== undefined && tagsIn(known).includes(tagsIn(etag)[0]);
  }
  const since = Date.parse(textOf(request.headers, 'if-modified-since') ?? '');
  const modified = Date.parse(textOf(response.headers, 'last-modified') ?? '');
  return modified <= since;
}

/**
 * Weak and strong tags of one text are the same here.
 * @param {string} header
 */
function tagsIn(header) {
  return [...header.matchAll(ENTITY_TAG)].map(([, tag]) => tag);
}

module.exports = { etagOf, isNotModified };
