import type { AtLeast, RedisCallback, RedisWord } from './js/client/call-types.js';
import type { RedisCommands } from './js/client/command-types.js';

// As lib.esnext.disposable has them, which TypeScript has since 5.2 and few projects name. They merge with it.
declare global {
  interface SymbolConstructor {
    readonly asyncDispose: unique symbol;
    /** `await using` falls back on it. */
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
  | 'E_INTERNAL';

/** What every call of this package rejects with. Its message holds no phone number, value or secret. */
export class OrgCacheError extends Error {
  private constructor();
  readonly name: 'OrgCacheError';
  readonly code: ErrorCode;
  /** Whether the same call may be made again without running twice. */
  readonly retryable: boolean;
  /** With `E_REPLY`: the first word of the server's error, e.g. `OOM`, `NOPERM`, `WRONGTYPE`. */
  readonly redisCode?: string;
  /** The name of the Redis command that failed, where it was one. */
  readonly command?: string;
  /** With `EXECABORT`: why commands of the transaction were refused. */
  readonly previousErrors?: readonly Error[];
  readonly cause?: unknown;
}

/** The version of the package, as in its package.json. */
export const version: string;

/** An organization; null, undefined or the empty text is the global scope, which is apart from every organization. */
export type OrganizationId = string | null | undefined;

/** A message of a conversation. Any other shape that is JSON can be named where it is read. */
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
  /** Takes any certificate; warns. Default false. */
  insecure?: boolean;
}

export type Driver = 'auto' | 'loop' | 'thread';
export type Compression = 'auto' | 'none' | 'lz4' | 'zstd';
export type LogLevel = 'off' | 'error' | 'warn' | 'info' | 'debug' | 'trace';

/** Options win over environment variables (named in brackets), those over the defaults. */
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
  /** How `CLIENT LIST` calls each connection, default `orgcache`. (`REDIS_CONNECTION_NAME`) */
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
  /** Connections, lower bound. Default 5, in tests 1. (`REDIS_MIN_POOL_SIZE`) */
  minPoolSize?: number;
  /** Connections, upper bound. Default 20, in tests 5. (`REDIS_POOL_SIZE`) */
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
  /** Start of every key of the client that `getRedis()` gives. Default `whatsapp:{NODE_ENV}:`. (`REDIS_KEY_PREFIX`) */
  clientKeyPrefix?: string;
  /** Whether channels get that start too. Default false. (`REDIS_PREFIX_CHANNELS`) */
  prefixChannels?: boolean;
  /** Who answers the raw client's reads in a cluster: what a replica answers may be a little older. Default `primary`. (`REDIS_SCALE_READS`) */
  scaleReads?: 'primary' | 'replica';
  /** Refuse calls that name no organization, or an empty one, with `E_KEY`. Default false: they mean the global scope. (`CACHE_REQUIRE_ORGANIZATION`) */
  requireOrganization?: boolean;
  /**
   * Values that the JavaScript layer left in Redis, default `move`. (`CACHE_LEGACY`) `move`: a read takes them to where
   * this package keeps them. `copy`: they stay as well, until the value is set or its organization is cleared, so that
   * instances of the JavaScript layer still see them. `off`: they are not looked for.
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
  /** Local directory where the journal is kept too, so that a process which dies loses none. (`CACHE_JOURNAL_DIR`) */
  journalDir?: string;
  /** Default `warn`. (`CACHE_LOG`) */
  logLevel?: LogLevel;
  /** What moves the bytes: the event loop's own poll, a thread, or the better of both. Default `auto`. (`CACHE_DRIVER`) */
  driver?: Driver;
  /** Commands that may wait for Redis, default 1000000; beyond it calls are `E_OVERLOADED`. (`CACHE_QUEUE_MAX_COMMANDS`) */
  queueMaxCommands?: number;
  /** Bytes that may wait for Redis, default 256 MiB. (`CACHE_QUEUE_MAX_BYTES`) */
  queueMaxBytes?: number;
  /** Where log lines go. Default: stderr. */
  logger?: Logger;
}

/**
 * Sets the options of this instance; once, before its first call.
 * @throws {OrgCacheError} `E_CONFIG` for a value that is not allowed, or after the first call.
 */
export function configure(options: ConfigureOptions): void;

/** What is used of an `AbortSignal`. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: unknown;
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/** Options of a single call. Where they have another shape the call rejects with `E_CONFIG`, for an unknown one with `E_ARGUMENT`. */
export interface CallOptions {
  /**
   * Settles the call as soon as it aborts: the promise rejects with `signal.reason`, as that of `fetch`
   * does. Where it has aborted already nothing is sent; what was sent before may still be carried out.
   */
  signal?: AbortSignalLike | null;
}

export interface ShutdownOptions extends CallOptions {
  /**
   * Milliseconds that calls under way and the journal may take, default 5000. Anything but a number of 0 or
   * more is `E_CONFIG`, and nothing is shut down.
   */
  timeoutMs?: number;
}

