import type { TtlConfig } from './cache.js';
import type {
  BreakerReport,
  CacheConfigReport,
  Counters,
  Latencies,
  MemoryReport,
  SharedPoolReport,
  StateReport,
} from './reports.js';

/**
 * The state of the connection to Redis.
 *
 * - `connecting`: there has been no connection yet
 * - `ready`: Redis answers and has every write
 * - `degraded`: Redis cannot be reached; memory answers, and the journal keeps writes
 * - `recovering`: Redis answers, and the journal is replayed
 * - `closed`: the instance was shut down
 * @example
 * import { cacheAdapter, type ConnectionState } from 'orgcache';
 * const answersFromMemory: ConnectionState[] = ['connecting', 'degraded'];
 * const { redis } = await cacheAdapter.healthCheck();
 * console.log(answersFromMemory.includes(redis.state));
 */
export type ConnectionState = 'connecting' | 'ready' | 'degraded' | 'recovering' | 'closed';

/**
 * Writes that were made while Redis was away and that Redis does not have yet.
 * @example
 * import { type JournalReport, redisManager } from 'orgcache';
 * const { entries, bytes, maxBytes }: JournalReport = (await redisManager.getMetrics()).journal;
 * console.log(`${entries} writes wait, ${bytes} of ${maxBytes} bytes`);
 */
export interface JournalReport {
  /** Keys with a write or delete. */
  readonly entries: number;
  /** Organizations that wait to be cleared. */
  readonly clears: number;
  /** Bytes of memory that the journal takes. */
  readonly bytes: number;
  /** Bytes that it may take. (`CACHE_JOURNAL_MAX_BYTES`) */
  readonly maxBytes: number;
  /** Age of the oldest entry in milliseconds; null if there is none. */
  readonly oldestMs: number | null;
  /** Entries that were read from journal files of ended processes since the start. */
  readonly takenOver: number;
  /**
   * Whether journal files of ended processes in `CACHE_JOURNAL_DIR` are still being read. Their entries are not
   * counted yet.
   */
  readonly reading: boolean;
}

/**
 * How far copies in this process are kept up to date: `tracking` while Redis tells of changes, `idle` before anything
 * deserves a copy, `off` while Redis does not tell of changes, `disabled` without copies (`CACHE_NEAR`, `USE_REDIS`).
 * @example
 * import { cacheAdapter, type NearMode } from 'orgcache';
 * const fine: NearMode[] = ['tracking', 'idle'];
 * const { near } = await cacheAdapter.healthCheck();
 * console.log(fine.includes(near.mode), near.reason);
 */
export type NearMode = 'disabled' | 'idle' | 'tracking' | 'off';

/**
 * The copies in this process, and the connections that keep them up to date. All instances with the same servers,
 * database, prefix and user share them.
 * @example
 * import { cacheAdapter, type NearReport } from 'orgcache';
 * const { hits, misses }: NearReport = (await cacheAdapter.getStats()).near;
 * console.log(`${hits} of ${hits + misses} reads were answered in this process`);
 */
export interface NearReport {
  readonly mode: NearMode;
  /** Why the mode is `off`; else null. */
  readonly reason: string | null;
  /** Servers that tell of changes. */
  readonly sessions: number;
  /** How long ago the last confirmation was asked for, in milliseconds; null without one. */
  readonly freshnessMs: number | null;
  readonly entries: number;
  /** Bytes of memory, with keys and tables. */
  readonly bytes: number;
  /** Bytes that it may take. (`CACHE_NEAR_MAX_BYTES`) */
  readonly maxBytes: number;
  /** Reads that a copy answered. */
  readonly hits: number;
  /** Reads that found no copy. */
  readonly misses: number;
  /** Copies that were asked for. */
  readonly fills: number;
  /** Of these, how many were not kept because the value had changed meanwhile, or there was none. */
  readonly refusedFills: number;
  /** Copies that were not asked for: too many were under way, or Redis did not tell of changes. */
  readonly droppedFills: number;
  /** Copies that were removed to make room. */
  readonly evictions: number;
  /** The same by kind of value. */
  readonly kinds: Readonly<Record<string, NearKindReport>>;
  /** The same by the name of a cache of `createCache`. */
  readonly caches: Readonly<Record<string, NearKindReport>>;
}

