import type {
  ConfigureOptions,
  ConnectionState,
  RedisClient,
  ShutdownOptions,
  ShutdownResult,
} from '../../index.js';

/** Why the last health check failed or was incomplete. */
export interface HealthError {
  /** An error code of this package, or the first word of the server's error. */
  readonly code: string;
  readonly message: string;
}

/** The result of a health check. Values that the server did not give are null. */
export interface HealthStatus {
  /** Whether the last check succeeded and the connection still exists. */
  isHealthy: boolean;
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
  connectedClients: number | null;
  redisVersion: string | null;
  /** Three counters of the server, since its start, for all of its clients. */
  totalCommandsProcessed: number | null;
  keyspaceHits: number | null;
  keyspaceMisses: number | null;
  error: HealthError | null;
}

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

export interface ConnectionReport {
  readonly state: ConnectionState;
  /** Milliseconds since 1970. */
  readonly stateSince: number;
  /** The code of the last failure. */
  readonly lastError: string | null;
  readonly reconnects: number;
  readonly connectionAttempts: number;
}

export interface HealthReport {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly environment: string;
  readonly status: HealthStatus;
  readonly metrics: HealthMetrics;
  /** Null before the initialization. */
  readonly connection: ConnectionReport | null;
  readonly config: RedisConfig;
  readonly healthCheckInterval: number | null;
}

export interface RedisConnection {
  /**
   * Opens the connection. Answers the client when the server answers. Rejects with the reason if it does not answer
   * within the connect timeout; connecting then goes on.
   */
  connect(options?: ConfigureOptions): Promise<RedisClient>;
  /** @throws {OrgCacheError} `E_CLOSED` before the initialization, as the commands below do too. */
  getClient(): RedisClient;
  isRedisConnected(): boolean;
  executeCommand<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T>;
  /** Lets commands in flight settle, then closes. The connection may be opened again. */
  disconnect(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Whether the server answers. */
  ping(): Promise<boolean>;
  /** The text of INFO, or of one section. */
  getInfo(section?: string): Promise<string>;
}

export interface RedisHealthChecks {
  /**
   * Checks now and then at every interval, by default 30000 ms. Checks never overlap and do not keep the process
   * alive. A second start changes the interval, if it is another one.
   */
  startHealthChecks(intervalMs?: number): void;
  stopHealthChecks(): void;
  /** Checks now, within the command timeout. Never rejects because Redis is away. */
  performHealthCheck(): Promise<HealthStatus>;
  /** The result of the last check. */
  getHealthStatus(): HealthStatus;
  /** Same as `getHealthStatus()`. */
  readonly healthStatus: HealthStatus;
  isHealthy(): boolean;
  getMetrics(): HealthMetrics;
  resetErrorCount(): void;
  /** Checks now. Answers the result with metrics, connection and configuration. Holds no secret. */
  getDetailedReport(): Promise<HealthReport>;
  /** Milliseconds between checks; null if there are none. */
  readonly healthCheckInterval: number | null;
}

/**
 * Connects and starts the health checks. Answers true when Redis answers. Rejects with the reason if it does not
 * answer within the connect timeout; connecting then goes on. Options count until `shutdownRedis()`.
 */
export function initializeRedis(options?: ConfigureOptions): Promise<boolean>;
/**
 * Stops the health checks, lets commands in flight settle, then closes. `initializeRedis()` opens the connection
 * again.
 */
export function shutdownRedis(options?: ShutdownOptions): Promise<ShutdownResult>;
/** @throws {OrgCacheError} `E_CLOSED` before `initializeRedis()`. */
export function getRedisClient(): RedisClient;
export function isRedisConnected(): boolean;
/** The result of the last check. */
export function getRedisHealth(): HealthStatus;
/** Checks now, within the command timeout. Never rejects because Redis is away. */
export function performHealthCheck(): Promise<HealthStatus>;
export const connection: RedisConnection;
export const health: RedisHealthChecks;
export const config: RedisConfig;

/** The default export of the module. */
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

declare const redis: RedisModule;

export default redis;
