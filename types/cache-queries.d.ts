import type { CacheCallOptions, OrganizationCache } from './cache-entries.js';

/**
 * The part of a database's pool that is used, such as a `Pool` of pg.
 * @example
 * import type { QueryPool } from 'orgcache';
 * const pool: QueryPool = { query: async () => ({ rows: [] }) };
 */
export interface QueryPool {
  /** `any`: drivers have types of their own, and none is a dependency. */
  query: (...given: any[]) => any;
}

/**
 * Options of {@link withQueryCache}: those of the cached calls, and how queries are cached.
 * @example
 * import { createCache, type QueryCacheOptions } from 'orgcache';
 * const options: QueryCacheOptions = {
 *   cache: createCache({ name: 'reports' }).org('org-1'),
 *   tables: (sql) => (sql.includes('FROM orders') ? ['orders'] : null),
 *   ttlSeconds: 60,
 * };
 */
export interface QueryCacheOptions extends Omit<CacheCallOptions, 'signal'> {
  /**
   * The entries that keep the answers.
   * `any`: entries of values of any type will do.
   */
  cache: OrganizationCache<any>;
  /** The tables that a query reads; null if it is not to be cached. */
  tables: (sql: string) => readonly string[] | null;
}

/**
 * A pool whose `query` answers from the cache, as `cacheQuery` does. Queries with a callback, a name or another row mode
 * are not cached. Clients that are checked out of the pool are the pool's own: they may be in a transaction.
 * @example
 * import { createCache, withQueryCache } from 'orgcache';
 * const pool = { query: async (sql: string, params: unknown[]) => ({ rows: [{ total: 5 }] }) };
 * const cache = createCache({ name: 'reports' }).org('org-1');
 * const cached = withQueryCache(pool, { cache, tables: () => ['orders'], ttlSeconds: 300 });
 * const { rows } = await cached.query('SELECT sum(total) AS total FROM orders', []);
 */
export function withQueryCache<Pool extends QueryPool>(pool: Pool, options: QueryCacheOptions): Pool;
