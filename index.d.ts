import type { AtLeast, RedisCallback, RedisWord } from './js/client/call-types.js';
import type { RedisCommands } from './js/client/command-types.js';
import type { createLimiter, readyPolicies } from './types/limiter.js';

export * from './types/limiter.js';

// Declared as in lib.esnext.disposable, which TypeScript has since 5.2 and few projects name. The declarations
// merge with it.
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
    /** Fallback of `await using`. */
    readonly dispose: unique symbol;
  }

  interface Disposable {
    [Symbol.dispose](): void;
  }
  interface AsyncDisposable {
    [Symbol.asyncDispose](): PromiseLike<void>;
  }
}

/**
 * The code of an {@link OrgCacheError}. A code never changes its meaning.
 *
 * - `E_CONFIG`: an option or environment variable has a value that is not allowed, or came too late
 * - `E_KEY`: the phone number, organization, id or key is missing or too long
 * - `E_SERIALIZE`: the value is not JSON: undefined, a function, a BigInt, a cycle, or nested too deeply
 * - `E_VALUE_TOO_LARGE`: the value is larger than 16 MiB, or a reply is longer than a string of JavaScript can be
 * - `E_CONNECT` (retryable): no connection to Redis could be made; nothing was sent
 * - `E_TIMEOUT`: the deadline passed before an answer came; the command may have run
 * - `E_UNKNOWN_OUTCOME`: the command was sent and the connection was lost; it may have run
 * - `E_OVERLOADED` (retryable): too many commands or bytes are waiting; nothing was sent
 * - `E_REPLY`: Redis answered with an error; redisCode holds its first word
 * - `E_CLOSED`: the cache was shut down
 * - `E_ARGUMENT`: an argument or an option of a call is not allowed, such as a lifetime that is no positive number
 * - `E_POLICY`: no policy of a limiter has this name
 * - `E_INTERNAL`: a defect in native code was caught, or Node could not make a value; the command may have run
 */
export type ErrorCode =
  | 'E_CONFIG'
  | 'E_KEY'
  | 'E_SERIALIZE'
  | 'E_VALUE_TOO_LARGE'
  | 'E_CONNECT'
  | 'E_TIMEOUT'
  | 'E_UNKNOWN_OUTCOME'
  | 'E_OVERLOADED'
  | 'E_REPLY'
  | 'E_CLOSED'
  | 'E_ARGUMENT'
  | 'E_POLICY'
  | 'E_INTERNAL';

/** The error with which every call of this package rejects. Its message holds no phone number, value or secret. */
export class OrgCacheError extends Error {
  private constructor();
  readonly name: 'OrgCacheError';
  readonly code: ErrorCode;
  /** Whether the same call may be made again without running twice. */
  readonly retryable: boolean;
  /** With `E_REPLY`: the first word of the server's error, e.g. `OOM`, `NOPERM`, `WRONGTYPE`. */
  readonly redisCode?: string;
  /** The name of the Redis command that failed, if a command failed. */
  readonly command?: string;
  /** With `EXECABORT`: why commands of the transaction were refused. */
  readonly previousErrors?: readonly Error[];
  readonly cause?: unknown;
}

/** The version of the package, as in its package.json. */
export const version: string;

/** An organization; null, undefined or the empty text is the global scope, which is apart from every organization. */
export type OrganizationId = string | null | undefined;

/** A message of a conversation. A get takes any other JSON shape as its type argument. */
export interface Message {
  role: string;
  content: string;
  [field: string]: unknown;
}

/** A console-like object. Lines never hold a phone number, a value or a secret. */
export interface Logger {
  error(...line: unknown[]): void;
  warn(...line: unknown[]): void;
  info(...line: unknown[]): void;
  debug(...line: unknown[]): void;
}

export interface HostAndPort {
  host: string;
  port?: number | string;
}

/** Each of `ca`, `cert` and `key` is PEM text or the path of a PEM file. */
export interface TlsOptions {
  /** The authorities to trust. Default: those of the system. */
  ca?: string;
  /** The client's certificate, with `key`. */
  cert?: string;
  key?: string;
  /** The name that the server's certificate must be for. Default: the host. */
  servername?: string;
  /** Accepts any certificate, and logs a warning. Default false. */
  insecure?: boolean;
}

export type Driver = 'auto' | 'loop' | 'thread';
export type Compression = 'auto' | 'none' | 'lz4' | 'zstd';
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Options win over environment variables (named in brackets). Variables win over the defaults. */
export interface ConfigureOptions {
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
  /** Prefix of every key of the rate limiter. Default `orgcache:{NODE_ENV}:`. (`ORGCACHE_PREFIX`) */
  prefix?: string;
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
  /** The driver that moves the bytes: the event loop's own poll, a thread, or the better of both. Default `auto`. (`CACHE_DRIVER`) */
  driver?: Driver;
  /**
   * Commands that may wait for Redis, default 1000000. Further calls fail with `E_OVERLOADED`.
   * (`CACHE_QUEUE_MAX_COMMANDS`)
   */
  queueMaxCommands?: number;
  /** Bytes that may wait for Redis, default 256 MiB. (`CACHE_QUEUE_MAX_BYTES`) */
  queueMaxBytes?: number;
  /** The receiver of log lines. Default: stderr. */
  logger?: Logger;
}

/**
 * Sets the options of this instance. Call it once, before the first other call.
 * @throws {OrgCacheError} `E_CONFIG` for a value that is not allowed, or after the first call.
 */
export function configure(options: ConfigureOptions): void;

/** The part of an `AbortSignal` that is used. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Options of a single call. Options of another shape reject the call with `E_CONFIG`, an unknown option rejects it
 * with `E_ARGUMENT`.
 */
export interface CallOptions {
  /**
   * Settles the call as soon as it aborts: the promise rejects with `signal.reason`, as `fetch` does. If it has
   * aborted already, nothing is sent. A command that was sent before may still run.
   */
  signal?: AbortSignalLike | null;
}

export interface ShutdownOptions extends CallOptions {
  /**
   * Milliseconds that calls in flight and the journal may take, default 5000. Anything but a number of 0 or more is
   * `E_CONFIG`, and nothing is shut down.
   */
  timeoutMs?: number;
}

