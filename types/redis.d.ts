import type { RedisWord } from './client/call.js';
import type { RedisClient } from './client/client.js';
import type { ConnectionState } from './health.js';
import type { ShutdownOptions, ShutdownResult } from './lifecycle.js';
import type { ConfigureOptions } from './options.js';

/**
 * Why the last health check failed or was incomplete.
 * @example
 * import { type HealthError, performHealthCheck } from 'orgcache/redis';
 * const error: HealthError | null = (await performHealthCheck()).error;
 * if (error !== null) console.error(error.code, error.message);
 */
export interface HealthError {
  /** An error code of this package, or the first word of the server's error. */
  readonly code: string;
  readonly message: string;
}

/**
 * The result of a health check. Values that the server did not give are null.
 * @example
 * import { getRedisHealth, type HealthStatus } from 'orgcache/redis';
 * const { isHealthy, responseTime }: HealthStatus = getRedisHealth();
 * console.log(isHealthy, responseTime);
 */
export interface HealthStatus {
  /** Whether the last check succeeded and the connection still exists. */
  isHealthy: boolean;
  /** Whether there is a connection. */
  isConnected: boolean;
  /** When the last check ended; null before the first. */
  lastCheck: Date | null;
  /** Milliseconds until the reply to PING. */
  responseTime: number | null;
  /** Failed checks since the start or `resetErrorCount()`. */
  errorCount: number;
  /** Seconds since the server started. */
  uptime: number | null;
  /** Memory of the server's data in readable form (`used_memory_human`, such as `1.05M`). */
  memoryUsage: string | null;
  /** The same in bytes (`used_memory`). */
  memoryUsageBytes: number | null;
  /** `connected_clients` of INFO. */
  connectedClients: number | null;
  /** `redis_version` of INFO. */
  redisVersion: string | null;
  /** Three counters of the server, since its start, for all of its clients. */
  totalCommandsProcessed: number | null;
  keyspaceHits: number | null;
  keyspaceMisses: number | null;
  /** Why the check failed, or why it is incomplete. */
  error: HealthError | null;
}

/**
 * The figures of the last health check, and counters of all checks. Values that the server did not give are null.
 * @example
 * import { type HealthMetrics, health } from 'orgcache/redis';
 * const { checks, failedChecks }: HealthMetrics = health.getMetrics();
 * console.log(`${failedChecks} of ${checks} checks failed`);
 */
export interface HealthMetrics {
  isHealthy: boolean;
  responseTime: number | null;
  errorCount: number;
  uptime: number | null;
  /** In readable form, such as `1.05M`. */
  memoryUsage: string | null;
  memoryUsageBytes: number | null;
  connectedClients: number | null;
  totalCommandsProcessed: number | null;
  keyspaceHits: number | null;
  keyspaceMisses: number | null;
  /** Number of checks, and of failed ones. */
  checks: number;
  failedChecks: number;
  /** Failed checks since the last successful one. */
  consecutiveFailures: number;
  /** Milliseconds. */
  averageResponseTime: number | null;
  /** Share of the server's lookups that found a key, 0 to 100. */
  hitRate: number | null;
}

/**
 * The configuration, read anew with each access. Throws `E_CONFIG` if a value is not allowed. An assigned value
 * counts for the next connection.
 * @example
 * import { config, initializeRedis, type RedisConfig } from 'orgcache/redis';
 * const next: RedisConfig = config;
 * next.connectTimeout = 2000;
 * await initializeRedis();
 */
