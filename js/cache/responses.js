'use strict';

const http = require('../http-cache/index.js');
const { epochMs } = require('../time.js');
const { MAX_BYTES, ResponseCache } = require('./response-cache.js');
const { capture } = require('./response-capture.js');

/** @import { ServerResponse } from 'node:http' */
/** @import { CacheResponseOptions, ResponseMiddleware } from '../../types/cache-responses.js' */
/** @import { Asked, Decision, Stored } from './response-cache.js' */

/** @typedef {Extract<Decision, { action: 'run' }>} Run */

/** Fastify gives these properties of a plugin a meaning: its hooks count for the scope that registers it. */
const SHARES_SCOPE = Symbol.for('skip-override');
const DISPLAY_NAME = Symbol.for('fastify.display-name');
const GATEWAY_TIMEOUT = 504;
const NOT_MODIFIED = 304;

/**
 * Middleware for express, and in its property `fastify` a plugin: responses that are stored answer later requests.
 * @param {CacheResponseOptions} options
 * @returns {ResponseMiddleware}
 */
function cacheResponse(options) {
  const cache = new ResponseCache(options);
  return Object.assign(middlewareOf(cache), { fastify: pluginOf(cache) });
}

/** @param {InstanceType<typeof ResponseCache>} cache */
function middlewareOf(cache) {
  /**
   * @param {any} request
   * @param {ServerResponse} response
   * @param {(error?: any) => void} next
   */
  return async function cachedResponse(request, response, next) {
    let decision;
    const asked = askedOf(request, request.originalUrl ?? request.url);
    try {
      decision = await cache.decide(request, asked);
    } catch (error) {
      return next(error);
    }
    if (decision.action === 'run') {
      watch(cache, asked, response, decision);
      return next();
    }
    const { status, headers, body } = answerOf(asked, decision, response.getHeader('cache-status'));
    response.statusCode = status;
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(body);
  };
}

/**
 * @param {InstanceType<typeof ResponseCache>} cache
 * @param {Asked} asked
 * @param {ServerResponse} response
 * @param {Run} run
 */
function watch(cache, asked, response, run) {
  /** @type {Stored | undefined} */
  let stored;
  capture(response, {
    onHeaders: (body) => {
      const made = { status: response.statusCode, headers: headersOf(response) };
      const { headers, ttlSeconds } = headersOfMade(cache, asked, made, run, body);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (ttlSeconds !== undefined) stored = storedOf(response.statusCode, headersOf(response), ttlSeconds);
    },
    onEnd: (body) => run.end?.(stored && body && { ...stored, body }),
  });
}

/** @param {ServerResponse} response */
function headersOf(response) {
  /** @type {Record<string, string | string[]>} */
  const headers = {};
  for (const [name, value] of Object.entries(response.getHeaders())) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value : String(value);
  }
  return headers;
}

/**
 * What a response that a handler has made gets in addition, and for how long it is stored.
 * @param {InstanceType<typeof ResponseCache>} cache
 * @param {Asked} asked
 * @param {{ status: number, headers: Record<string, string | readonly string[]> }} made
 * @param {Run} run
 * @param {Uint8Array | undefined} body
 */
function headersOfMade(cache, asked, made, run, body) {
  const storability = cache.storabilityOf(asked, made, run);
  const ttlSeconds =
    storability !== undefined && 'ttlSeconds' in storability ? storability.ttlSeconds : undefined;
  const detail = storability !== undefined && 'reason' in storability ? storability.reason : undefined;
  /** @type {Record<string, string>} */
  const headers = {
    'cache-status': http.cacheStatusOf(
      { fwd: run.fwd, fwdStatus: made.status, stored: ttlSeconds !== undefined, detail, ttlSeconds },
      made.headers['cache-status'],
    ),
  };
  if (ttlSeconds !== undefined && body !== undefined && made.headers.etag === undefined) {
    headers.etag = http.etagOf(body);
  }
  if (cache.vary.length > 0) headers.vary = withNames(made.headers.vary, cache.vary);
  return { headers, ttlSeconds };
}

/**
 * @param {string | readonly string[] | undefined} before
 * @param {readonly string[]} names
 */
function withNames(before, names) {
  const known = [before ?? []]
    .flat()
    .join(', ')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const lower = known.map((name) => name.toLowerCase());
  return [...known, ...names.filter((name) => !lower.includes(name.toLowerCase()))].join(', ');
}