export interface ShutdownResult {
  /** Whether every call had settled and Redis had received everything that the journal held. */
  flushed: boolean;
  /**
   * Writes and clearings that are left in the journal. They are lost unless `CACHE_JOURNAL_DIR` keeps them. Entries
   * of ended processes that were not read yet are not counted.
   */
  journalEntries: number;
}

/**
 * Lets calls in flight settle and the journal be replayed, both within `timeoutMs`, then closes every connection,
 * including those of duplicates. Calls that are left then, and later calls, reject with `E_CLOSED`. Every call of
 * `shutdown` gets the outcome of the first. A later call's options are ignored, except that its `signal` ends the
 * waiting of that call, not the shutdown. Never rejects because Redis is away.
 */
export function shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;

/** Options of {@link ready}. */
export interface ReadyOptions extends CallOptions {
  /** Milliseconds to wait, default the connect timeout. */
  timeoutMs?: number;
}

/**
 * Resolves when calls reach Redis, or at once when `USE_REDIS` is false. Rejects with the reason. It rejects at
 * once if waiting is no use (a wrong password is `E_REPLY` with `redisCode` `WRONGPASS`), else after `timeoutMs`
 * with the last failure.
 */
export function ready(options?: ReadyOptions): Promise<void>;

/**
 * Closes at once and starts over: the next `configure()` or call reads options and environment again. The objects
 * of the package stay the same. Calls in flight fail with `E_CLOSED`. For tests.
 */
export function reset(): Promise<void>;

/**
 * An instance with its own configuration, connections and shutdown: everything that
 * `import orgcache from 'orgcache'` gives.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 */
export function createInstance(options?: ConfigureOptions): OrgCache;

export interface CreateClientOptions extends ConfigureOptions {
  /** Prefix of this client's keys. Default: `REDIS_KEY_PREFIX` if that is set, else none. */
  clientKeyPrefix?: string;
  /** Alias of `clientKeyPrefix`, and wins over it. */
  keyPrefix?: string;
}

/**
 * A client with its own configuration and connections, by options or by a URL. `quit()` or `disconnect()` closes
 * them.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 */
export function createClient(options?: CreateClientOptions | string): RedisClient;

export interface SignalHandlerOptions {
  /** Names of signals, default `['SIGTERM', 'SIGINT']`. */
  signals?: readonly NodeSignal[];
  /** As in {@link ShutdownOptions}. */
  timeoutMs?: number;
  /** Removes the handlers when it aborts. */
  signal?: AbortSignalLike | null;
}

/** A signal of the system that a process can handle, by its name. */
export type NodeSignal = `SIG${string}`;

/**
 * Shuts down at the first of these signals, then sends the signal to the process again without these handlers, so
 * that the process ends as the signal ends it. A second signal meanwhile ends it at once. The application's own
 * handlers stay, and see the signal twice. Importing the package installs none.
 * @returns a function that removes the handlers.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 */
export function installSignalHandlers(options?: SignalHandlerOptions): () => void;

/** Seconds, by kind of value. */
export interface TtlConfig {
  readonly conversationContext: number;
  readonly conversationSummary: number;
  readonly conversationHistory: number;
  readonly organizationData: number;
  readonly agentConfig: number;
  readonly sseResponse: number;
  readonly leadData: number;
  readonly preComputedContext: number;
}

export type ConnectionState = 'connecting' | 'ready' | 'degraded' | 'recovering' | 'closed';

/** Writes that were made while Redis was away and that Redis does not have yet. */
export interface JournalReport {
  /** Keys with a write or delete. */
  readonly entries: number;
  /** Organizations that wait to be cleared. */
  readonly clears: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Age of the oldest entry in milliseconds; null if there is none. */
  readonly oldestMs: number | null;
  /**
   * Whether journal files of ended processes in `CACHE_JOURNAL_DIR` are still being read. Their entries are not
   * counted yet.
   */
  readonly reading: boolean;
  readonly [detail: string]: unknown;
}

/** The state of the connection to Redis, whether Redis answers or not. */
export interface Condition {
  state: ConnectionState;
  /** When that state began, in milliseconds since 1970. */
  stateSince: number;
  /** The code of the last failure: an `ErrorCode`, or the first word of the server's error. */
  lastError: string | null;
  journal: JournalReport;
  breaker: { readonly state: string; readonly [detail: string]: unknown };
  /** Connections after the first. */
  reconnects: number;
}

export interface RedisMetrics extends Condition {
  /** Gets that found a value. */
  hits: number;
  /** Gets that found no value, or a value that cannot be read. */
  misses: number;
  operations: number;
  errors: number;
  /** How often a connection was lost. */
  connectionLost: number;
  /** Hits in percent of all gets, 0 to 100; 0 when there were none. */
  hitRate: number;
  /** Milliseconds. */
  avgResponseTime: number;
  isConnected: boolean;
  connectionAttempts: number;
  /** Values in Redis that could not be read: broken JSON, damaged compression. */
  corruptValues: number;
  /** The connections that all calls share. Blocking commands and subscriptions use others. */
  pool: PoolReport;
  /** The primaries of a cluster; empty with another topology. */
  nodes: readonly NodeReport[];
  readonly [counter: string]: unknown;
}

/** How much of the pool is in use. */
export interface PoolReport {
  /** Connections that are open, or being opened. */
  lanes: number;
  /** Connections with a call in flight. */
  busy: number;
  /** Connections that stay open once they were needed. (`REDIS_MIN_POOL_SIZE`) */
  min: number;
  /** Upper limit of open connections. (`REDIS_POOL_SIZE`) */
  max: number;
  /** Connections that one caller uses alone: to block, to watch keys, or to subscribe. */
  dedicated: {
    /** For blocking and watching: at most `max`. */
    connections: number;
    busy: number;
    /** Callers that wait for a connection. */
    waiting: number;
    subscribers: number;
  };
}

