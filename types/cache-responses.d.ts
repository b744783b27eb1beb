import type { Cache } from './cache-entries.js';

/**
 * Options of {@link cacheResponse}.
 * @example
 * import { type CacheResponseOptions, createCache } from 'orgcache';
 * const options: CacheResponseOptions = {
 *   cache: createCache({ name: 'responses' }),
 *   ttlSeconds: 30,
 *   org: (request) => request.auth.organizationId,
 *   vary: ['Accept-Language'],
 * };
 */
export interface CacheResponseOptions {
  /**
   * The cache that keeps the responses.
   * `any`: a cache of values of any type will do.
   */
  cache: Cache<any>;
  /** Seconds for which a response is stored at most. What its own headers allow counts if it is less. Default 60. */
  ttlSeconds?: number;
  /**
   * What tells responses apart. Default: the URL.
   * `any`: requests have the types of the framework, and no framework is a dependency.
   */
  key?: (request: any) => string;
  /**
   * The organization whose response it is. A request for which it answers nothing fails with `E_KEY`. Default: the
   * responses belong to no organization.
   * `any`: requests have the types of the framework, and no framework is a dependency.
   */
  org?: (request: any) => string;
  /** Headers of the request by which responses differ. The response's `Vary` gets them. */
  vary?: readonly string[];
  /** Tags of the stored responses. */
  tags?: readonly string[];
}

/**
 * Middleware for express, with a plugin for fastify in `fastify`.
 * @example
 * import { cacheResponse, createCache, type ResponseMiddleware } from 'orgcache';
 * const cached: ResponseMiddleware = cacheResponse({ cache: createCache({ name: 'responses' }) });
 */
export interface ResponseMiddleware {
  /** `any`: requests have the types of the framework, and no framework is a dependency. */
  (request: any, response: any, next: (error?: any) => void): Promise<void>;
  /**
   * A plugin: `app.register(cacheResponse({ cache }).fastify)`.
   * `any`: the instance has the type of fastify, which is no dependency.
   */
  readonly fastify: (instance: any, options: object, done: (error?: Error) => void) => void;
}

/**
 * Stores responses to GET, and answers GET and HEAD with them. Requests for one response at the same time share one
 * handler. It obeys `Cache-Control` of both sides, and stores no response that sets a cookie, is private, or varies by
 * another header than `vary`. Answers have `Age`, `ETag` and `Cache-Status`.
 * @example
 * import { cacheResponse, createCache } from 'orgcache';
 * const cache = createCache({ name: 'responses' });
 * const cached = cacheResponse({ cache, ttlSeconds: 60, org: (request) => request.auth.organizationId });
 * // app.get('/orders', cached, handler);
 */
export function cacheResponse(options: CacheResponseOptions): ResponseMiddleware;
