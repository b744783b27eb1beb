import type { FastifyLimitStoreOptions, WindowCount } from '../../types/limit-store.js';

export type { FastifyLimitStoreOptions, WindowCount } from '../../types/limit-store.js';

/**
 * The class that @fastify/rate-limit makes its store of. Refused calls count, as `ban` and `exponentialBackoff` need.
 * @example
 * import { LimitStore } from 'orgcache/fastify-rate-limit';
 * const options = { store: LimitStore, max: 100, timeWindow: 60_000 };
 */
export class LimitStore {
  /** The plugin gives its own options. */
  constructor(rule?: { continueExceeding?: boolean; exponentialBackoff?: boolean });
  /** The same class with options of its own. */
  static with(options: FastifyLimitStoreOptions): typeof LimitStore;
  /** Counts a call. */
  incr(
    key: string,
    callback: (error: Error | null, count?: WindowCount) => void,
    timeWindow: number,
    max: number,
  ): void;
  /** Counts nothing. */
  read(
    key: string,
    callback: (error: Error | null, count?: WindowCount) => void,
    timeWindow: number,
    max?: number,
  ): void;
  /**
   * The store of a route.
   * `any`: the plugin gives the options of the route.
   */
  child(rule: any): LimitStore;
}
