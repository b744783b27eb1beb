/**
 * Options of a write.
 * @example
 * import type { CacheServiceOptions } from 'orgcache/cacheService';
 * const options: CacheServiceOptions = { ttl: 60 };
 */
export interface CacheServiceOptions {
  /** Lifetime in seconds, 0.001 to 315,360,000; by default 300. */
  ttl?: number;
  /** False stores a text as it is, and not as JSON. By default true. */
  serialize?: boolean;
}

/**
 * Counts of this process since the start or `resetStats()`.
 * @example
 * import { type CacheServiceStats, cacheService } from 'orgcache/cacheService';
 * const { hits, misses }: CacheServiceStats = cacheService.getStats();
 */
export interface CacheServiceStats {
  /** Reads that found a value. */
  hits: number;
  /** Reads that found none, or failed. */
  misses: number;
  /** Values that were stored. */
  sets: number;
  /** Keys that were removed. */
  deletes: number;
  /** Hits of all reads, 0 to 1; 0 if there were none. */
  hitRatio: number;
}

/**
 * Whether Redis answers.
 * @example
 * import { type CacheServiceHealth, cacheService } from 'orgcache/cacheService';
 * const { status }: CacheServiceHealth = await cacheService.healthCheck();
 */
export interface CacheServiceHealth {
  status: 'healthy' | 'unhealthy';
  connected: boolean;
  /** Bytes of the server's data; 0 if it does not answer. */
  memoryUsage: number;
  stats: CacheServiceStats;
}

/**
 * A cache of JSON under the keys that callers give, in the database `REDIS_CACHE_DB` or else in the database of the
 * cache. While Redis is away calls answer null, false, 0 or `[]` at once. Calls reject for mistakes: `E_KEY`,
 * `E_CONFIG`, `E_ARGUMENT`, and `E_SERIALIZE` for a value without JSON.
 * `any`, `unknown`: values are the caller's, and any value with JSON can be stored.
 * @example
 * import type { CacheService } from 'orgcache/cacheService';
 * const user = (cache: CacheService, id: string) => cache.get<{ name: string }>(`user:${id}`);
 */
export interface CacheService {
  /**
   * Null if there is no value; also the value may be null.
   * `any`: the type of the value is the caller's.
   */
  get<Value = any>(key: string): Promise<Value | null>;
  /**
   * Whether Redis has the value.
   * `unknown`: any value with JSON.
   */
  set(key: string, value: unknown, options?: CacheServiceOptions): Promise<boolean>;
  /** Whether there was a value. */
  delete(key: string): Promise<boolean>;
  /** How many of the keys there were. */
  deleteMany(keys: readonly string[]): Promise<number>;
  /** Whether there is a value, which may be null. */
  exists(key: string): Promise<boolean>;
  /**
   * The values in the order of their keys, null where there is none. `[]` while Redis is away.
   * `any`: the type of the values is the caller's.
   */
  mget<Value = any>(keys: readonly string[]): Promise<(Value | null)[]>;
  /**
   * Whether Redis has all values.
   * `unknown`: any value with JSON.
   */
  mset(entries: Readonly<Record<string, unknown>>, options?: CacheServiceOptions): Promise<boolean>;
  /**
   * The result of a query: the cached one, or else that of `fetch`, which is then stored. Callers of the same query
   * and parameters share one `fetch` in this process. A result that is null is stored; one that is undefined, or has
   * no JSON, is not.
   * `unknown`: parameters are those of the database.
   */
  cacheQuery<Value>(
    query: string,
    params: readonly unknown[],
    fetch: () => Value | PromiseLike<Value>,
    options?: CacheServiceOptions,
  ): Promise<Value>;
  /** Removes the keys that match a pattern of SCAN, as in `search:*`. Answers how many there were. */
  invalidatePattern(pattern: string): Promise<number>;
  /** Removes the profile, the balance and the session of one user. Answers how many there were. */
  invalidateUser(id: string): Promise<number>;
  /** Removes one item. Answers whether there was one: 0 or 1. */
  invalidateItem(id: string): Promise<number>;
  /** Empties the whole database, whoever wrote the keys, and resets the statistics. */
  clearAll(): Promise<boolean>;
  /** The counts of this process. */
  getStats(): CacheServiceStats;
  /** Sets all counts to 0. */
  resetStats(): void;
  /** Bytes of the server's data, in a cluster of one primary's; 0 if it does not answer. */
  getMemoryUsage(): Promise<number>;
  /** The values of INFO by their names, in a cluster of one primary; `{}` if the server does not answer. */
  getInfo(): Promise<Record<string, string>>;
  /** Asks the server. */
  healthCheck(): Promise<CacheServiceHealth>;
  /**
   * Stores a user's profile for 1800 seconds.
   * `unknown`: any value with JSON.
   */
  cacheUserProfile(id: string, profile: unknown): Promise<boolean>;
  /**
   * The profile of a user, or null.
   * `any`: the type of the value is the caller's.
   */
  getCachedUserProfile<Value = any>(id: string): Promise<Value | null>;
  /** Stores a user's balance for 300 seconds. */
  cacheUserBalance(id: string, balance: number): Promise<boolean>;
  /** The balance of a user, or null. */
  getCachedUserBalance(id: string): Promise<number | null>;
  /**
   * Stores an answer of an API for 60 seconds.
   * `unknown`: any value with JSON, and parameters that are a text or have JSON.
   */
  cacheApiResponse(endpoint: string, params: unknown, response: unknown): Promise<boolean>;
  /**
   * The answer of an API, or null.
   * `any`, `unknown`: the types of answer and parameters are the caller's.
   */
  getCachedApiResponse<Value = any>(endpoint: string, params: unknown): Promise<Value | null>;
}

/**
 * The service.
 * @example
 * import { cacheService } from 'orgcache/cacheService';
 * await cacheService.set('search:1', { hits: 3 }, { ttl: 300 });
 */
export const cacheService: CacheService;

/**
 * The same service.
 * @example
 * import cacheService from 'orgcache/cacheService';
 * await cacheService.set('search:1', { hits: 3 }, { ttl: 300 });
 */
export default cacheService;