/** One primary of a cluster. */
export interface NodeReport {
  /** `host:port`. */
  address: string;
  state: ConnectionState;
  /** Milliseconds since 1970. */
  since: number;
  lastError: string | null;
  breaker: string;
  serverVersion?: string;
}

export interface CacheManagerStats {
  redis: RedisMetrics;
  /** The memory store that answers while Redis is away, in entries. */
  fallback: { size: number; enabled: boolean };
  config: Readonly<Record<string, unknown>>;
}

export interface CacheStats {
  redisEnabled: boolean;
  ttlConfig: TtlConfig;
  /** Entries by name of the map. */
  fallbackMaps: Record<string, number>;
  config: {
    keyPrefix: string;
    /** Seconds. */
    defaultTTL: number;
    /** Bytes. */
    compressionThreshold: number;
  };
  cache: CacheManagerStats;
}

export interface RedisHealth extends Condition {
  /** Whether the server answered within its deadline; `disabled` if `USE_REDIS` is false. */
  status: 'healthy' | 'unhealthy' | 'disabled';
  /** The status as a sentence. */
  message: string;
  /** Milliseconds until the server answered or the check timed out. */
  responseTime?: number;
  memory?: unknown;
  info?: unknown;
  /** Why the server is not healthy; names the error's code. */
  error?: unknown;
}

/** `degraded`: Redis does not answer, but memory does. */
export type HealthStatus = 'healthy' | 'degraded';

export interface CacheManagerHealth {
  status: HealthStatus;
  redis: RedisHealth;
  cache: { status: string; fallbackEnabled: boolean; fallbackSize: number };
}

export interface CacheHealth {
  status: HealthStatus;
  adapter: { status: HealthStatus; redisEnabled: boolean; fallbackMaps: unknown };
  redis: RedisHealth;
  cache: CacheManagerHealth;
}

export interface SetOptions extends CallOptions {
  /** Seconds. `defaultTtl` if null, 0 or left out. Anything else that is not a positive number is `E_ARGUMENT`. */
  ttlSeconds?: number | null;
}

/** A change of state. */
export interface StateEvent {
  readonly state: ConnectionState;
  readonly from: ConnectionState;
  /** Milliseconds of the Unix epoch. */
  readonly stateSince: number;
  /** The code of the last failure. */
  readonly lastError: string | null;
  readonly journal: JournalReport;
  readonly breaker: { readonly state: 'closed' | 'open' | 'half-open' };
  /** Connections made after an earlier one was lost. */
  readonly reconnects: number;
  readonly [detail: string]: unknown;
}

/** Progress of the replay since the connection was made, in entries. */
export interface ReplayEvent {
  readonly replayed: number;
  /** Entries that Redis had a newer value for. */
  readonly superseded: number;
  /** Replies by which Redis refused an entry. */
  readonly refused: number;
  /** Entries that are not replayed yet. */
  readonly left: number;
  readonly [detail: string]: unknown;
}

export interface CacheEvents {
  /** The first connection was made. */
  ready: [event: StateEvent];
  /** Redis cannot be reached; calls are answered from memory. */
  degraded: [event: StateEvent];
  /** Redis is back, and the journal is replayed. */
  recovering: [event: StateEvent];
  /** The journal is being replayed. Emitted at most four times a second, and at the end. */
  replay: [event: ReplayEvent];
  /** Redis is back and up to date. */
  recovered: [event: StateEvent];
  /** A failure that no caller sees. A listener is optional. */
  error: [error: OrgCacheError];
  /** The instance was shut down. */
  closed: [event: StateEvent];
}

/**
 * The cache by kind of value. A getter answers null if there is no value. A setter answers true if the value was
 * stored, false if nothing could store it. No call rejects because Redis is away. Calls reject for the caller's
 * mistakes: `E_KEY` (no phone, id or key, or one too long), `E_SERIALIZE` (not JSON), `E_VALUE_TOO_LARGE`,
 * `E_CONFIG` (options of another shape). They also reject with the reason of a signal that aborts, and with
 * `E_CLOSED` after a shutdown.
 */
