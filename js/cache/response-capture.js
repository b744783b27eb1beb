'use strict';

const { MAX_BYTES } = require('./response-cache.js');

/** @import { ServerResponse } from 'node:http' */

/**
 * Watches what a handler sends.
 * @typedef {object} Watch
 * @property {(body: Buffer | undefined) => void} onHeaders Called before the headers go. The body is known if the handler gives all of it at once.
 * @property {(body: Buffer | undefined) => void} onEnd Called once: with the whole body, or without if the response was cut off or is too large.
 */

/**
 * Passes on what a handler writes, and keeps it.
 * @param {ServerResponse} response
 * @param {Watch} watch
 */
function capture(response, { onHeaders, onEnd }) {
  const { writeHead, write, end } = response;
  /** @type {Buffer[]} */
  const chunks = [];
  let size = 0;
  let isEnded = false;
  const done = (/** @type {Buffer | undefined} */ body) => {
    if (isEnded) return;
    isEnded = true;
    onEnd(body);
  };
  const keep = (/** @type {any} */ chunk, /** @type {any} */ encoding) => {
    const bytes = bytesOf(chunk, encoding);
    if (bytes === undefined || size > MAX_BYTES) return;
    size += bytes.length;
    chunks.push(bytes);
  };
  /** The whole body, while the headers are made. */
  let whole = /** @type {Buffer | undefined} */ (undefined);

  response.writeHead = /** @type {typeof writeHead} */ (
    (/** @type {number} */ status, /** @type {any[]} */ ...given) => {
      response.statusCode = status;
      const [reason, headers] = typeof given[0] === 'string' ? given : [undefined, given[0]];
      for (const [name, value] of pairsOf(headers)) response.setHeader(name, value);
      onHeaders(whole);
      // The headers have been set.
      return reason === undefined
        ? writeHead.call(response, status)
        : writeHead.call(response, status, reason);
    }
  );
  response.write = /** @type {typeof write} */ (
    (/** @type {any} */ chunk, /** @type {any[]} */ ...others) => {
      keep(chunk, others[0]);
      return /** @type {any} */ (write).call(response, chunk, ...others);
    }
  );
  response.end = /** @type {typeof end} */ (
    (/** @type {any[]} */ ...given) => {
      const [chunk, encoding] = given;
      if (chunk !== undefined && chunk !== null && typeof chunk !== 'function') keep(chunk, encoding);
      const body = size > MAX_BYTES ? undefined : Buffer.concat(chunks);
      if (!response.headersSent) whole = body;
      response.once('finish', () => done(body));
      return /** @type {any} */ (end).call(response, ...given);
    }
  );
  response.once('close', () => done(undefined));
}

/**
 * @param {unknown} chunk
 * @param {unknown} encoding
 */
function bytesOf(chunk, encoding) {
  if (typeof chunk === 'string') {
    return Buffer.from(
      chunk,
      typeof encoding === 'string' ? /** @type {BufferEncoding} */ (encoding) : 'utf8',
    );
  }
  // What the caller may change later is copied.
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : undefined;
}

/**
 * Headers as `writeHead` takes them: an object, or a list of names and values.
 * @param {any} headers
 * @returns {[string, any][]}
 */
function pairsOf(headers) {
  if (headers === undefined || headers === null) return [];
  if (!Array.isArray(headers)) return Object.entries(headers);
  if (Array.isArray(headers[0])) return headers;
  /** @type {[string, any][]} */
  const pairs = [];
  for (let i = 0; i < headers.length; i += 2) pairs.push([headers[i], headers[i + 1]]);
  return pairs;
}

module.exports = { capture };