export interface RedisConfig {
  /** `NODE_ENV`, default `development`. */
  readonly environment: string;
  /** Null if the server is not a single TCP server: with a unix socket, a cluster or sentinels. */
  host: string | null;
  port: number | null;
  username: string | null;
  /** Never the password itself: `(redacted)`, or null if there is none. */
  password: string | null;
  /** In tests `TEST_REDIS_DB`, default 1, unless an option in code names another. */
  database: number;
  /** Same as `database`. */
  db: number;
  tls: boolean;
  minPoolSize: number;
  poolSize: number;
  /** Milliseconds, as are `commandTimeout`, `retryDelay` and `keepAlive`. */
  connectTimeout: number;
  commandTimeout: number;
  maxRetries: number;
  /** Same as `maxRetries`. */
  maxRetriesPerRequest: number;
  retryDelay: number;
  /** Same as `retryDelay`. */
  retryDelayOnFailover: number;
  keepAlive: number;
  family: number;
  lazyConnect: boolean;
  /** Commands of one tick always share a write. */
  readonly autoPipelining: true;
}

/**
 * The state of the connection, whether the server answers or not.
 * @example
 * import { type ConnectionReport, health } from 'orgcache/redis';
 * const connection: ConnectionReport | null = (await health.getDetailedReport()).connection;
 * console.log(connection?.state, connection?.reconnects);
 */
export interface ConnectionReport {
  readonly state: ConnectionState;
  /** Milliseconds since 1970. */
  readonly stateSince: number;
  /** The code of the last failure. */
  readonly lastError: string | null;
  /** Connections after the first. */
  readonly reconnects: number;
  /** Attempts to connect, failed ones included. */
  readonly connectionAttempts: number;
}

/**
 * A health check with what helps to interpret it. Holds no secret.
 * @example
 * import { type HealthReport, health } from 'orgcache/redis';
 * const report: HealthReport = await health.getDetailedReport();
 * console.log(JSON.stringify(report));
 */
export interface HealthReport {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly environment: string;
  readonly status: HealthStatus;
  readonly metrics: HealthMetrics;
  /** Null before the initialization. */
  readonly connection: ConnectionReport | null;
  readonly config: RedisConfig;
  /** Milliseconds between checks; null if there are none. */
  readonly healthCheckInterval: number | null;
}

/**
 * The one connection of the module. It starts nothing by itself.
 * @example
 * import { connection, type RedisConnection } from 'orgcache/redis';
 * export async function visits(redis: RedisConnection = connection): Promise<string | null> {
 *   return (await redis.connect()).get('visits');
 * }
 */