/**
 * The copies of one kind of value, or of one cache.
 * @example
 * import { cacheAdapter, type NearKindReport } from 'orgcache';
 * const { near } = await cacheAdapter.getStats();
 * const leads: NearKindReport | undefined = near.kinds.dynamicLead;
 * console.log(leads?.hits, leads?.sparse);
 */
export interface NearKindReport {
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  readonly fills: number;
  /** Whether only a hundredth of the keys gets copies, because copies answered fewer than two reads each. */
  readonly sparse: boolean;
}

/**
 * The state of the connection to Redis, whether Redis answers or not.
 * @example
 * import { type Condition, redisManager } from 'orgcache';
 * const { state, stateSince }: Condition = await redisManager.getMetrics();
 * console.log(state, new Date(stateSince));
 */
export interface Condition {
  state: ConnectionState;
  /** When that state began, in milliseconds since 1970. */
  stateSince: number;
  /** The code of the last failure: an `ErrorCode`, or the first word of the server's error. */
  lastError: string | null;
  journal: JournalReport;
  /** The circuit breaker of the server. */
  breaker: BreakerReport;
  /** Connections after the first. */
  reconnects: number;
}

/**
 * How much of the pool is in use.
 * @example
 * import { type PoolReport, redisManager } from 'orgcache';
 * const { busy, max }: PoolReport = (await redisManager.getMetrics()).pool;
 * console.log(`${busy} of at most ${max} connections are busy`);
 */
export interface PoolReport extends SharedPoolReport {
  /** Connections that one caller uses alone: to block, to watch keys, or to subscribe. */
  dedicated: {
    /** Connections for blocking and watching: at most `max`. */
    connections: number;
    /** Those of them that are in use. */
    busy: number;
    /** Callers that wait for a connection. */
    waiting: number;
    /** Connections with subscriptions. */
    subscribers: number;
  };
}

/**
 * One primary of a cluster.
 * @example
 * import { type NodeReport, redisManager } from 'orgcache';
 * const nodes: readonly NodeReport[] = (await redisManager.getMetrics()).nodes;
 * for (const { address, state } of nodes) console.log(address, state);
 */
export interface NodeReport extends StateReport {
  /** `host:port`. */
  readonly address: string;
  readonly breaker: BreakerReport['state'];
}

/**
 * The counters and state of one client since its start.
 * @example
 * import { type RedisMetrics, redisManager } from 'orgcache';
 * const metrics: RedisMetrics = await redisManager.getMetrics();
 * console.log(metrics.hitRate, metrics.latencies.reads.p99Us);
 */
export interface RedisMetrics extends Condition, Counters {
  /** Mean time from a command to its reply, in milliseconds. */
  avgResponseTime: number;
  /** Whether Redis can be called now: the state is `ready` or `recovering`. */
  isConnected: boolean;
  /** The driver of the shared connection. */
  driver: string;
  /** The connections that all calls share. Blocking commands and subscriptions use others. */
  pool: PoolReport;
  /** The primaries of a cluster; empty with another topology. */
  nodes: readonly NodeReport[];
  /** Times from a call to its reply: of the cache's reads and writes, and of the clients' commands. */
  latencies: Readonly<Record<'commands' | 'reads' | 'writes', Latencies>>;
}

/**
 * Statistics of the cache manager.
 * @example
 * import { type CacheManagerStats, cacheManager } from 'orgcache';
 * const { fallback }: CacheManagerStats = await cacheManager.getStats();
 * console.log(`${fallback.entries} values in memory, ${fallback.bytes} bytes`);
 */