export interface ShutdownResult {
  /** Whether every call had settled and Redis had everything that the journal held. */
  flushed: boolean;
  /** Writes and clearings that are left in the journal, without those of ended processes that were not read yet: lost, unless `CACHE_JOURNAL_DIR` keeps them. */
  journalEntries: number;
}

/**
 * Lets calls under way settle and the journal be replayed, both within `timeoutMs`, then closes every
 * connection, those of duplicates too. Calls that are left then, and later ones, reject with `E_CLOSED`. Every call gets the same
 * outcome, that of the first; the options of a later one count for nothing but its `signal`, which ends the
 * waiting of that call, not the shutdown. Never rejects because Redis is away.
 */
export function shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;

/** Options of {@link ready}. */
export interface ReadyOptions extends CallOptions {
  /** Milliseconds to wait, default the connect timeout. */
  timeoutMs?: number;
}

/**
 * Resolves when calls reach Redis; at once where `USE_REDIS` is false. Rejects with the reason: at once where waiting is
 * no use (a wrong password is `E_REPLY` with `redisCode` `WRONGPASS`), else after `timeoutMs` with what failed last.
 */
export function ready(options?: ReadyOptions): Promise<void>;

/**
 * Closes at once and begins anew: the next `configure()` or call reads options and environment again, and the objects of
 * the package stay the same. Calls under way fail with `E_CLOSED`. For tests.
 */
export function reset(): Promise<void>;

/**
 * An instance with configuration, connections and shutdown of its own: all that `import orgcache from 'orgcache'` gives.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 */
export function createInstance(options?: ConfigureOptions): OrgCache;

export interface CreateClientOptions extends ConfigureOptions {
  /** The start of this client's keys. Default: `REDIS_KEY_PREFIX` where that is set, else none. */
  clientKeyPrefix?: string;
  /** The same as `clientKeyPrefix`, which it wins over. */
  keyPrefix?: string;
}

/**
 * A client with configuration and connections of its own, by options or by a URL. `quit()` or `disconnect()` ends them.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 */
export function createClient(options?: CreateClientOptions | string): RedisClient;

export interface SignalHandlerOptions {
  /** Names of signals, default `['SIGTERM', 'SIGINT']`. */
  signals?: readonly NodeSignal[];
  /** As in {@link ShutdownOptions}. */
  timeoutMs?: number;
  /** Takes the handlers away when it aborts. */
  signal?: AbortSignalLike | null;
}

/** A signal of the system that a process can handle, by its name. */
export type NodeSignal = `SIG${string}`;

/**
 * Shuts down at the first of these signals, and then sends it to the process again without these handlers,
 * so that the process ends as the signal ends it. A second signal meanwhile ends it at once. Handlers of
 * the server's own stay, and see the signal twice. Importing the package installs none.
 * @returns what takes the handlers away.
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

/** Writes that were made while Redis was away and that it does not have yet. */
export interface JournalReport {
  /** Keys with a write or delete. */
  readonly entries: number;
  /** Organizations that are to be cleared. */
  readonly clears: number;
  readonly bytes: number;
  readonly maxBytes: number;
  /** Milliseconds since the oldest entry was made; null where there is none. */
  readonly oldestMs: number | null;
  /** Whether files of `CACHE_JOURNAL_DIR` that ended processes left are still being read; they are not counted yet. */
  readonly reading: boolean;
  readonly [detail: string]: unknown;
}

/** How it stands with Redis, whether it answers or not. */
export interface Condition {
  state: ConnectionState;
  /** When that state began, in milliseconds since 1970. */
  stateSince: number;
  /** The code of what failed last: an `ErrorCode`, or the first word of the server's error. */
  lastError: string | null;
  journal: JournalReport;
  breaker: { readonly state: string; readonly [detail: string]: unknown };
  /** Connections after the first. */
  reconnects: number;
}

export interface RedisMetrics extends Condition {
  /** Gets that found a value. */
  hits: number;
  /** Gets that found none; a value that cannot be read is one. */
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
  /** The connections that all calls share. Blocking commands and subscriptions have others. */
  pool: PoolReport;
  /** The primaries of a cluster; empty with another topology. */
  nodes: readonly NodeReport[];
  readonly [counter: string]: unknown;
}

/** How much of the pool is in use. */
export interface PoolReport {
  /** Connections that are open, or being opened. */
  lanes: number;
  /** Those with a call under way. */
  busy: number;
  /** Kept open once they were needed. (`REDIS_MIN_POOL_SIZE`) */
  min: number;
  /** Opened at most. (`REDIS_POOL_SIZE`) */
  max: number;
  /** Connections that callers have alone: to block, to watch keys, or to subscribe. */
  dedicated: {
    /** For blocking and watching: at most `max` of them too. */
    connections: number;
    busy: number;
    /** Callers that wait for one. */
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
  /** The memory store that serves while Redis is away, in entries. */
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
  /** Whether the server answered within its deadline; `disabled` where `USE_REDIS` is false. */
  status: 'healthy' | 'unhealthy' | 'disabled';
  /** The same in a sentence. */
  message: string;
  /** Milliseconds until the server answered, or the check was given up. */
  responseTime?: number;
  memory?: unknown;
  info?: unknown;
  /** Why it is not healthy; names the error's code. */
  error?: unknown;
}

/** `degraded`: Redis does not answer, and memory does. */
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
  /** Seconds; null, 0 or left out: `defaultTtl`. What is no positive number otherwise is `E_ARGUMENT`. */
  ttlSeconds?: number | null;
}