export interface CacheAdapter extends AsyncDisposable {
  getConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T[] | null>;
  /** Kept for 7200 s. */
  setConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    options?: CallOptions,
  ): Promise<boolean>;

  getConversationSummary<T = any>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T | null>;
  /** Kept for 7200 s. */
  setConversationSummary<T = unknown>(
    orgId: OrganizationId,
    phone: string,
    summary: T,
    options?: CallOptions,
  ): Promise<boolean>;

  getConversationHistoryCache<T = Message>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T[] | null>;
  /** Kept for 120 s. */
  setConversationHistoryCache<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    options?: CallOptions,
  ): Promise<boolean>;

  getPreComputedContext<T = any>(
    orgId: OrganizationId,
    phone: string,
    options?: CallOptions,
  ): Promise<T | null>;
  /** Kept for 120 s. */
  setPreComputedContext<T = unknown>(
    orgId: OrganizationId,
    phone: string,
    context: T,
    options?: CallOptions,
  ): Promise<boolean>;

  getPhoneToLeadMapping(phone: string, options?: CallOptions): Promise<string | null>;
  /** Sets both directions in one step; kept for 300 s. */
  setPhoneToLeadMapping(phone: string, leadId: string, options?: CallOptions): Promise<boolean>;
  getLeadToPhoneMapping(leadId: string, options?: CallOptions): Promise<string | null>;

  getDynamicLead<T = any>(leadId: string, options?: CallOptions): Promise<T | null>;
  /** Kept for 300 s. */
  setDynamicLead<T = unknown>(leadId: string, data: T, options?: CallOptions): Promise<boolean>;

  /** The name of the organization. The global scope has no name: a get answers null, and a set answers false. */
  getOrganizationData(orgId: OrganizationId, options?: CallOptions): Promise<string | null>;
  /** Kept for 120 s. */
  setOrganizationData(orgId: OrganizationId, name: string, options?: CallOptions): Promise<boolean>;

  /** Whether the agent is configured. */
  getAgentConfig(agentId: string, agentPhone: string, options?: CallOptions): Promise<boolean | null>;
  /** Kept for 3600 s. `configured` is true by default. */
  setAgentConfig(
    agentId: string,
    agentPhone: string,
    configured?: boolean,
    options?: CallOptions,
  ): Promise<boolean>;

  getSSEResponseCache<T = any>(leadId: string, phone: string, options?: CallOptions): Promise<T | null>;
  /** Kept for 10 s. */
  setSSEResponseCache<T = unknown>(
    leadId: string,
    phone: string,
    data: T,
    options?: CallOptions,
  ): Promise<boolean>;

  get<T = any>(key: string, options?: CallOptions): Promise<T | null>;
  /**
   * The values of these keys in their order. One request asks for all of them, in a cluster one request to each
   * node that has some.
   */
  getMany<T = any>(keys: readonly string[], options?: CallOptions): Promise<(T | null)[]>;
  /** Kept for `ttlSeconds`, by default for `defaultTtl` (7200 s). */
  set<T = unknown>(key: string, value: T, ttlSeconds?: number | null | SetOptions): Promise<boolean>;
  /** Answers whether there was a value. */
  delete(key: string, options?: CallOptions): Promise<boolean>;

  /** The promise of a request in flight, kept in this process. */
  getInflightRequest<T = any>(cacheKey: string): Promise<T> | null | undefined;
  setInflightRequest<T = unknown>(cacheKey: string, request: Promise<T>): void;
  deleteInflightRequest(cacheKey: string): void;

  /** The session of a human who has taken over a conversation, kept in this process. */
  getHumanControlSession<T = any>(orgId: OrganizationId, phone: string): T | null | undefined;
  setHumanControlSession<T = unknown>(orgId: OrganizationId, phone: string, data: T): void;
  deleteHumanControlSession(orgId: OrganizationId, phone: string): void;

  /** `org:digits`, the organization and the digits of the phone number. Without an organization, the digits alone. */
  createOrgKey(orgId: OrganizationId, phone: string): string;

  /**
   * Clears every value of that organization and no other's. Answers the number of values, or false if Redis could
   * not be reached: then only this process's memory is cleared.
   */
  clearOrganizationCache(orgId: OrganizationId, options?: CallOptions): Promise<number | false>;

  getStats(options?: CallOptions): Promise<CacheStats>;
  /** Asks the server within the command timeout. */
  healthCheck(options?: CallOptions): Promise<CacheHealth>;

  readonly ttlConfig: TtlConfig;
  /** Assigning false keeps the adapter's values in this process until it is true again. */
  useRedis: boolean;
  readonly fallbackMaps: Readonly<Record<string, Map<any, any>>>;

  on<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  once<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  off<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;
  /** Alias of `off`. */
  removeListener<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;

  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

export const cacheAdapter: CacheAdapter;

/** The part of a Map that `migrateExistingMaps` uses. */
export interface LegacyMap<V = unknown> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  has(key: string): boolean;
  delete(key: string): boolean;
  [Symbol.iterator](): IterableIterator<[string, V]>;
}

/** Keys of Maps of conversations have the form that `createOrgKey` makes. Entries with other keys stay in the Map. */
export interface LegacyMaps {
  conversationContexts?: LegacyMap<any>;
  conversationSummaries?: LegacyMap<any>;
  phoneToLeadMapping?: LegacyMap<any>;
  /** Values are names, or objects with a `name`. */
  organizationCache?: LegacyMap<any>;
  [name: string]: LegacyMap<any> | undefined;
}

export interface MigrationProgress {
  /** Entries that were processed: migrated, skipped and failed. */
  done: number;
  /** Entries of all Maps when the migration began. Entries that are added later wait for another migration. */
  total: number;
  /** Entries that Redis has acknowledged and that have left their Map. */
  migrated: number;
  /** Entries whose key names no owner, that hold nothing, or that are just being set. */
  skipped: number;
  /** Entries that Redis did not acknowledge, or that are not JSON. */
  failed: number;
  /** Whether the signal stopped the migration before its end. */
  aborted: boolean;
}

export interface MigrationOptions {
  onProgress?: (progress: MigrationProgress) => void;
  /** Stops the migration at once: it resolves, with `aborted`. Entries that were not moved stay in their Map. */
  signal?: AbortSignalLike | null;
}

/** Number of entries moved out of Maps since the start, by kind. */
export interface MigrationStats {
  conversationContexts: number;
  conversationSummaries: number;
  leadMappings: number;
  organizationData: number;
  agentConfigs: number;
  /**
   * Values that cannot be stored because they are not JSON. The `failed` of a migration counts values that Redis
   * did not take.
   */
  errors: number;
}

/**
 * The cache for servers that still have Maps. A getter asks the cache first, then the Map. A value found in the Map
 * is moved into the cache, and leaves the Map when Redis has acknowledged it. While Redis is away, a value that is
 * set together with a Map stays in that Map, and the set answers false. Rejects as {@link CacheAdapter} does.
 */
