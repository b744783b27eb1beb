import type { Compression, Driver, HostAndPort, Logger, LogLevel, TlsOptions } from './option-values.js';

/**
 * Options win over environment variables (named in brackets). Variables win over the defaults.
 * @example
 * import { type ConfigureOptions, configure } from 'orgcache';
 * const options: ConfigureOptions = { url: 'rediss://cache.internal:6380/0', defaultTtl: 600, logLevel: 'info' };
 * configure(options);
 */
export interface ConfigureOptions {
  // settings
  /** False: the embedded memory store only. Default true. (`USE_REDIS`) */
  useRedis?: boolean;
  /** `redis[s]://user:pass@host:port/db` or `unix://path`; wins over the parts. (`REDIS_URL`) */
  url?: string;
  /** Default `localhost`. (`REDIS_HOST`) */
  host?: string;
  /** 1 to 65535, default 6379. (`REDIS_PORT`) */
  port?: number;
  /** (`REDIS_USERNAME`) */
  username?: string;
  /** (`REDIS_PASSWORD`) */
  password?: string;
  /** The number of the database, default 0. (`REDIS_DB`) */
  db?: number;
  /** The database of `orgcache/redis` in tests, default 1. (`TEST_REDIS_DB`) */
  testDb?: number;
  /** Default false; true verifies against the system's authorities. (`REDIS_TLS` and `REDIS_TLS_*`) */
  tls?: boolean | TlsOptions;
  /** The name that `CLIENT LIST` shows for each connection, default `orgcache`. (`REDIS_CONNECTION_NAME`) */
  connectionName?: string;
  /** `host:port` of cluster nodes, as a list or separated by commas; default port 6379. (`REDIS_CLUSTER_HOSTS`) */
  clusterHosts?: string | ReadonlyArray<string | HostAndPort>;
  /** `host:port` of sentinels, as a list or separated by commas; default port 26379. (`REDIS_SENTINEL_HOSTS`) */
  sentinelHosts?: string | ReadonlyArray<string | HostAndPort>;
  /** The name of the primary, default `mymaster`. (`REDIS_SENTINEL_NAME`) */
  sentinelName?: string;
  /** ACL user of the sentinels. (`REDIS_SENTINEL_USERNAME`) */
  sentinelUsername?: string;
  /** (`REDIS_SENTINEL_PASSWORD`) */
  sentinelPassword?: string;
  /** Minimum number of connections. Default 5, in tests 1. (`REDIS_MIN_POOL_SIZE`) */
  minPoolSize?: number;
  /** Maximum number of connections. Default 20, in tests 5. (`REDIS_POOL_SIZE`) */
  poolSize?: number;
  /** Milliseconds, default 10000. (`REDIS_CONNECT_TIMEOUT`) */
  connectTimeout?: number;
  /** Milliseconds, default 5000. (`REDIS_COMMAND_TIMEOUT`) */
  commandTimeout?: number;
  /** Default 3, in production 5. (`REDIS_MAX_RETRIES`) */
  maxRetries?: number;
  /** Milliseconds before the first retry, default 100. (`REDIS_RETRY_DELAY`) */
  retryDelay?: number;
  /** Milliseconds, default 30000, in production 60000. (`REDIS_KEEP_ALIVE`) */
  keepAlive?: number;
  /** IPv4, IPv6 or any (0). Default 4. (`REDIS_FAMILY`) */
  family?: 0 | 4 | 6;
  /** RESP2 or RESP3; modules answer in other shapes in each. Default 2. (`REDIS_PROTOCOL`) */
  protocol?: 2 | 3;
  /** Default true: the first call connects. (`REDIS_LAZY_CONNECT`) */
  lazyConnect?: boolean;
  /** Default `jack:prod:` in production, else `jack:dev:`. (`CACHE_KEY_PREFIX`) */
  keyPrefix?: string;
  /**
   * Prefix of every key of the client that `getRedis()` gives. Default `whatsapp:{NODE_ENV}:`. (`REDIS_KEY_PREFIX`)
   */
  clientKeyPrefix?: string;
  /** Whether channels get that prefix too. Default false. (`REDIS_PREFIX_CHANNELS`) */
  prefixChannels?: boolean;
  /**
   * Which nodes of a cluster answer the raw client's reads. A replica's answer may be a little older. Default
   * `primary`. (`REDIS_SCALE_READS`)
   */
  scaleReads?: 'primary' | 'replica';
  /**
   * Refuse calls that name no organization, or an empty one, with `E_KEY`. Default false: such calls mean the
   * global scope. (`CACHE_REQUIRE_ORGANIZATION`)
   */
  requireOrganization?: boolean;
  /**
   * Treatment of values that the JavaScript layer left in Redis, default `move`. (`CACHE_LEGACY`) `move`: a read
   * moves them to where this package keeps them. `copy`: they also stay until the value is set or its organization
   * is cleared, so that instances of the JavaScript layer still see them. `off`: they are not looked for.
   */
  legacy?: 'move' | 'copy' | 'off';
  /** Seconds, default 7200. (`CACHE_DEFAULT_TTL`) */
  defaultTtl?: number;
  /** Default `auto`. (`CACHE_COMPRESSION`) */
  compression?: Compression;
  /** Bytes of JSON from which a value may be compressed, default 1024. (`CACHE_COMPRESSION_THRESHOLD`) */
  compressionThreshold?: number;
  /** Bytes that the memory store may hold, default 64 MiB. (`CACHE_MEMORY_MAX_BYTES`) */
  memoryMaxBytes?: number;
  /** Bytes that the journal may hold, default 64 MiB. (`CACHE_JOURNAL_MAX_BYTES`) */
  journalMaxBytes?: number;
  /**
   * Local directory that also keeps the journal, so that a process which dies loses none of it.
   * (`CACHE_JOURNAL_DIR`)
   */
  journalDir?: string;
  /** Default `warn`. (`CACHE_LOG`) */
  logLevel?: LogLevel;
  /**
   * The driver that moves the bytes: the event loop's own poll, a thread, or the better of both. Default `auto`.
   * (`CACHE_DRIVER`)
   */
  driver?: Driver;
  /**
   * Commands that may wait for Redis, default 1000000. Further calls fail with `E_OVERLOADED`.
   * (`CACHE_QUEUE_MAX_COMMANDS`)
   */
  queueMaxCommands?: number;
  /** Bytes that may wait for Redis, default 256 MiB. (`CACHE_QUEUE_MAX_BYTES`) */
  queueMaxBytes?: number;
  // /settings
  /** The receiver of log lines. Default: stderr. */
  logger?: Logger;
}