/** A change of state. */
export interface StateEvent {
  readonly state: ConnectionState;
  readonly from: ConnectionState;
  /** Milliseconds of the Unix epoch. */
  readonly stateSince: number;
  /** The code of what failed last. */
  readonly lastError: string | null;
  readonly journal: JournalReport;
  readonly breaker: { readonly state: 'closed' | 'open' | 'half-open' };
  /** Connections made after an earlier one was lost. */
  readonly reconnects: number;
  readonly [detail: string]: unknown;
}

/** How far the replay of the journal has come since the connection stands, in entries. */
export interface ReplayEvent {
  readonly replayed: number;
  /** Entries that lost against something newer. */
  readonly superseded: number;
  /** Answers by which Redis refused an entry. */
  readonly refused: number;
  /** Entries that still wait. */
  readonly left: number;
  readonly [detail: string]: unknown;
}

export interface CacheEvents {
  /** The first connection stands. */
  ready: [event: StateEvent];
  /** Redis cannot be reached; calls are answered from memory. */
  degraded: [event: StateEvent];
  /** Redis is back, and gets what the journal holds. */
  recovering: [event: StateEvent];
  /** The journal is being replayed; told four times a second at most, and at its end. */
  replay: [event: ReplayEvent];
  /** Redis is back and has everything. */
  recovered: [event: StateEvent];
  /** Something failed that no caller will see. Nobody needs to listen. */
  error: [error: OrgCacheError];
  /** The instance was shut down. */
  closed: [event: StateEvent];
}

/**
 * The cache by what is cached. Getters answer null where there is nothing. Setters answer true
 * when the value was taken, false when nothing could take it. Nothing rejects because Redis is
 * away; what rejects is the caller's mistake: `E_KEY` (no phone, id or key, or one too long),
 * `E_SERIALIZE` (not JSON), `E_VALUE_TOO_LARGE`, `E_CONFIG` (options of another shape); the reason of a
 * signal that aborts; and `E_CLOSED` after a shutdown.
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

  /** The name of the organization. The global scope is none and has no name: null, and a set answers false. */
  getOrganizationData(orgId: OrganizationId, options?: CallOptions): Promise<string | null>;
  /** Kept for 120 s. */
  setOrganizationData(orgId: OrganizationId, name: string, options?: CallOptions): Promise<boolean>;

  /** Whether the agent is configured. */
  getAgentConfig(agentId: string, agentPhone: string, options?: CallOptions): Promise<boolean | null>;
  /** `configured` is true by default; kept for 3600 s. */
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
  /** The values of these keys in their order, asked for together; in a cluster from all nodes that have them. */
  getMany<T = any>(keys: readonly string[], options?: CallOptions): Promise<(T | null)[]>;
  /** Kept for `ttlSeconds`, by default for `defaultTtl` (7200 s). */
  set<T = unknown>(key: string, value: T, ttlSeconds?: number | null | SetOptions): Promise<boolean>;
  /** Whether it was there. */
  delete(key: string, options?: CallOptions): Promise<boolean>;

  /** The promise of a request that is under way, kept in this process. */
  getInflightRequest<T = any>(cacheKey: string): Promise<T> | null | undefined;
  setInflightRequest<T = unknown>(cacheKey: string, request: Promise<T>): void;
  deleteInflightRequest(cacheKey: string): void;

  /** The session of a human who has taken over, kept in this process. */
  getHumanControlSession<T = any>(orgId: OrganizationId, phone: string): T | null | undefined;
  setHumanControlSession<T = unknown>(orgId: OrganizationId, phone: string, data: T): void;
  deleteHumanControlSession(orgId: OrganizationId, phone: string): void;

  /** The organization and the digits of the phone, `org:digits`; the digits alone without one. */
  createOrgKey(orgId: OrganizationId, phone: string): string;

  /**
   * Clears every value of that organization and no other's. Answers how many there were, or false where
   * Redis could not be reached: then only this process's memory is cleared.
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
  /** The same as `off`. */
  removeListener<E extends keyof CacheEvents>(event: E, listener: (...args: CacheEvents[E]) => void): this;

  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

export const cacheAdapter: CacheAdapter;

/** What `migrateExistingMaps` needs of a Map. */
export interface LegacyMap<V = unknown> {
  readonly size: number;
  get(key: string): V | undefined;
  set(key: string, value: V): unknown;
  has(key: string): boolean;
  delete(key: string): boolean;
  [Symbol.iterator](): IterableIterator<[string, V]>;
}

