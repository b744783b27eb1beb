import type { CacheAdapter } from './cache.js';
import type { createCache, invalidateTables } from './cache-entries.js';
import type { CacheManager } from './cache-manager.js';
import type { withQueryCache } from './cache-queries.js';
import type { cacheResponse } from './cache-responses.js';
import type { createClient } from './client/client.js';
import type { eraseOrganization } from './erasure.js';
import type { OrgCacheError } from './errors.js';
import type { configure, installSignalHandlers, ready, reset, shutdown } from './lifecycle.js';
import type { createLimiter, readyPolicies } from './limiter.js';
import type {
  closeRedis,
  getConnectionInfo,
  getKeyPrefix,
  getRedis,
  prefixKey,
  RedisManager,
  redisHealthCheck,
  unprefixKey,
} from './manager.js';
import type { metrics } from './metrics.js';
import type { RedisMigrationManager } from './migration.js';
import type { ConfigureOptions } from './options.js';
import type { createQueue, createWorker, DelayedError, RateLimitError, UnrecoverableError } from './queue.js';
import type { createSessions } from './session.js';
import type { createConsumerGroup } from './streams.js';
import type { createTopics, topic } from './topic.js';

/**
 * The version of the package, as in its package.json.
 * @example
 * import { version } from 'orgcache';
 * console.log(`orgcache ${version}`);
 */
export const version: string;

/**
 * An instance with its own configuration, connections and shutdown: everything that
 * `import orgcache from 'orgcache'` gives.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 * @example
 * import { createInstance } from 'orgcache';
 * await using sessions = createInstance({ host: 'sessions.internal', keyPrefix: 'sessions:' });
 * await sessions.cacheAdapter.set('key', 'value');
 */
export function createInstance(options?: ConfigureOptions): OrgCache;

/**
 * An instance: the default export of the package, or an answer of {@link createInstance}. `await using` shuts it down.
 * @example
 * import orgcache, { type OrgCache } from 'orgcache';
 * export async function stored(cache: OrgCache = orgcache): Promise<boolean> {
 *   return cache.cacheAdapter.set('key', 'value');
 * }
 */
export interface OrgCache extends AsyncDisposable {
  readonly cacheAdapter: CacheAdapter;
  readonly cacheManager: CacheManager;
  readonly cacheResponse: typeof cacheResponse;
  readonly closeRedis: typeof closeRedis;
  readonly configure: typeof configure;
  readonly createCache: typeof createCache;
  readonly createClient: typeof createClient;
  readonly createConsumerGroup: typeof createConsumerGroup;
  readonly createInstance: typeof createInstance;
  readonly createLimiter: typeof createLimiter;
  readonly createQueue: typeof createQueue;
  readonly createSessions: typeof createSessions;
  readonly createTopics: typeof createTopics;
  readonly createWorker: typeof createWorker;
  readonly DelayedError: typeof DelayedError;
  readonly eraseOrganization: typeof eraseOrganization;
  readonly getConnectionInfo: typeof getConnectionInfo;
  readonly getKeyPrefix: typeof getKeyPrefix;
  readonly getRedis: typeof getRedis;
  readonly installSignalHandlers: typeof installSignalHandlers;
  readonly invalidateTables: typeof invalidateTables;
  readonly metrics: typeof metrics;
  readonly OrgCacheError: typeof OrgCacheError;
  readonly prefixKey: typeof prefixKey;
  readonly RateLimitError: typeof RateLimitError;
  readonly ready: typeof ready;
  readonly readyPolicies: typeof readyPolicies;
  readonly RedisManager: typeof RedisManager;
  readonly redisHealthCheck: typeof redisHealthCheck;
  readonly redisManager: RedisManager;
  readonly redisMigrationManager: RedisMigrationManager;
  readonly reset: typeof reset;
  readonly shutdown: typeof shutdown;
  readonly topic: typeof topic;
  readonly unprefixKey: typeof unprefixKey;
  readonly UnrecoverableError: typeof UnrecoverableError;
  readonly version: string;
  readonly withQueryCache: typeof withQueryCache;
  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}