export interface CacheManagerStats {
  redis: RedisMetrics;
  /** The memory store that answers while Redis is away. `size` is `entries`. */
  fallback: { size: number; enabled: boolean } & MemoryReport;
  config: CacheConfigReport;
}

/**
 * Statistics of the adapter.
 * @example
 * import { cacheAdapter, type CacheStats } from 'orgcache';
 * const { cache }: CacheStats = await cacheAdapter.getStats();
 * console.log(cache.redis.hits, cache.redis.misses);
 */
export interface CacheStats {
  /** False if `USE_REDIS` is false, or after `cacheAdapter.useRedis = false`. */
  redisEnabled: boolean;
  ttlConfig: TtlConfig;
  /** Entries of the Maps in this process, by name of the Map. */
  fallbackMaps: Record<string, number>;
  config: CacheConfigReport;
  cache: CacheManagerStats;
  near: NearReport;
}

/**
 * The outcome of asking the server, with the state of the connection.
 * @example
 * import { type RedisHealth, redisManager } from 'orgcache';
 * const { status, message }: RedisHealth = await redisManager.healthCheck();
 * console.log(status, message);
 */
export interface RedisHealth extends Condition {
  /** Whether the server answered within its deadline; `disabled` if `USE_REDIS` is false. */
  status: 'healthy' | 'unhealthy' | 'disabled';
  /** The status as a sentence. */
  message: string;
  /** Milliseconds until the server answered or the check timed out; 0 if `USE_REDIS` is false. */
  responseTime: number;
  /** Memory of the server's data in readable form (`used_memory_human` of INFO); null if the server did not say. */
  memory: string | null;
  /** What the server says about itself; a sentence if `USE_REDIS` is false; missing if the server is not healthy. */
  info?:
    | string
    | {
        /** `used_memory` of INFO. */
        usedMemoryBytes: number;
        /** `maxmemory` of INFO; 0 for no limit. */
        maxMemoryBytes: number;
        /** `maxmemory_policy` of INFO. */
        maxMemoryPolicy: string | null;
        state: ConnectionState;
        serverVersion?: string | undefined;
        /** The version of RESP in use. */
        protocol?: number | undefined;
      };
  /** Why the server is not healthy, as a sentence that names the error's code; missing otherwise. */
  error?: string;
}

/**
 * Whether Redis answers. `degraded`: it does not, but memory does. With `USE_REDIS` false the status is `healthy`.
 * @example
 * import { cacheAdapter, type HealthStatus } from 'orgcache';
 * const status: HealthStatus = (await cacheAdapter.healthCheck()).status;
 */
export type HealthStatus = 'healthy' | 'degraded';

/**
 * The outcome of a health check of the cache manager.
 * @example
 * import { type CacheManagerHealth, cacheManager } from 'orgcache';
 * const { redis, cache }: CacheManagerHealth = await cacheManager.healthCheck();
 * console.log(redis.status, cache.fallbackSize);
 */
export interface CacheManagerHealth {
  status: HealthStatus;
  redis: RedisHealth;
  /** The memory store, which is always `healthy`. `fallbackSize` is its number of entries. */
  cache: { status: string; fallbackEnabled: boolean; fallbackSize: number };
}

/**
 * The outcome of a health check of the adapter.
 * @example
 * import { cacheAdapter, type CacheHealth } from 'orgcache';
 * const { status, redis }: CacheHealth = await cacheAdapter.healthCheck();
 * console.log(status, redis.message);
 */
export interface CacheHealth {
  status: HealthStatus;
  /** `fallbackMaps` is the number of Maps in this process. */
  adapter: { status: HealthStatus; redisEnabled: boolean; fallbackMaps: number };
  redis: RedisHealth;
  cache: CacheManagerHealth;
  /** Copies in this process. A mode of `off` is no fault: every read then asks Redis. */
  near: Pick<NearReport, 'mode' | 'reason'>;
}