/** Maps of conversations have keys as `createOrgKey` makes them; others stay where they are. */
export interface LegacyMaps {
  conversationContexts?: LegacyMap<any>;
  conversationSummaries?: LegacyMap<any>;
  phoneToLeadMapping?: LegacyMap<any>;
  /** Of names, or of objects with a `name`. */
  organizationCache?: LegacyMap<any>;
  [name: string]: LegacyMap<any> | undefined;
}

export interface MigrationProgress {
  /** Entries that were looked at: migrated, skipped and failed. */
  done: number;
  /** Entries of all Maps when the migration began; those that are added later wait for another one. */
  total: number;
  /** Entries that Redis has acknowledged, and that have left their Map. */
  migrated: number;
  /** Entries that do not say to whom they belong, hold nothing, or are just being set. */
  skipped: number;
  /** Entries that Redis has not acknowledged, or that are not JSON. */
  failed: number;
  /** Whether the signal ended it before it was done. */
  aborted: boolean;
}

export interface MigrationOptions {
  onProgress?: (progress: MigrationProgress) => void;
  /** Ends the migration at once: it resolves, with `aborted`. What was not moved stays in its Map. */
  signal?: AbortSignalLike | null;
}

/** Entries moved out of Maps since the start, by kind. */
export interface MigrationStats {
  conversationContexts: number;
  conversationSummaries: number;
  leadMappings: number;
  organizationData: number;
  agentConfigs: number;
  /** Values that cannot be stored, as what is no JSON. Those that Redis did not take are in `failed` of the run. */
  errors: number;
}

/**
 * The cache for servers that still have Maps. A getter asks the cache first, then the Map; what the
 * Map had is moved into the cache and leaves the Map when Redis has acknowledged it. While Redis is
 * away a value that is set together with a Map is kept in that Map, and the set answers false.
 * Rejects as {@link CacheAdapter} does.
 */
export interface RedisMigrationManager {
  /** An empty list where there is none. */
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

  /** Moves whole Maps in batches, letting the event loop run. May be stopped, repeated and resumed. */
  migrateExistingMaps(maps: LegacyMaps, options?: MigrationOptions): Promise<MigrationProgress>;

  readonly migrationStats: Readonly<MigrationStats>;
  getStats(options?: CallOptions): Promise<{ migration: MigrationStats; cache: CacheStats }>;
  healthCheck(options?: CallOptions): Promise<CacheHealth>;
  /** Prints the statistics to the logger, or to the console. */
  printMigrationStats(): unknown;

  /** The organization and the digits of the phone, `org:digits`; the digits alone without one. */
  createOrgKey(orgId: OrganizationId, phone: string): string;
  /** Splits at the last colon. */
  parseOrgKey(key: string): { orgId: string | null; phoneNumber: string };

  readonly redisManager: RedisManager;
}

export const redisMigrationManager: RedisMigrationManager;

/** What a key names. */
export interface DecodedKey {
  /** e.g. `conversationContexts`; null of an index. */
  type: string | null;
  /** null is the global scope, or a type without organizations. */
  orgId: string | null;
  id: string | null;
  phone: string | null;
  /** Whether it lists what the organization holds. */
  isIndex: boolean;
}

