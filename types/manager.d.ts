import type { CallOptions } from './calls.js';
import type { RedisClient } from './client/client.js';
import type { RedisHealth, RedisMetrics } from './health.js';
import type { ShutdownOptions, ShutdownResult } from './lifecycle.js';

/**
 * The client that the whole server shares. It connects with its first command. Its keys get the prefix
 * `clientKeyPrefix`. After {@link closeRedis}, this gives a new client.
 * @example
 * import { getRedis } from 'orgcache';
 * const client = await getRedis();
 * await client.incr('visits');
 */
export function getRedis(): Promise<RedisClient>;

/**
 * Closes that client after its commands have their replies. The cache stays.
 * @example
 * import { closeRedis } from 'orgcache';
 * await closeRedis();
 */
export function closeRedis(): Promise<void>;

/**
 * The prefix of the keys of {@link getRedis}.
 * @throws {OrgCacheError} `E_CONFIG` for a configuration that is not allowed.
 * @example
 * import { getKeyPrefix } from 'orgcache';
 * console.log(getKeyPrefix());
 * // => whatsapp:development:
 */
export function getKeyPrefix(): string;

/**
 * The key as Redis has it. A key that already has the prefix stays as it is.
 * @throws {OrgCacheError} `E_KEY` for a key that is neither a text nor a number.
 * @example
 * import { prefixKey } from 'orgcache';
 * console.log(prefixKey('lead:1'));
 * // => whatsapp:development:lead:1
 */
export function prefixKey(key: string | number): string;

/**
 * The key without the prefix. A key that lacks the prefix stays as it is.
 * @throws {OrgCacheError} `E_KEY` for a key that is neither a text nor a number.
 * @example
 * import { unprefixKey } from 'orgcache';
 * console.log(unprefixKey('whatsapp:development:lead:1'));
 * // => lead:1
 */
export function unprefixKey(key: string | number): string;

/**
 * Asks the server with PING, within the command timeout. Never rejects because Redis is away.
 * @example
 * import { redisHealthCheck } from 'orgcache';
 * const { status, message } = await redisHealthCheck();
 */
export function redisHealthCheck(): Promise<{ status: 'healthy' | 'unhealthy'; message: string }>;

/**
 * The configured server; with several hosts, the first one. A unix socket is a host with the port 0.
 * @example
 * import { getConnectionInfo } from 'orgcache';
 * const { host, port, isCluster } = getConnectionInfo();
 */
export function getConnectionInfo(): { host: string; port: number; keyPrefix: string; isCluster: boolean };

/**
 * For servers that ask a class for its one instance. Functions of the package such as {@link getRedis} use that
 * instance too. Tests assign to `instance`: without one, the next call makes another, which reads the environment
 * anew.
 * @example
 * import { RedisManager } from 'orgcache';
 * const manager: RedisManager = RedisManager.getInstance();
 * console.log(manager.isReady());
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
  /** Whether there is a connection. */
  readonly isConnected: boolean;
  /** Attempts to connect since the start, failed ones included. */
  readonly connectionAttempts: number;
  /** The option `maxRetries`. */
  readonly maxConnectionAttempts: number;
  /** Same as {@link getKeyPrefix}. */
  getKeyPrefix(): string;
  /** Same as {@link prefixKey}. */
  prefixKey(key: string | number): string;
  /** Same as {@link unprefixKey}. */
  unprefixKey(key: string | number): string;
  /** Same as {@link getConnectionInfo}. */
  getConnectionInfo(): ReturnType<typeof getConnectionInfo>;
  /** Same as {@link redisHealthCheck}. */
  redisHealthCheck(): ReturnType<typeof redisHealthCheck>;
  /** The settings in force, by the names of `ConfigureOptions`, without secrets. */
  readonly config: Readonly<Record<string, string | number | boolean | null>>;
  /** The options `minPoolSize` and `poolSize`. */
  readonly poolConfig: { readonly min: number; readonly max: number };
  /** Same as `getMetrics()`. */
  readonly metrics: RedisMetrics;
  /** Asks the server within the command timeout. */
  healthCheck(options?: CallOptions): Promise<RedisHealth>;
  /** The counters and state of this client. */
  getMetrics(): RedisMetrics | Promise<RedisMetrics>;
  /** Counts an operation that the caller made elsewhere. `hit` says whether it found a value. */
  recordOperation(name: string, durationMs: number, hit?: boolean): void;
  /** Same as {@link shutdown} of the instance. */
  shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Shuts down. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * The connection of the package: its clients, metrics and health.
 * @example
 * import { redisManager } from 'orgcache';
 * const { hits, misses } = await redisManager.getMetrics();
 */
export const redisManager: RedisManager;
