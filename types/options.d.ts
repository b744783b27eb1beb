import type {
  Compression,
  Driver,
  HostAndPort,
  Logger,
  LogLevel,
  NearOptions,
  TlsOptions,
} from './option-values.js';

/**
 * Options win over environment variables (named in brackets). Variables win over the defaults.
 * @example
 * import { type ConfigureOptions, configure } from 'orgcache';
 * const options: ConfigureOptions = { url: 'rediss://cache.internal:6380/0', defaultTtl: 600, logLevel: 'info' };
 * configure(options);
 */
export interface ConfigureOptions {
  // settings
  /** `false` keeps everything in the embedded memory store. Default true. (`USE_REDIS`) */
  useRedis?: boolean;
  /**
   * The server's address; wins over host, port, username, password and, where it names them, db and protocol.
   * Percent-encode the password. Allowed: redis[s]://user:password@host:port/database with a number as database,
   * unix:///path or redis+unix:///path. (`REDIS_URL`)
   */
  url?: string;
  /** The server's name or address. Default `localhost`. (`REDIS_HOST`) */
  host?: string;
  /**
   * The server's TCP port; the address that Kubernetes sets for a service gives the host too. Default 6379.
   * (`REDIS_PORT`)
   */
  port?: number;
  /** The ACL user. Without one the password is that of the user `default`. (`REDIS_USERNAME`) */
  username?: string;
  /** The password. (`REDIS_PASSWORD`) */
  password?: string;
  /** The number of the database. Default 0. (`REDIS_DB`) */
  db?: number;
  /**
   * The database of `orgcache/redis` where NODE_ENV is `test` and no option in code names another. Default 1.
   * (`TEST_REDIS_DB`)
   */
  testDb?: number;
  /** The IP version that host names resolve to; 0 takes either. Default `4`. (`REDIS_FAMILY`) */
  family?: 0 | 4 | 6;
  /**
   * The version of RESP; modules answer in other shapes in each. Users of ioredis know the shapes of RESP2. Default
   * `2`. (`REDIS_PROTOCOL`)
   */
  protocol?: 2 | 3;
  /**
   * TLS with verification of the server's certificate; the option may be an object, which turns it on. A
   * `rediss://` URL turns it on too. Default false. (`REDIS_TLS`)
   */
  tls?: boolean | TlsOptions;
  /**
   * Nodes of a Redis Cluster. The other nodes are found. A cluster has only the database 0. Allowed:
   * host:port,host:port with ports from 1 to 65535, 6379 where none is named. (`REDIS_CLUSTER_HOSTS`)
   */
  clusterHosts?: string | ReadonlyArray<string | HostAndPort>;
  /**
   * Which nodes of a cluster answer the raw client's reads. A replica's answer may be a little older. Default
   * `primary`. (`REDIS_SCALE_READS`)
   */
  scaleReads?: 'primary' | 'replica';
  /**
   * The sentinels, which name the server. Allowed: host:port,host:port with ports from 1 to 65535, 26379 where none
   * is named. (`REDIS_SENTINEL_HOSTS`)
   */
  sentinelHosts?: string | ReadonlyArray<string | HostAndPort>;
  /** The primary's name at the sentinels. Default `mymaster`. (`REDIS_SENTINEL_NAME`) */
  sentinelName?: string;
  /** The ACL user of the sentinels. (`REDIS_SENTINEL_USERNAME`) */
  sentinelUsername?: string;
  /** The password of the sentinels. (`REDIS_SENTINEL_PASSWORD`) */
  sentinelPassword?: string;
  /**
   * Connections that stay open once they were needed. All calls share one connection; large values and blocking
   * commands get others. Default 5, in tests 1. (`REDIS_MIN_POOL_SIZE`)
   */
  minPoolSize?: number;
  /** The most connections at a time. Default 20, in tests 5. (`REDIS_POOL_SIZE`) */
  poolSize?: number;
  /**
   * Time until a connection is ready. Name resolution, TCP, TLS and AUTH have it together. In milliseconds. Default
   * 10000. (`REDIS_CONNECT_TIMEOUT`)
   */
  connectTimeout?: number;
  /** Time until a call is settled. In milliseconds. Default 5000. (`REDIS_COMMAND_TIMEOUT`) */
  commandTimeout?: number;
  /**
   * Attempts to connect, after the first, until raw commands fail at once. Until then they wait. Connecting is
   * tried for ever. Default 3, in production 5. (`REDIS_MAX_RETRIES`)
   */
  maxRetries?: number;
  /**
   * The longest first pause before the next attempt to connect. It doubles up to two seconds, with jitter. In
   * milliseconds. Default 100. (`REDIS_RETRY_DELAY`)
   */
  retryDelay?: number;
  /**
   * Idle time before TCP probes the server; 0 turns probes off. In milliseconds. Default 30000, in production
   * 60000. (`REDIS_KEEP_ALIVE`)
   */
  keepAlive?: number;
  /** `true` connects with the first call, `false` within `configure()`. Default true. (`REDIS_LAZY_CONNECT`) */
  lazyConnect?: boolean;
  /**
   * The name that `CLIENT LIST` shows; connections that are lent or subscribe are called `orgcache`. Default
   * `orgcache`. (`REDIS_CONNECTION_NAME`)
   */
  connectionName?: string;
  /**
   * The most commands that wait for Redis. Further raw commands fail with `E_OVERLOADED`, and memory answers
   * further calls of the adapter. Default 1000000. (`CACHE_QUEUE_MAX_COMMANDS`)
   */
  queueMaxCommands?: number;
  /** The most bytes of commands that wait for Redis. In bytes. Default 268435456. (`CACHE_QUEUE_MAX_BYTES`) */
  queueMaxBytes?: number;
  /**
   * What moves the bytes: the event loop or a thread. `auto` is the event loop where that is possible. Default
   * `auto`. (`CACHE_DRIVER`)
   */
  driver?: Driver;
  /** Start of every key of the cache. Default `jack:dev:`, in production `jack:prod:`. (`CACHE_KEY_PREFIX`) */
  keyPrefix?: string;
  /**
   * Start of every key of the client that `getRedis()` gives. Default `whatsapp:{NODE_ENV}:`. (`REDIS_KEY_PREFIX`)
   */
  clientKeyPrefix?: string;
  /** Whether that client's channels have the same start. Default false. (`REDIS_PREFIX_CHANNELS`) */
  prefixChannels?: boolean;
  /** Start of every key of the rate limiter. Default `orgcache:{NODE_ENV}:`. (`ORGCACHE_PREFIX`) */
  prefix?: string;
  /**
   * `true` refuses calls that name no organization, or an empty one, with `E_KEY`. Otherwise such calls mean the
   * global scope. Default false. (`CACHE_REQUIRE_ORGANIZATION`)
   */
  requireOrganization?: boolean;
  /**
   * Treatment of values that the JavaScript layer left in Redis. `move`: a read moves them to where this package
   * keeps them. `copy`: they also stay until the value is set or its organization is cleared, so that instances of
   * the JavaScript layer still see them. `off`: they are not looked for. Default `move`. (`CACHE_LEGACY`)
   */
  legacy?: 'move' | 'copy' | 'off';
  /** Lifetime of a value that is set without one. In seconds. Default 7200. (`CACHE_DEFAULT_TTL`) */
  defaultTtl?: number;
  /** How large values are stored in Redis. Default `auto`. (`CACHE_COMPRESSION`) */
  compression?: Compression;
  /** Size of the JSON from which a value is large. In bytes. Default 1024. (`CACHE_COMPRESSION_THRESHOLD`) */
  compressionThreshold?: number;
  /**
   * Bound of the memory store, which answers without Redis. In bytes. Default 67108864. (`CACHE_MEMORY_MAX_BYTES`)
   */
  memoryMaxBytes?: number;
  /**
   * Bound of the writes that are kept while Redis is away. In bytes. Default 67108864. (`CACHE_JOURNAL_MAX_BYTES`)
   */
  journalMaxBytes?: number;
  /**
   * Local directory that also keeps the writes of an outage, so that a process which dies loses none.
   * (`CACHE_JOURNAL_DIR`)
   */
  journalDir?: string;
  /**
   * Whether values that are read often get copies in this process, which Redis keeps up to date; the option may be
   * an object, which turns it on. The copies cost Redis a connection and 119 bytes a key. Default true.
   * (`CACHE_NEAR`)
   */
  near?: boolean | NearOptions;
  /** The least severe line that is logged. Default `warn`. (`CACHE_LOG`) */
  logLevel?: LogLevel;
  // /settings
  /** The receiver of log lines. Default: stderr. */
  logger?: Logger;
}