export interface RedisConnection {
  /**
   * Opens the connection. Answers the client when the server answers. Rejects with the reason if it does not answer
   * within the connect timeout; connecting then goes on.
   */
  connect(options?: ConfigureOptions): Promise<RedisClient>;
  /** @throws {OrgCacheError} `E_CLOSED` before the initialization, as the commands below do too. */
  getClient(): RedisClient;
  /** Whether there is a connection. Asks no server. */
  isRedisConnected(): boolean;
  /** Any command by its name. `unknown`: the command decides what the reply is, and the caller may name it. */
  executeCommand<T = unknown>(name: string, ...args: RedisWord[]): Promise<T>;
  /** Lets commands in flight settle, then closes. The connection may be opened again. */
  disconnect(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Whether the server answers. */
  ping(): Promise<boolean>;
  /** The text of INFO, or of one section. */
  getInfo(section?: string): Promise<string>;
}

/**
 * The health checks of the connection.
 * @example
 * import { health, type RedisHealthChecks } from 'orgcache/redis';
 * export function watch(checks: RedisHealthChecks = health): void {
 *   checks.startHealthChecks(10_000);
 * }
 */
export interface RedisHealthChecks {
  /**
   * Checks now and then at every interval, by default 30000 ms. Checks never overlap and do not keep the process
   * alive. A second start changes the interval, if it is another one.
   */
  startHealthChecks(intervalMs?: number): void;
  /** Ends the checks at intervals. A check that has begun goes on. */
  stopHealthChecks(): void;
  /** Checks now, within the command timeout. Never rejects because Redis is away. */
  performHealthCheck(): Promise<HealthStatus>;
  /** The result of the last check. */
  getHealthStatus(): HealthStatus;
  /** Same as `getHealthStatus()`. */
  readonly healthStatus: HealthStatus;
  /** Whether the last check succeeded and the connection still exists. */
  isHealthy(): boolean;
  /** The figures of the last check, and counters of all checks. */
  getMetrics(): HealthMetrics;
  /** Sets `errorCount` to 0. */
  resetErrorCount(): void;
  /** Checks now. Answers the result with metrics, connection and configuration. Holds no secret. */
  getDetailedReport(): Promise<HealthReport>;
  /** Milliseconds between checks; null if there are none. */
  readonly healthCheckInterval: number | null;
}

/**
 * Connects and starts the health checks. Answers true when Redis answers. Rejects with the reason if it does not
 * answer within the connect timeout; connecting then goes on. Options count until `shutdownRedis()`.
 * @example
 * import { initializeRedis } from 'orgcache/redis';
 * await initializeRedis({ host: 'cache.internal' });
 */
export function initializeRedis(options?: ConfigureOptions): Promise<boolean>;
/**
 * Stops the health checks, lets commands in flight settle, then closes. `initializeRedis()` opens the connection
 * again.
 * @example
 * import { shutdownRedis } from 'orgcache/redis';
 * await shutdownRedis({ timeoutMs: 2000 });
 */
export function shutdownRedis(options?: ShutdownOptions): Promise<ShutdownResult>;
/**
 * The client of the connection. Its keys have no prefix.
 * @throws {OrgCacheError} `E_CLOSED` before `initializeRedis()`.
 * @example
 * import { getRedisClient, initializeRedis } from 'orgcache/redis';
 * await initializeRedis();
 * await getRedisClient().set('key', 'value');
 */
export function getRedisClient(): RedisClient;
/**
 * Whether there is a connection. Asks no server.
 * @example
 * import { isRedisConnected } from 'orgcache/redis';
 * console.log(isRedisConnected());
 */
export function isRedisConnected(): boolean;
/**
 * The result of the last check.
 * @example
 * import { getRedisHealth } from 'orgcache/redis';
 * const { isHealthy, lastCheck } = getRedisHealth();
 */
export function getRedisHealth(): HealthStatus;
/**
 * Checks now, within the command timeout. Never rejects because Redis is away.
 * @example
 * import { performHealthCheck } from 'orgcache/redis';
 * const { isHealthy, error } = await performHealthCheck();
 */
export function performHealthCheck(): Promise<HealthStatus>;
/**
 * The one connection of the module.
 * @example
 * import { connection } from 'orgcache/redis';
 * const client = await connection.connect();
 * console.log(await connection.ping());
 */
export const connection: RedisConnection;
/**
 * The health checks of the connection.
 * @example
 * import { health } from 'orgcache/redis';
 * health.startHealthChecks(10_000);
 * console.log(health.isHealthy());
 */
export const health: RedisHealthChecks;
/**
 * The configuration, read anew with each access.
 * @throws {OrgCacheError} `E_CONFIG` if a value is not allowed.
 * @example
 * import { config } from 'orgcache/redis';
 * console.log(config.host, config.port);
 */
export const config: RedisConfig;

/**
 * The default export of the module.
 * @example
 * import redis, { type RedisModule } from 'orgcache/redis';
 * export async function start({ initializeRedis }: RedisModule = redis): Promise<boolean> {
 *   return initializeRedis();
 * }
 */
export interface RedisModule {
  readonly initializeRedis: typeof initializeRedis;
  readonly shutdownRedis: typeof shutdownRedis;
  readonly getRedisClient: typeof getRedisClient;
  readonly isRedisConnected: typeof isRedisConnected;
  readonly getRedisHealth: typeof getRedisHealth;
  readonly performHealthCheck: typeof performHealthCheck;
  readonly connection: RedisConnection;
  readonly health: RedisHealthChecks;
  readonly config: RedisConfig;
}
