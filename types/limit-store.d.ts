import type { OrgCache } from '../index.js';

/**
 * Options of the store for express-rate-limit.
 * @example
 * import { LimitStore, type LimitStoreOptions } from 'orgcache/express-rate-limit';
 * const options: LimitStoreOptions = { prefix: 'login', algorithm: 'log', secret: process.env.LIMIT_SECRET ?? '' };
 */
export interface LimitStoreOptions {
  /** The instance whose connection the store uses. Default: that of the package. */
  instance?: OrgCache;
  /** Separates the counts of several middlewares. Default `rl`. */
  prefix?: string;
  /** Key of the HMAC of identifiers, 32 bytes at least. Default: the variable `RATE_LIMIT_SECRET`. */
  secret?: string;
  /** How a limit counts that is a number. Default `fixed`, as in express-rate-limit's own store. */
  algorithm?: 'fixed' | 'sliding' | 'log' | 'gcra';
  /** What decides while Redis is away. Default `local`. */
  onRedisDown?: 'local' | 'open' | 'closed';
  /** Milliseconds after which `onRedisDown` decides. Default 200. */
  decisionMs?: number;
}

/**
 * What an identifier has used.
 * @example
 * import type { ClientHits } from 'orgcache/express-rate-limit';
 * const seconds = ({ resetTime }: ClientHits) => Math.ceil((resetTime.getTime() - Date.now()) / 1000);
 */
export interface ClientHits {
  /** Calls that count; more than the limit exactly if the call is refused. */
  totalHits: number;
  /** When a refused call passes; otherwise when all of the limit is free. */
  resetTime: Date;
}

/**
 * Options of the store for @fastify/rate-limit.
 * @example
 * import { LimitStore, type FastifyLimitStoreOptions } from 'orgcache/fastify-rate-limit';
 * const options: FastifyLimitStoreOptions = { namespace: 'shop' };
 * const Store = LimitStore.with(options);
 */
export interface FastifyLimitStoreOptions {
  /** The instance whose connection the store uses. Default: that of the package. */
  instance?: OrgCache;
  /** Separates the counts of several plugins. Default none. */
  namespace?: string;
  /** Key of the HMAC of identifiers, 32 bytes at least. Default: the variable `RATE_LIMIT_SECRET`. */
  secret?: string;
}

/**
 * Calls of a window, and the milliseconds until it ends.
 * @example
 * import type { WindowCount } from 'orgcache/fastify-rate-limit';
 * const isFree = ({ current }: WindowCount) => current === 0;
 */
export interface WindowCount {
  current: number;
  ttl: number;
}