/**
 * @param {number} status
 * @param {Record<string, string | readonly string[]>} headers
 * @param {number} ttlSeconds
 * @returns {Stored}
 */
function storedOf(status, headers, ttlSeconds) {
  const madeMs = http.madeAtMs(headers, epochMs());
  return { status, headers: http.storedHeaders(headers), ttlSeconds, madeMs, body: new Uint8Array() };
}

/**
 * The answer to a request without its handler.
 * @param {Asked} asked
 * @param {Exclude<Decision, Run>} decision
 * @param {any} before The header `Cache-Status` of what has come before.
 * @returns {{ status: number, headers: Record<string, string | string[]>, body?: Buffer }}
 */
function answerOf(asked, decision, before) {
  if (decision.action === 'refuse') {
    const status = http.cacheStatusOf({ fwd: 'uri-miss', detail: 'only-if-cached' }, before);
    return { status: GATEWAY_TIMEOUT, headers: { 'cache-status': status } };
  }
  const { stored } = decision;
  const age = http.ageOf(stored.madeMs, epochMs());
  const own = {
    age: String(age),
    'cache-status': http.cacheStatusOf({ hit: true, ttlSeconds: stored.ttlSeconds - age }, before),
  };
  if (http.isNotModified(asked, stored)) {
    const headers = /** @type {Record<string, any>} */ (http.notModifiedHeaders(stored.headers));
    return { status: NOT_MODIFIED, headers: { ...headers, ...own } };
  }
  const body = Buffer.from(stored.body.buffer, stored.body.byteOffset, stored.body.byteLength);
  const headers = /** @type {Record<string, any>} */ ({
    ...stored.headers,
    'content-length': String(body.length),
    ...own,
  });
  // The length of the body without the body.
  return { status: stored.status, headers, ...(asked.method === 'HEAD' ? {} : { body }) };
}

/**
 * @param {any} request
 * @param {string} url
 * @returns {Asked}
 */
function askedOf({ method, headers }, url) {
  return { method, headers, url };
}

/** @param {InstanceType<typeof ResponseCache>} cache */
function pluginOf(cache) {
  /** @type {WeakMap<object, { run: Run, asked: Asked }>} */
  const underWay = new WeakMap();

  /**
   * @param {any} request
   * @param {any} reply
   */
  async function onRequest(request, reply) {
    const asked = askedOf(request, request.originalUrl ?? request.url);
    const decision = await cache.decide(request, asked);
    if (decision.action === 'run') {
      underWay.set(request, { run: decision, asked });
      reply.raw.once('close', () => decision.end?.(undefined));
      return undefined;
    }
    const { status, headers, body } = answerOf(asked, decision, reply.getHeader('cache-status'));
    reply.code(status);
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    return reply.send(body);
  }

  /**
   * @param {any} request
   * @param {any} reply
   * @param {any} payload
   */
  async function onSend(request, reply, payload) {
    const known = underWay.get(request);
    if (known === undefined) return payload;
    const { asked, run } = known;
    const body = bodyOf(payload);
    const made = { status: reply.statusCode, headers: headersOfReply(reply) };
    // A stream passes by.
    const wished = body === undefined ? { ...run, end: undefined } : run;
    const { headers, ttlSeconds } = headersOfMade(cache, asked, made, wished, body);
    for (const [name, value] of Object.entries(headers)) reply.header(name, value);
    const stored =
      ttlSeconds === undefined ? undefined : storedOf(made.status, headersOfReply(reply), ttlSeconds);
    run.end?.(stored && body && { ...stored, body });
    return payload;
  }

  /**
   * @param {any} instance
   * @param {object} _options
   * @param {(error?: Error) => void} done
   */
  function plugin(instance, _options, done) {
    instance.addHook('onRequest', onRequest);
    instance.addHook('onSend', onSend);
    done();
  }
  return Object.assign(plugin, { [SHARES_SCOPE]: true, [DISPLAY_NAME]: 'orgcache-responses' });
}

/** @param {any} reply */
function headersOfReply(reply) {
  const headers = Object.entries(reply.getHeaders()).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    headers.map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]),
  );
}

/**
 * The bytes of a payload; undefined for a stream.
 * @param {unknown} payload
 */
function bodyOf(payload) {
  if (payload === undefined || payload === null) return new Uint8Array();
  if (typeof payload !== 'string' && !(payload instanceof Uint8Array)) return undefined;
  const body = Buffer.from(/** @type {string} */ (payload));
  return body.length > MAX_BYTES ? undefined : body;
}

module.exports = { cacheResponse };