/** Values by a key or hash of the caller's and an organization. Rejects as {@link CacheAdapter} does. */
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
  /** The value of a text or of bytes of Redis, whichever layer stored them; null where they are damaged or missing. */
  deserialize<T = any>(stored: string | Uint8Array | null | undefined): T | null;

  /** The Redis key of a type, an organization and an identifier. */
  generateKey(type: string, orgId?: OrganizationId, identifier?: string | null): string;
  /** What a key names, or null where it is none of this cache. */
  decodeKey(key: string): DecodedKey | null;
  /** The key that lists what an organization holds. */
  indexKey(orgId?: OrganizationId): string;
  /** The value that the bytes of Redis are; undefined where they are damaged, or no JSON. */
  decodeValue<T = any>(bytes: Uint8Array): T | undefined;

  get<T = any>(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<T | null>;
  /** `ttlSeconds` null, 0 or left out: `defaultTtl` (7200 s). What is no positive number otherwise is `E_ARGUMENT`. */
  set<T = unknown>(
    key: string,
    value: T,
    ttlSeconds?: number | null,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Whether it was there. */
  delete(key: string, orgId?: OrganizationId, options?: CallOptions): Promise<boolean>;

  hget<T = any>(
    hash: string,
    field: string,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<T | null>;
  /** The TTL is that of the whole hash, and begins again with every set. */
  hset<T = unknown>(
    hash: string,
    field: string,
    value: T,
    ttlSeconds?: number | null,
    orgId?: OrganizationId,
    options?: CallOptions,
  ): Promise<boolean>;
  /** Whether it was there. */
  hdel(hash: string, field: string, orgId?: OrganizationId, options?: CallOptions): Promise<boolean>;
  /** An empty object where there is no hash. */
  hgetall<T = any>(hash: string, orgId?: OrganizationId, options?: CallOptions): Promise<Record<string, T>>;

  /**
   * Clears every value of that organization and no other's. Answers how many there were, or false where
   * Redis could not be reached: then only this process's memory is cleared.
   */
  clearOrganizationCache(orgId: OrganizationId, options?: CallOptions): Promise<number | false>;
  getStats(): CacheManagerStats | Promise<CacheManagerStats>;
  healthCheck(options?: CallOptions): Promise<CacheManagerHealth>;
}

export const cacheManager: CacheManager;

/** A key or argument of a command; a Node `Buffer` is a `Uint8Array`. */
export type RedisArgument = string | number | Uint8Array;

/** A reply as ioredis gives it: bulk strings as text, a missing value as null. */
export type RedisReply = string | number | null | RedisReply[] | { [field: string]: string };

/** Node's `Buffer` where its types are there. */
export type RedisBuffer = typeof globalThis extends { Buffer: { alloc(size: number): infer B } }
  ? B
  : Uint8Array;

/** A callback as the last argument of a method. */
export type { RedisCallback } from './js/client/call-types.js';

/** An entry of a stream; deleted ones that are still pending have no fields. */
export type RedisStreamEntry<Text> = [id: Text, fields: Text[]];
export type RedisStreamEntries<Text> = [key: Text, entries: RedisStreamEntry<Text>[]][] | null;

/** What one command came to: `[null, reply]` or `[error]`. The reply is `unknown`: each command has another. */
export type RedisResult = [error: null, reply: unknown] | [error: Error];

/** The commands of a chain, whose methods answer the chain. */
type Chained<This> = {
  [Name in keyof RedisCommands]: RedisCommands[Name] extends (...given: infer Given) => Promise<unknown>
    ? (...given: Given) => This
    : never;
};

interface Chain<This> extends Chained<This> {
  readonly isPipeline: true;
  /** How many commands wait for `exec`. */
  readonly length: number;
  /** Any command by its name. */
  call(command: string, ...args: RedisWord[]): This;
  callBuffer(command: string, ...args: RedisWord[]): This;
  send_command(command: string, ...args: RedisWord[]): This;
  sendCommand(command: RedisCommandObject): This;
  /** Commands as lists of their name and arguments. */
  addBatch(commands: readonly RedisCommandList[]): This;
}

/** A command as a list: its name, then its arguments. */
export type RedisCommandList = readonly [name: string, ...args: unknown[]];

/** Commands that are sent together; others may run between them. A script's methods are told by augmenting this. */
export interface RedisPipeline extends Chain<RedisPipeline> {
  /** What follows, up to `exec`, is one transaction. */
  multi(): this;
  /**
   * An error is the result of its command. Rejects, with nothing sent, where a command would change a connection that others
   * use too.
   */
  exec(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
  /** No different from `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[]>): Promise<RedisResult[]>;
}

/** Commands that run together or not at all. */
export interface RedisTransaction extends Chain<RedisTransaction> {
  /** Null where a key that the client watches has changed. Rejects with `EXECABORT` where a command is refused. */
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  /** No different from `exec`, as with ioredis: each reply has the form that its command asked for. */
  execBuffer(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
}

/** `wait`: nothing has connected yet. */
export type RedisStatus = 'wait' | 'connecting' | 'ready' | 'reconnecting' | 'end' | 'monitoring';

/** For how long messages may have been missed, in milliseconds of the Unix epoch. */
export interface RedisGap {
  readonly channels: readonly string[];
  readonly since: number;
  readonly until: number;
}

export interface RedisClientEvents {
  /** A connection is being made: at first, and behind each `reconnecting`. */
  connecting: [];
  connect: [];
  ready: [];
  /** Nobody needs to listen. */
  error: [error: OrgCacheError];
  close: [];
  reconnecting: [];
  end: [];
  /** A duplicate has selected another database. */
  select: [database: number];
  /** Of what `monitor()` gives: when, which words, from where and in which database. */
  monitor: [time: string, words: string[], source: string, database: string];
  message: [channel: string, message: string];
  messageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  pmessage: [pattern: string, channel: string, message: string];
  pmessageBuffer: [pattern: string, channel: RedisBuffer, message: RedisBuffer];
  smessage: [channel: string, message: string];
  smessageBuffer: [channel: RedisBuffer, message: RedisBuffer];
  /** The connection of the subscriptions was lost and stands again. */
  gap: [event: RedisGap];
  /** A reader of {@link RedisClient.messages} is too slow: messages are dropped. */
  slow: [event: { readonly channel: string; readonly maxBytes: number }];
}

export interface RedisMessage {
  readonly channel: string;
  readonly message: string;
  /** How many messages were dropped in front of this one because their reader was too slow. */
  readonly dropped: number;
}

export interface RedisMessages extends AsyncIterableIterator<RedisMessage>, AsyncDisposable {
  /** Resolves when the server has confirmed the subscription. */
  ready(): Promise<void>;
  /** Ends the subscription, as leaving the loop does. */
  return(): Promise<IteratorResult<RedisMessage>>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface MessagesOptions extends CallOptions {
  /** Bytes that may wait for the reader, default 1 MiB. Beyond it the oldest messages are dropped. */
  maxBytes?: number;
}

export interface ScanOptions {
  match?: string;
  /** About how many elements a page has. */
  count?: number;
  /** Keys of this type only; SCAN alone knows it. */
  type?: string;
  /** Fields without their values; HSCAN alone knows it, from Redis 7.4. */
  noValues?: boolean;
  /** Pages that are read ahead. */
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
  /** Ends with the page that is under way. */
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
  /** Also in the words of ioredis. */
  scaleReads?: ConfigureOptions['scaleReads'] | 'all' | 'master' | 'slave' | ((...given: any[]) => unknown);
  /** Also as Node takes them: PEM texts or their bytes, and `rejectUnauthorized`. */
  tls?: ConfigureOptions['tls'] | DuplicateTlsOptions;
  /** The start of this client's keys. Default: that of the client which is duplicated. */
  keyPrefix?: string | Uint8Array | null;
  /** Attempts to connect after which commands that wait fail, as `maxRetries`; null changes nothing. */
  maxRetriesPerRequest?: number | null;
  /**
   * Asked with each connection that is lost and each attempt to connect that fails: how many milliseconds later the next
   * attempt follows. An answer that is no number ends the client, and so does null in place of the function. Nodes of a
   * cluster and connections beside the client's first one wait by rules of their own.
   */
  retryStrategy?: ((times: number) => number | null | undefined | void) | null;
  clusterRetryStrategy?: ((times: number, reason?: Error) => number | null | undefined | void) | null;
  /** A unix socket. */
  path?: string;
  sentinels?: ReadonlyArray<{ host?: string; port?: number }>;
  /** The primary's name, with `sentinels`. */
  name?: string;
  /** Options of the nodes of a cluster; they count as those beside them. */
  redisOptions?: DuplicateOptions;
  /** Lua scripts that become methods. */
  scripts?: Record<string, { lua: string; numberOfKeys?: number; readOnly?: boolean }>;
  /** Further options of ioredis are taken and have no effect here: `natMap`, pipelining, timeouts of its own, ... */
  autoResubscribe?: boolean;
  enableAutoPipelining?: boolean;
  reconnectOnError?: ((error: Error) => boolean | 1 | 2) | null;
  retryDelayOnFailover?: number;
  enableReadyCheck?: boolean;
  /** With false commands are refused (`E_CONNECT`) while the client is not `ready`; the default is that they wait. */
  enableOfflineQueue?: boolean;
  /** Numbers in replies are texts. */
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
 * A client with the methods of ioredis: every command in lower case, answered in ioredis's shapes. All clients share
 * one connection; what blocks, watches keys or subscribes gets one of its own, so that nothing waits for it and a
 * subscriber goes on taking commands. Rejects with `E_CONNECT`, `E_TIMEOUT`, `E_UNKNOWN_OUTCOME`, `E_OVERLOADED`,
 * `E_REPLY` (see `redisCode`) and `E_CLOSED`. A script's methods are told by augmenting this interface.
 */
export interface RedisClient extends RedisCommands, AsyncDisposable {
  /** What is assigned holds until the next change. */
  status: RedisStatus;
  /** Commands work in all of them. */
  readonly mode: 'normal' | 'subscriber' | 'monitor';
  readonly isCluster: boolean;
  /** What is in force, without secrets: `host` and `port`, or `path` of a unix socket, `db`, `username`, `keyPrefix`, ... */
  readonly options: Record<string, any>;

  /** Any command by its name; in other letters than lower case it answers as RESP2 does, without objects. */
  call(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /** Texts come as Buffers. The reply is `unknown`: the command decides what it is. */
  callBuffer(command: string, ...args: RedisWord[]): Promise<unknown>;
  send_command(command: string, ...args: RedisWord[]): Promise<RedisReply>;
  /** A command as an object. One of ioredis's class `Command` has its own promise settled too. */
  sendCommand(command: RedisCommandObject): Promise<any>;
  /** Makes a command that this client does not know a method, of its pipelines and transactions too. */
  addBuiltinCommand(name: string): void;
  getBuiltinCommands(): string[];
  createBuiltinCommand(name: string): {
    string: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
    buffer: (this: RedisClient, ...args: RedisWord[]) => Promise<any>;
  };
  /** Resolves to a client that tells every command of the server as the event `monitor`, until it is disconnected. */
  monitor(callback?: RedisCallback<RedisClient>): Promise<RedisClient>;
  /** A client of each node of a cluster that is known, those of replicas for reading; of one server this client itself. */
  nodes(role?: 'all' | 'master' | 'slave'): RedisClient[];

  pipeline(commands?: readonly RedisCommandList[]): RedisPipeline;
  multi(commands?: readonly RedisCommandList[], options?: { pipeline?: true }): RedisTransaction;
  /** The client's own next commands answer `QUEUED` and run with `exec`. */
  multi(options: { pipeline: false }): Promise<'OK'>;
  multi(options: { pipeline: true }): RedisTransaction;
  exec(callback?: RedisCallback<RedisResult[] | null>): Promise<RedisResult[] | null>;
  discard(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** The next transaction of this client answers null where somebody has changed these keys. */
  watch(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<'OK'>]): Promise<'OK'>;
  unwatch(callback?: RedisCallback<'OK'>): Promise<'OK'>;

  /** Each resolves to the number of subscriptions. */
  subscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  psubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  ssubscribe(...given: AtLeast<1> | [...given: AtLeast<1>, callback: RedisCallback<number>]): Promise<number>;
  /** Without channels: from all. */
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

  /** Makes a Lua script a method. Without `numberOfKeys` that is the method's first argument. */
  defineCommand(name: string, definition: { lua: string; numberOfKeys?: number; readOnly?: boolean }): void;

  scanStream(options?: ScanOptions): ScanStream<string>;
  scanBufferStream(options?: ScanOptions): ScanStream<RedisBuffer>;
  hscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  hscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  sscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  sscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;
  zscanStream(key: RedisArgument, options?: ScanOptions): ScanStream<string>;
  zscanBufferStream(key: RedisArgument, options?: ScanOptions): ScanStream<RedisBuffer>;

  /** Resolves when the server answers; opens a client that was closed. */
  connect(callback?: RedisCallback<void>): Promise<void>;
  /** Closes at once. With `reconnect` it is connected anew instead; the connection that all share stays. */
  disconnect(reconnect?: boolean): void;
  end(): void;
  /** Closes when the commands before it have their answers. */
  quit(callback?: RedisCallback<'OK'>): Promise<'OK'>;
  /** A client with connections of its own. It connects at once unless `lazyConnect` was asked for. */
  duplicate(options?: DuplicateOptions): RedisClient;
  /** Of a cluster, with other nodes to start from. */
  duplicate(nodes: readonly RedisNode[] | undefined, options?: DuplicateOptions): RedisClient;
  /** Only of a duplicate: the shared connection has one database. In order with the other commands. */
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
 * The client that a server shares; connects with its first command. Its keys get the prefix `clientKeyPrefix`.
 * After {@link closeRedis} it is another.
 */
export function getRedis(): Promise<RedisClient>;

/** Ends that client when its commands have their answers. The cache stays. */
export function closeRedis(): Promise<void>;

/** The start of that client's keys. */
export function getKeyPrefix(): string;
/** The key as Redis has it. One that has the prefix already stays. */
export function prefixKey(key: string | number): string;
export function unprefixKey(key: string | number): string;

/** Asks the server. Never rejects because Redis is away. */
export function redisHealthCheck(): Promise<{ status: 'healthy' | 'unhealthy'; message: string }>;

/** What is configured; with several hosts the first of them. A unix socket is a host with the port 0. */
export function getConnectionInfo(): { host: string; port: number; keyPrefix: string; isCluster: boolean };

/**
 * For servers that ask a class for its one instance. The functions beside it, such as {@link getRedis}, ask that instance
 * too. Tests assign to `instance`: without one the next call makes another, which reads the environment anew.
 */
export const RedisManager: {
  new (): RedisManager;
  instance: RedisManager | null | undefined;
  getInstance(): RedisManager;
};

export interface RedisManager extends AsyncDisposable {
  /** The client whose keys have no prefix; the same object every time. Connects with its first command. */
  getClient(): RedisClient;
  /** As {@link getRedis}. */
  getRedis(): Promise<RedisClient>;
  /** As {@link closeRedis}. */
  closeRedis(): Promise<void>;
  /** Whether a connection stands. */
  isReady(): boolean;
  readonly isConnected: boolean;
  readonly connectionAttempts: number;
  readonly maxConnectionAttempts: number;
  getKeyPrefix(): string;
  prefixKey(key: string | number): string;
  unprefixKey(key: string | number): string;
  getConnectionInfo(): ReturnType<typeof getConnectionInfo>;
  redisHealthCheck(): ReturnType<typeof redisHealthCheck>;
  /** What is configured, by the names of {@link ConfigureOptions}, without secrets. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly poolConfig: { readonly min: number; readonly max: number };
  /** The same as `getMetrics()`. */
  readonly metrics: RedisMetrics;
  /** Asks the server within the command timeout. */
  healthCheck(options?: CallOptions): Promise<RedisHealth>;
  getMetrics(): RedisMetrics | Promise<RedisMetrics>;
  /** Counts an operation that the caller made elsewhere; `hit` says whether it found a value. */
  recordOperation(name: string, durationMs: number, hit?: boolean): void;
  shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

export const redisManager: RedisManager;

/** An entry of a stream, as the handler of a consumer group is given it. */
export interface StreamEntry {
  readonly id: string;
  /** A field that comes twice has its last value here. */
  readonly fields: Record<string, string>;
  /** Fields and values in turn, as they are in the stream. */
  readonly fieldsAndValues: string[];
  /** How often the entry was delivered, this time included. */
  readonly deliveries: number;
}

/** What a consumer group asks of its client: that of `getRedis()` has it, and one of ioredis. */
export interface StreamClient {
  call(...words: any[]): Promise<any>;
  duplicate(...options: any[]): any;
  eval(...words: any[]): Promise<any>;
  multi(...options: any[]): any;
  watch(...words: any[]): Promise<any>;
  xack(...words: any[]): Promise<any>;
  xadd(...words: any[]): Promise<any>;
  xautoclaim(...words: any[]): Promise<any>;
  xclaim(...words: any[]): Promise<any>;
  xgroup(...words: any[]): Promise<any>;
  xinfo(...words: any[]): Promise<any>;
  xpending(...words: any[]): Promise<any>;
  xrange(...words: any[]): Promise<any>;
  xreadgroup(...words: any[]): Promise<any>;
}

/** What was being done when something failed; with an entry, which it was. */
export interface ConsumerGroupErrorContext {
  during: 'create' | 'read' | 'claim' | 'handle' | 'acknowledge' | 'dead-letter' | 'stop';
  id?: string;
  deliveries?: number;
}

export interface ConsumerGroupOptions {
  client: StreamClient;
  stream: string;
  group: string;
  /** Of this consumer; a unique one by default, which leaves the group with the consumer. */
  consumer?: string;
  /** Entries that are handled at once; 10. */
  concurrency?: number;
  /** Entries that are asked for at once; as many as `concurrency`. */
  batchSize?: number;
  /** How long a read waits for entries; 5000. */
  blockMs?: number;
  /** After this time without a sign of its consumer an entry is delivered to another; 60000. */
  minIdleMs?: number;
  /** After as many an entry that was not acknowledged becomes a dead letter; 5. */
  maxDeliveries?: number;
  /** `{stream}:dead`, braces included, or `stream:dead` where the name has a hash tag of its own. */
  deadLetterStream?: string;
  /** Where a group begins that is made: `$` with what comes from then on, `0` with all there is, or behind an id. */
  from?: string;
  /** Resolves when the entry is done; it is acknowledged then. The signal aborts when a stop waits no longer. */
  handler: (entry: StreamEntry, context: { signal: AbortSignal }) => unknown;
  /** Told of every failure, the handler's too. None of them ends the consumer. */
  onError?: (error: unknown, context: ConsumerGroupErrorContext) => void;
  /** Stops the consumer when it aborts. */
  signal?: AbortSignalLike;
}

export interface ConsumerGroupStats {
  state: 'idle' | 'starting' | 'running' | 'stopping' | 'stopped';
  consumer: string;
  /** Entries that a handler has. */
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
  /** Pending entries that were deleted from the stream before anybody acknowledged them. */
  deleted: number;
  /** Failures other than the handler's. */
  errors: number;
}

/** One consumer of a consumer group on a stream. */
export interface ConsumerGroup extends AsyncDisposable {
  /**
   * Makes stream and group where they are missing, and begins. Waits for a server that is away. Rejects with the
   * server's refusal, the signal's reason, and `E_CLOSED` after a stop.
   */
  start(): Promise<void>;
  /**
   * Reads no more, hands back what no handler has begun, and waits for the handlers, 5000 ms unless it is told
   * otherwise. `left` entries were still with a handler then; they stay pending.
   */
  stop(options?: { timeoutMs?: number }): Promise<{ left: number }>;
  stats(): ConsumerGroupStats;
  /** Stops. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * One consumer of a consumer group; nothing is sent before `start()`. Each entry is given to the handler at least
 * once. Throws `E_CONFIG` for an option that is not allowed.
 */
export function createConsumerGroup(options: ConsumerGroupOptions): ConsumerGroup;

/** What importing the package as a whole gives; `await using` shuts it down. */
export interface OrgCache extends AsyncDisposable {
  readonly cacheAdapter: CacheAdapter;
  readonly cacheManager: CacheManager;
  readonly closeRedis: typeof closeRedis;
  readonly configure: typeof configure;
  readonly createClient: typeof createClient;
  readonly createConsumerGroup: typeof createConsumerGroup;
  readonly createInstance: typeof createInstance;
  readonly getConnectionInfo: typeof getConnectionInfo;
  readonly getKeyPrefix: typeof getKeyPrefix;
  readonly getRedis: typeof getRedis;
  readonly installSignalHandlers: typeof installSignalHandlers;
  readonly OrgCacheError: typeof OrgCacheError;
  readonly prefixKey: typeof prefixKey;
  readonly ready: typeof ready;
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
