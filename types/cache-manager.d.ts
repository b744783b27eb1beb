import type { OrganizationId } from './cache.js';
import type { CallOptions } from './calls.js';
import type { CacheManagerHealth, CacheManagerStats } from './health.js';
import type { Stored } from './stored.js';

/**
 * The parts of a Redis key, as `cacheManager.decodeKey` finds them.
 * @example
 * import { cacheManager, type DecodedKey } from 'orgcache';
 * const key: DecodedKey | null = cacheManager.decodeKey(cacheManager.generateKey('report', 'org-1', 'may'));
 * console.log(key?.orgId);
 * // => org-1
 */
export interface DecodedKey {
  /** Such as `conversationContexts`; null for an index. */
  type: string | null;
  /** null for the global scope, or for a type without organizations. */
  orgId: string | null;
  /** The identifier; null for a type that has none. */
  id: string | null;
  /** The digits of the phone number; null for a type that has none. */
  phone: string | null;
  /** Whether the key is the index of an organization. */
  isIndex: boolean;
}

/**
 * Values by an organization and the caller's own keys or hashes. Rejects as `CacheAdapter` does.
 * @example
 * import { type CacheManager, cacheManager } from 'orgcache';
 * export async function remember(report: object, cache: CacheManager = cacheManager): Promise<boolean> {
 *   return cache.set('report:may', report, 3600, 'org-1');
 * }
 */
export interface CacheManager {
  /** The option `keyPrefix`. */
  readonly keyPrefix: string;
  /** Seconds. */
  readonly defaultTTL: number;
  /** Bytes. */
  readonly compressionThreshold: number;
  /** Memory answers whenever Redis does not. */
  readonly enableFallback: true;
  /**
   * The text that the JavaScript layer stored for a value. A long one begins with
   * `compressed:`. `unknown`: any value that JSON can express.
   */
  serialize(value: unknown): string;
  /** The value of a text or of bytes from Redis, whichever layer stored them. null if they are damaged or missing. */
  deserialize<T = Stored>(stored: string | Uint8Array | null | undefined): T | null;

  /** The Redis key of a type, an organization and an identifier. */
  generateKey(type: string, orgId?: OrganizationId, identifier?: string | null): string;
  /** The parts of a key, or null if the key is not of this cache. */
  decodeKey(key: string): DecodedKey | null;
  /** The key of an organization's index, which lists its keys. */
  indexKey(orgId?: OrganizationId): string;
  /** The value of bytes from Redis. undefined if they are damaged or not JSON. */
  decodeValue<T = Stored>(bytes: Uint8Array): T | undefined;

  /** A value of the organization by its key. */
  get<T = Stored>(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<T | null>;
  /**
   * `ttlSeconds`: `defaultTtl` (7200 s) if null, 0 or left out. Anything else that is not a positive number is
   * `E_ARGUMENT`.
   */
  set<T>(
    key: string,
    value: T,
    ttlSeconds?: number | null,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Answers whether there was a value. */
  delete(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<boolean>;

  /** A value of the hash by its field. */
  hget<T = Stored>(
    hash: string,
    field: string,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<T | null>;
  /** The TTL is that of the whole hash. Every set starts it again. */
  hset<T>(
    hash: string,
    field: string,
    value: T,
    ttlSeconds?: number | null,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Answers whether there was a value. */
  hdel(hash: string, field: string, orgId?: OrganizationId, options?: CallOptions): Promise<boolean>;
  /** An empty object if there is no hash. */
  hgetall<T = Stored>(
    hash: string,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<Record<string, T>>;

  /**
   * Clears every value of that organization and no other's. Answers the number of values, or false if Redis could
   * not be reached: then only this process's memory is cleared.
   */
  clearOrganizationCache(orgId: OrganizationId, options?: CallOptions): Promise<number | false>;
  /** Statistics of this process. */
  getStats(): CacheManagerStats | Promise<CacheManagerStats>;
  /** Asks the server within the command timeout. Never rejects because Redis is away. */
  healthCheck(options?: CallOptions): Promise<CacheManagerHealth>;
}

/**
 * Values by an organization and the caller's own keys. It connects with its first call.
 * @example
 * import { cacheManager } from 'orgcache';
 * await cacheManager.set('report:may', { visits: 12 }, 3600, 'org-1');
 * const report = await cacheManager.get<{ visits: number }>('report:may', 'org-1');
 */
export const cacheManager: CacheManager;
