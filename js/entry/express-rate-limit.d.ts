import type { ClientHits, LimitStoreOptions } from '../../types/limit-store.js';

export type { ClientHits, LimitStoreOptions } from '../../types/limit-store.js';

/**
 * A store of express-rate-limit over the package's limiter. A limit that is a number is decided by the limiter, which does
 * not count refused calls. Where `limit` is a function, or calls are skipped by their outcome, all calls count, as in
 * express-rate-limit's own store.
 * @example
 * import { LimitStore } from 'orgcache/express-rate-limit';
 * const store = new LimitStore({ prefix: 'login', algorithm: 'log' });
 */
export class LimitStore {
  constructor(options?: LimitStoreOptions);
  /** False: the counts are in Redis. */
  localKeys: boolean;
  prefix: string;
  /**
   * The middleware calls it with its own options.
   * `unknown`: a number decides, and everything else makes all calls count.
   */
  init(options: {
    windowMs: number;
    limit?: unknown;
    skipFailedRequests?: boolean;
    skipSuccessfulRequests?: boolean;
  }): void;
  /** Counts a call. */
  increment(key: string): Promise<ClientHits>;
  /** What counts now; undefined if nothing does. Counts nothing. */
  get(key: string): Promise<ClientHits | undefined>;
  /** Gives back one call. Makes no key, and nothing falls below 0. */
  decrement(key: string): Promise<void>;
  /** Forgets one identifier. */
  resetKey(key: string): Promise<void>;
  /** Forgets all identifiers of the prefix. */
  resetAll(): Promise<void>;
  /** Ends the store. The connection is that of the instance. */
  shutdown(): Promise<void>;
}