export interface RedisMigrationManager {
  /** An empty list if there is no value. */
  getConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<T[]>;
  setConversationContext<T = Message>(
    orgId: OrganizationId,
    phone: string,
    messages: readonly T[],
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<boolean>;

  getConversationSummary<T = any>(
    orgId: OrganizationId,
    phone: string,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<T | null>;
  setConversationSummary<T = unknown>(
    orgId: OrganizationId,
    phone: string,
    summary: T,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<boolean>;

  getPhoneToLeadMapping(
    phone: string,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<string | null>;
  setPhoneToLeadMapping(
    phone: string,
    leadId: string,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<boolean>;

  getOrganizationData(
    orgId: OrganizationId,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<string | null>;
  setOrganizationData(
    orgId: OrganizationId,
    name: string,
    legacyMap?: LegacyMap<any> | null,
    options?: CallOptions,
  ): Promise<boolean>;

  /** Moves whole Maps in batches and lets the event loop run between them. May be stopped, repeated and resumed. */
  migrateExistingMaps(maps: LegacyMaps, options?: MigrationOptions): Promise<MigrationProgress>;

  readonly migrationStats: Readonly<MigrationStats>;
  getStats(options?: CallOptions): Promise<{ migration: MigrationStats; cache: CacheStats }>;
  healthCheck(options?: CallOptions): Promise<CacheHealth>;
  /** Prints the statistics to the logger, or to the console. */
  printMigrationStats(): unknown;

  /** `org:digits`, the organization and the digits of the phone number. Without an organization, the digits alone. */
  createOrgKey(orgId: OrganizationId, phone: string): string;
  /** Splits at the last colon. */
  parseOrgKey(key: string): { orgId: string | null; phoneNumber: string };

  readonly redisManager: RedisManager;
}

export const redisMigrationManager: RedisMigrationManager;

/** The parts of a key. */
export interface DecodedKey {
  /** Such as `conversationContexts`; null for an index. */
  type: string | null;
  /** null for the global scope, or for a type without organizations. */
  orgId: string | null;
  id: string | null;
  phone: string | null;
  /** Whether the key is the index of an organization. */
  isIndex: boolean;
}

/** Values by an organization and the caller's own keys or hashes. Rejects as {@link CacheAdapter} does. */
export interface CacheManager {
  readonly keyPrefix: string;
  /** Seconds. */
  readonly defaultTTL: number;
  /** Bytes. */
  readonly compressionThreshold: number;
  /** Memory answers whenever Redis does not. */
  readonly enableFallback: true;
  /** The text that the JavaScript layer stored for a value. A long one begins with `compressed:`. */
  serialize(value: unknown): string;
  /** The value of a text or of bytes from Redis, whichever layer stored them. null if they are damaged or missing. */
  deserialize<T = any>(stored: string | Uint8Array | null | undefined): T | null;

  /** The Redis key of a type, an organization and an identifier. */
  generateKey(type: string, orgId?: OrganizationId, identifier?: string | null): string;
  /** The parts of a key, or null if the key is not of this cache. */
  decodeKey(key: string): DecodedKey | null;
  /** The key of an organization's index, which lists its keys. */
  indexKey(orgId?: OrganizationId): string;
  /** The value of bytes from Redis. undefined if they are damaged or not JSON. */
  decodeValue<T = any>(bytes: Uint8Array): T | undefined;

  get<T = any>(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<T | null>;
  /**
   * `ttlSeconds`: `defaultTtl` (7200 s) if null, 0 or left out. Anything else that is not a positive number is
   * `E_ARGUMENT`.
   */
  set<T = unknown>(
    key: string,
    value: T,
    ttlSeconds?: number | null,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Answers whether there was a value. */
  delete(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<boolean>;

  hget<T = any>(
    hash: string,
    field: string,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<T | null>;
  /** The TTL is that of the whole hash. Every set starts it again. */
  hset<T = unknown>(
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
  hgetall<T = any>(hash: string, orgId?: OrganizationId, options?: CallOptions): Promise<Record<string, T>>;

  /**
   * Clears every value of that organization and no other's. Answers the number of values, or false if Redis could
   * not be reached: then only this process's memory is cleared.
   */
  clearOrganizationCache(orgId: OrganizationId, options?: CallOptions): Promise<number | false>;
  getStats(): CacheManagerStats | Promise<CacheManagerStats>;
  healthCheck(options?: CallOptions): Promise<CacheManagerHealth>;
}

export const cacheManager: CacheManager;

/** A key or argument of a command; a Node `Buffer` is a `Uint8Array`. */
export type RedisArgument = string | number | Uint8Array;

/** A reply in ioredis's form: bulk strings as text, a missing value as null. */
export type RedisReply = string | number | null | RedisReply[] | { [field: string]: string };

/** Node's `Buffer` if its types are installed. */
export type RedisBuffer = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : Uint8Array;

/** A callback as the last argument of a method. */
export type { RedisCallback } from './js/client/call-types.js';

/** An entry of a stream. A deleted entry that is still pending has no fields. */
export type RedisStreamEntry<Text> = [id: Text, fields: Text[]];
export type RedisStreamEntries<Text> = [key: Text, entries: RedisStreamEntry<Text>[]][] | null;

/** The result of one command: `[null, reply]` or `[error]`. The reply is `unknown`: each command has another. */
export type RedisResult = [error: null, reply: unknown] | [error: Error];

/** The commands of a chain. Each method answers the chain. */
type Chained<This> = {
  [Name in keyof RedisCommands]: RedisCommands[Name] extends (...given: infer Given) => Promise<unknown>
    ? (...given: Given) => This
    : never;
};

interface Chain<This> extends Chained<This> {
  readonly isPipeline: true;
  /** Number of commands that wait for `exec`. */
  readonly length: number;
  /** Any command by its name. */
  call(command: string, ...args: RedisWord[]): This;
  callBuffer(command: string, ...args: RedisWord[]): This;
  send_command(command: string, ...args: RedisWord[]): This;
  sendCommand(command: RedisCommandObject): This;
  /** Adds commands as lists of their name and arguments. */
  addBatch(commands: readonly RedisCommandList[]): This;
}

/** A command as a list: its name, then its arguments. */
export type RedisCommandList = readonly [name: string, ...args: unknown[]];

/**
 * Commands that are sent together. Other clients' commands may run between them. Augment this interface with the
 * methods of scripts.
 */
export interface RedisPipeline extends Chain<RedisPipeline> {
  /** The commands that follow, up to `exec`, are one transaction. */
  multi(): this;
  /**
   * An error is the result of its command. Rejects, with nothing sent, if a command would change a connection that
   * others share.
   */
  exec(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
  /** Same as `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
}

/** Commands that run together or not at all. */
export interface RedisTransaction extends Chain<RedisTransaction> {
  /** Null if a key that the client watches has changed. Rejects with `EXECABORT` if a command is refused. */
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  /** Same as `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
}

/** `wait`: nothing has connected yet. */
export type RedisStatus = 'wait' | 'connecting' | 'ready' | 'reconnecting' | 'end' | 'monitoring';

/** The period in which messages may have been missed, in milliseconds of the Unix epoch. */
export interface RedisGap {
  readonly channels: readonly string[];
  readonly since: number;
  readonly until: number;
}

export interface RedisClientEvents {
  /** A connection attempt begins: the first one, and one after each `reconnecting`. */
  connecting: [];
  connect: [];
  ready: [];
  /** A listener is optional. */
  error: [error: OrgCacheError];
  close: [];
  reconnecting: [];
  end: [];
  /** A duplicate has selected another database. */
  select: [database: number];
  /**
   * An event of the client that `monitor()` gives: time, arguments of the command, its client's address and
   * database.
   */
  monitor: [time: string, args: string[], source: string, database: string];
  message: [channel: string, message: string];
  messageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  pmessage: [pattern: string, channel: string, message: string];
  pmessageBuffer: [pattern: string, channel: RedisBuffer, message: RedisBuffer];
  smessage: [channel: string, message: string];
  smessageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  /** The connection of the subscriptions was lost and made again. */
  gap: [event: RedisGap];
  /** A reader of {@link RedisClient.messages} is too slow: messages were dropped. */
  slow: [event: { readonly channel: string; readonly maxBytes: number }];
}

export interface RedisMessage {
  readonly channel: string;
  readonly message: string;
  /** Number of messages that were dropped before this one because their reader was too slow. */
  readonly dropped: number;
}

export interface RedisMessages extends AsyncIterableIterator<RedisMessage>, AsyncDisposable {
  /** Resolves when the server has confirmed the subscription. */
  ready(): Promise<void>;
  /** Ends the subscription, as leaving the loop does too. */
  return(): Promise<IteratorResult<RedisMessage>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MessagesOptions extends CallOptions {
  /** Bytes that may wait for the reader, default 1 MiB. Beyond that the oldest messages are dropped. */
  maxBytes?: number;
}

export interface ScanOptions {
  match?: string;
  /** Approximate number of elements in a page. */
  count?: number;
  /** Only keys of this type. For SCAN only. */
  type?: string;
  /** Fields without their values. For HSCAN only, from Redis 7.4. */
  noValues?: boolean;
  /** Number of pages that are read ahead. */
  highWaterMark?: number;
}

/** Node's `Readable` of pages. */
export interface ScanStream<Found> extends AsyncIterable<Found[]> {
  on(event: 'data', listener: (page: Found[]) => void): this;
  on(event: 'error', listener: (error: Error) => void): this;
  on(event: string, listener: (...args: any[]) => void): this;
  pause(): this;
  resume(): this;
  destroy(error?: Error): this;
  /** Ends with the page that is being read. */
  close(): void;
}

export interface DuplicateTlsOptions {
  ca?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  cert?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  key?: string | Uint8Array | ReadonlyArray<string | Uint8Array>;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface DuplicateOptions
  extends Omit<ConfigureOptions, 'keyPrefix' | 'clientKeyPrefix' | 'logger' | 'scaleReads' | 'tls'> {
  /** Also takes ioredis's values. */
  scaleReads?: ConfigureOptions['scaleReads'] | 'all' | 'master' | 'slave' | ((...given: any[]) => unknown);
  /** Also takes Node's form: PEM texts or their bytes, and `rejectUnauthorized`. */
  tls?: ConfigureOptions['tls'] | DuplicateTlsOptions;
  /** Prefix of this client's keys. Default: that of the client which is duplicated. */
  keyPrefix?: string | Uint8Array | null;
  /** Number of connection attempts after which waiting commands fail, as `maxRetries`. null changes nothing. */
  maxRetriesPerRequest?: number | null;
  /**
   * Called for each connection that is lost and each attempt to connect that fails. It answers the milliseconds
   * until the next attempt. An answer that is not a number ends the client, and so does null in place of the
   * function. Nodes of a cluster and a client's auxiliary connections wait by rules of their own.
   */
  retryStrategy?: ((times: number) => number | null | undefined | void) | null;
  clusterRetryStrategy?: ((times: number, reason?: Error) => number | null | undefined | void) | null;
  /** Path of a unix socket. */
  path?: string;
  sentinels?: ReadonlyArray<{ host?: string; port?: number }>;
  /** The primary's name, with `sentinels`. */
  name?: string;
  /** Options for the nodes of a cluster. They work like the options on this level. */
  redisOptions?: DuplicateOptions;
  /** Lua scripts that become methods. */
  scripts?: Record<string, { lua: string; numberOfKeys?: number; readOnly?: boolean }>;
  /**
   * Further options of ioredis are accepted and have no effect here: `natMap`, pipelining, timeouts of its own, ...
   */
  autoResubscribe?: boolean;
  enableAutoPipelining?: boolean;
  reconnectOnError?: ((error: Error) => boolean | 1 | 2) | null;
  retryDelayOnFailover?: number;
  enableReadyCheck?: boolean;
  /** With false, commands are refused with `E_CONNECT` while the client is not `ready`. By default they wait. */
  enableOfflineQueue?: boolean;
  /** Numbers in replies become texts. */
  stringNumbers?: boolean;
  /** For a node of a cluster: its replica answers reads. */
  readOnly?: boolean;
}

/** `host:port`, a URL, a port of this host, or both as an object. */
export type RedisNode = string | number | { host?: string; port?: number };

export interface RedisCommandObject {
  name: string;
  args?: readonly any[];
  resolve?: (reply: any) => void;
  reject?: (error: Error) => void;
  promise?: Promise<any>;
}

/**
 * A client with the methods of ioredis: every command in lower case, with ioredis's reply shapes. All clients share
 * one connection. Commands that block, watch keys or subscribe get a connection of their own, so that nothing waits
 * for them and a subscriber goes on taking commands. Rejects with `E_CONNECT`, `E_TIMEOUT`, `E_UNKNOWN_OUTCOME`,
 * `E_OVERLOADED`, `E_REPLY` (see `redisCode`) and `E_CLOSED`. Augment this interface with the methods of scripts.
 */
export interface RedisClient extends RedisCommands, AsyncDisposable {
  /** An assigned value holds until the next change of state. */
  status: RedisStatus;
  /** Commands work in every mode. */
  readonly mode: 'normal' | 'subscriber' | 'monitor';
  readonly isCluster: boolean;
  /**
   * The settings in force, without secrets: `host` and `port`, or `path` of a unix socket, `db`, `username`,
   * `keyPrefix`, ...
   */
  readonly options: Record<string, any>;

  /** Any command by its name. A name with capital letters answers in RESP2's shapes, without objects. */
  call(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /** Texts come as Buffers. The reply is `unknown`: the command decides what it is. */
  callBuffer(command: string, ...args: RedisWord[]): Promise<unknown>;
  send_command(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /** Sends a command object. A command of ioredis's class `Command` also has its own promise settled. */
  sendCommand(command: RedisCommandObject): Promise<any>;
  /** Adds a method for a command that this client does not know, also to its pipelines and transactions. */
  addBuiltinCommand(name: string): void;
  getBuiltinCommands(): string[];
  createBuiltinCommand(name: string): {
    string: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
    buffer: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
  };
  /** Resolves to a client that emits every command of the server as the event `monitor`, until it is disconnected. */
  monitor(callback?: RedisCallback<RedisClient>): Promise<RedisClient>;
  /**
   * One client for each known node of a cluster; those of replicas read only. With a single server, this client
   * itself.
   */
  nodes(role?: 'all' | 'master' | 'slave'): RedisClient[];

  pipeline(commands?: readonly RedisCommandList[]): RedisPipeline;
  multi(commands?: readonly RedisCommandList[], options?: { pipeline?: true }): RedisTransaction;
  /** This client's next commands answer `QUEUED` and run with `exec`. */
  multi(options: { pipeline: false }): Promise<'OK'>;
  multi(options: { pipeline: true }): RedisTransaction;
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** The next transaction of this client answers null if another client has changed these keys. */
  watch(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<'OK'>]): Promise<'OK'>;
  unwatch(callback?: RedisCallback<'OK'>): Promise<'OK'>;

  /** Each resolves to the number of subscriptions. */
  subscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  psubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  ssubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  /** Without channels, unsubscribes from all. */
  unsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  punsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  sunsubscribe(
    ...given: RedisWord[] | [...given: RedisWord[], callback: RedisCallback<number>]
  ): Promise<number>;
  /** The messages of a channel for `for await`, bounded in bytes. */
  messages(channel: string | Uint8Array, options?: MessagesOptions): RedisMessages;

  /** Adds a method that runs a Lua script. Without `numberOfKeys`, the method's first argument is that number. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number; readOnly?: boolean }): void;

  scanStream(options?: ScanOptions): ScanStream<string>;
  scanBufferStream(options?: ScanOptions): ScanStream<RedisBuffer>;
  hscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  hscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  sscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  sscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  zscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  zscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;

  /** Resolves when the server answers. Opens a client that was closed. */
  connect(callback?: RedisCallback<void>): Promise<void>;
  /** Closes at once. With `reconnect`, connects anew instead; the shared connection stays. */
  disconnect(reconnect?: boolean): void;
  end(): void;
  /** Closes after the commands before it have their replies. */
  quit(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** A client with its own connections. It connects at once unless `lazyConnect` is true. */
  duplicate(options?: DuplicateOptions): RedisClient;
  /** For a cluster, with other nodes to start from. */
  duplicate(nodes: readonly RedisNode[] | undefined, options?: DuplicateOptions): RedisClient;
  /** Only for a duplicate: the shared connection has one database. Runs in order with the other commands. */
  select(db: number | string, callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** Closes at once. */
  [Symbol.asyncDispose](): Promise<void>;

  on<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  once<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  off<E extends keyof RedisClientEvents>(event: E, listener: (...args: RedisClientEvents[E]) => void): this;
  removeListener<E extends keyof RedisClientEvents>(
    event: E,
    listener: (...args: RedisClientEvents[E]) => void,
  ): this;
  removeAllListeners(event?: keyof RedisClientEvents): this;
  listenerCount(event: keyof RedisClientEvents): number;
}

/**
 * The client that the whole server shares. It connects with its first command. Its keys get the prefix
 * `clientKeyPrefix`. After {@link closeRedis}, this gives a new client.
 */
export function getRedis(): Promise<RedisClient>;

/** Closes that client after its commands have their replies. The cache stays. */
export function closeRedis(): Promise<void>;

/** The prefix of that client's keys. */
export function getKeyPrefix(): string;
/** The key as Redis has it. A key that already has the prefix stays as it is. */
export function prefixKey(key: string | number): string;
export function unprefixKey(key: string | number): string;

/** Asks the server. Never rejects because Redis is away. */
export function redisHealthCheck(): Promise<{ status: 'healthy' | 'unhealthy'; message: string }>;

/** The configured server; with several hosts, the first one. A unix socket is a host with the port 0. */
export function getConnectionInfo(): { host: string; port: number; keyPrefix: string; isCluster: boolean };

/**
 * For servers that ask a class for its one instance. Functions of the package such as {@link getRedis} use that
 * instance too. Tests assign to `instance`: without one, the next call makes another, which reads the environment
 * anew.
 */
export const RedisManager: {
  new (): RedisManager;
  instance: RedisManager | null | undefined;
  getInstance(): RedisManager;
};

export interface RedisManager extends AsyncDisposable {
  /** The client whose keys have no prefix, always the same object. It connects with its first command. */
  getClient(): RedisClient;
  /** Same as {@link getRedis}. */
  getRedis(): Promise<RedisClient>;
  /** Same as {@link closeRedis}. */
  closeRedis(): Promise<void>;
  /** Whether there is a connection. */
  isReady(): boolean;
  readonly isConnected: boolean;
  readonly connectionAttempts: number;
  readonly maxConnectionAttempts: number;
  getKeyPrefix(): string;
  prefixKey(key: string | number): string;
  unprefixKey(key: string | number): string;
  getConnectionInfo(): ReturnType<typeof getConnectionInfo>;
  redisHealthCheck(): ReturnType<typeof redisHealthCheck>;
  /** The settings in force, by the names of {@link ConfigureOptions}, without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly poolConfig: { readonly min: number; readonly max: number };
  /** Same as `getMetrics()`. */
  readonly metrics: RedisMetrics;
  /** Asks the server within the command timeout. */
  healthCheck(options?: CallOptions): Promise<RedisHealth>;
  getMetrics(): RedisMetrics | Promise<RedisMetrics>;
  /** Counts an operation that the caller made elsewhere. `hit` says whether it found a value. */
  recordOperation(name: string, durationMs: number, hit?: boolean): void;
  shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

export const redisManager: RedisManager;

/** An entry of a stream, as the handler of a consumer group gets it. */
export interface StreamEntry {
  readonly id: string;
  /** Values by field. A field that occurs twice has its last value here. */
  readonly fields: Record<string, string>;
  /** Alternating fields and values, as they are in the stream. */
  readonly fieldsAndValues: string[];
  /** Number of deliveries of the entry, this one included. */
  readonly deliveries: number;
}

/** The methods that a consumer group needs of its client. Clients of `getRedis()` and of ioredis have them. */
export interface StreamClient {
  call(...args: any[]): Promise<any>;
  duplicate(...options: any[]): any;
  eval(...args: any[]): Promise<any>;
  multi(...options: any[]): any;
  watch(...args: any[]): Promise<any>;
  xack(...args: any[]): Promise<any>;
  xadd(...args: any[]): Promise<any>;
  xautoclaim(...args: any[]): Promise<any>;
  xclaim(...args: any[]): Promise<any>;
  xgroup(...args: any[]): Promise<any>;
  xinfo(...args: any[]): Promise<any>;
  xpending(...args: any[]): Promise<any>;
  xrange(...args: any[]): Promise<any>;
  xreadgroup(...args: any[]): Promise<any>;
}

/** The operation that failed, and the entry if there was one. */
export interface ConsumerGroupErrorContext {
  during: 'create' | 'read' | 'claim' | 'handle' | 'acknowledge' | 'dead-letter' | 'stop';
  id?: string;
  deliveries?: number;
}

export interface ConsumerGroupOptions {
  client: StreamClient;
  stream: string;
  group: string;
  /** Name of this consumer. The default is a unique name, which leaves the group with the consumer. */
  consumer?: string;
  /** Entries that are handled at once. Default 10. */
  concurrency?: number;
  /** Entries that one read asks for. Default: `concurrency`. */
  batchSize?: number;
  /** Milliseconds that a read waits for entries. Default 5000. */
  blockMs?: number;
  /** Milliseconds without a sign of its consumer after which an entry is delivered to another. Default 60000. */
  minIdleMs?: number;
  /** Deliveries without an acknowledgement after which an entry becomes a dead letter. Default 5. */
  maxDeliveries?: number;
  /** Default: `{stream}:dead`, braces included, or `stream:dead` if the name has a hash tag of its own. */
  deadLetterStream?: string;
  /** Where a new group begins: `$` with entries from then on, `0` with all entries, or after an id. */
  from?: string;
  /** Resolves when the entry is done, which is then acknowledged. The signal aborts when a stop no longer waits. */
  handler: (entry: StreamEntry, context: { signal: AbortSignal }) => unknown;
  /** Called for every failure, the handler's too. No failure ends the consumer. */
  onError?: (error: unknown, context: ConsumerGroupErrorContext) => void;
  /** Stops the consumer when it aborts. */
  signal?: AbortSignalLike;
}

export interface ConsumerGroupStats {
  state: 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';
  consumer: string;
  /** Entries that are being handled. */
  running: number;
  /** Entries that were delivered and wait for a handler. */
  waiting: number;
  /** Entries delivered for the first time. */
  read: number;
  /** Entries taken over from this or another consumer after `minIdleMs`. */
  claimed: number;
  handled: number;
  failed: number;
  deadLettered: number;
  /** Pending entries that were deleted from the stream before they were acknowledged. */
  deleted: number;
  /** Failures other than the handler's. */
  errors: number;
}

/** One consumer of a consumer group on a stream. */
export interface ConsumerGroup extends AsyncDisposable {
  /**
   * Creates the stream and the group if they are missing, and begins. Waits for a server that is away. Rejects with
   * the server's error, with the signal's reason, and with `E_CLOSED` after a stop.
   */
  start(): Promise<void>;
  /**
   * Stops reading, hands back entries that no handler has begun, and waits for the handlers: 5000 ms unless
   * `timeoutMs` says otherwise. `left` is the number of entries that a handler still had then. They stay pending.
   */
  stop(options?: { timeoutMs?: number }): Promise<{ left: number }>;
  stats(): ConsumerGroupStats;
  /** Stops. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * One consumer of a consumer group. It sends nothing before `start()`. Each entry is given to the handler at least
 * once. Throws `E_CONFIG` for an option that is not allowed.
 */
export function createConsumerGroup(options: ConsumerGroupOptions): ConsumerGroup;

/** The default export of the package. `await using` shuts it down. */
export interface OrgCache extends AsyncDisposable {
  readonly cacheAdapter: CacheAdapter;
  readonly cacheManager: CacheManager;
  readonly closeRedis: typeof closeRedis;
  readonly configure: typeof configure;
  readonly createClient: typeof createClient;
  readonly createConsumerGroup: typeof createConsumerGroup;
  readonly createInstance: typeof createInstance;
  readonly createLimiter: typeof createLimiter;
  readonly getConnectionInfo: typeof getConnectionInfo;
  readonly getKeyPrefix: typeof getKeyPrefix;
  readonly getRedis: typeof getRedis;
  readonly installSignalHandlers: typeof installSignalHandlers;
  readonly OrgCacheError: typeof OrgCacheError;
  readonly prefixKey: typeof prefixKey;
  readonly ready: typeof ready;
  readonly readyPolicies: typeof readyPolicies;
  readonly RedisManager: typeof RedisManager;
  readonly redisHealthCheck: typeof redisHealthCheck;
  readonly redisManager: RedisManager;
  readonly redisMigrationManager: RedisMigrationManager;
  readonly reset: typeof reset;
  readonly shutdown: typeof shutdown;
  readonly unprefixKey: typeof unprefixKey;
  readonly version: string;
  [Symbol.asyncDispose](): Promise<void>;
}
