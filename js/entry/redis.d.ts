import type {
  ConfigureOptions,
  ConnectionState,
  RedisClient,
  ShutdownOptions,
  ShutdownResult,
} from '../../index.js';

/** Why the last health check was not answered in full. */
export interface HealthError {
  /** An error code of this package, or the first word of the server's error. */
  readonly code: string;
  readonly message: string;
}

/** What a health check found. What the server was not heard to say is null. */
export interface HealthStatus {
  /** Whether the last check was answered and the connection still stands. */
  isHealthy: boolean;
  isConnected: boolean;
  /** When the last check ended; null before the first. */
  lastCheck: Date | null;
  /** Milliseconds until PING was answered. */
  responseTime: number | null;
  /** Failed checks since the start or `resetErrorCount()`. */
  errorCount: number;
  /** Seconds since the server started. */
  uptime: number | null;
  /** Memory that the server's data takes, for people (`used_memory_human`, such as `1.05M`). */
  memoryUsage: string | null;
  /** The same in bytes (`used_memory`). */
  memoryUsageBytes: number | null;
  connectedClients: number | null;
  redisVersion: string | null;
  /** The three counters are the server's, since its start, of all its clients. */
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
  /** For people, such as `1.05M`. */
  memoryUsage: string | null;
  memoryUsageBytes: number | null;
  connectedClients: number | null;
  totalCommandsProcessed: number | null;
  keyspaceHits: number | null;
  keyspaceMisses: number | null;
  /** Checks that were made, and those of them that failed. */
  checks: number;
  failedChecks: number;
  /** Failed checks since the last that succeeded. */
  consecutiveFailures: number;
  /** Milliseconds. */
  averageResponseTime: number | null;
  /** Of the server's lookups those that found a key, 0 to 100. */
  hitRate: number | null;
}

/**
 * What is configured, read anew with each access; throws `E_CONFIG` where a value is not allowed. A value that is
 * assigned counts for the next connection.
 */
export interface RedisConfig {
  /** `NODE_ENV`, default `development`. */
  readonly environment: string;
  /** Null where it is no single TCP server: a unix socket, a cluster, sentinels. */
  host: string | null;
  port: number | null;
  username: string | null;
  /** Never the password itself: `(redacted)`, or null where there is none. */
  password: string | null;
  /** In tests `TEST_REDIS_DB`, default 1, where no option in code names another. */
  database: number;
  /** The same as `database`. */
  db: number;
  tls: boolean;
  minPoolSize: number;
  poolSize: number;
  /** Milliseconds, as are `commandTimeout`, `retryDelay` and `keepAlive`. */
  connectTimeout: number;
  commandTimeout: number;
  maxRetries: number;
  /** The same as `maxRetries`. */
  maxRetriesPerRequest: number;
  retryDelay: number;
  /** The same as `retryDelay`. */
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
  /** The code of what failed last. */
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
  /** Null where nothing is initialized. */
  readonly connection: ConnectionReport | null;
  readonly config: RedisConfig;
  readonly healthCheckInterval: number | null;
}

export interface RedisConnection {
  /**
   * Opens the connection and answers the client when the server answers. Rejects with the reason where it does not
   * within the connect timeout; connecting goes on then.
   */
  connect(options?: ConfigureOptions): Promise<RedisClient>;
  /** @throws {OrgCacheError} `E_CLOSED` where nothing is initialized, as do the commands below. */
  getClient(): RedisClient;
  isRedisConnected(): boolean;
  executeCommand<T = unknown>(name: string, ...args: readonly unknown[]): Promise<T>;
  /** Lets commands under way settle, then closes; it may be opened again. */
  disconnect(options?: ShutdownOptions): Promise<ShutdownResult>;
  /** Whether the server answers. */
  ping(): Promise<boolean>;
  /** The text of INFO, or of one section. */
  getInfo(section?: string): Promise<string>;
}

export interface RedisHealthChecks {
  /**
   * Checks now and then at every interval, 30000 ms unless told. Checks never overlap and do not keep the process
   * alive. Started twice with the same interval it goes on; with another it takes that.
   */
  startHealthChecks(intervalMs?: number): void;
  stopHealthChecks(): void;
  /** A check now, within the command timeout. Never rejects because Redis is away. */
  performHealthCheck(): Promise<HealthStatus>;
  /** What the last check found. */
  getHealthStatus(): HealthStatus;
  /** The same as `getHealthStatus()`. */
  readonly healthStatus: HealthStatus;
  isHealthy(): boolean;
  getMetrics(): HealthMetrics;
  resetErrorCount(): void;
  /** A check now, with metrics, connection and configuration; holds no secret. */
  getDetailedReport(): Promise<HealthReport>;
  /** Milliseconds between checks; null while none are made. */
  readonly healthCheckInterval: number | null;
}

/**
 * Connects and starts the health checks. Answers true when Redis is there, and rejects with the reason where it is not
 * within the connect timeout; connecting goes on then. Options count until `shutdownRedis()`.
 */
export function initializeRedis(options?: ConfigureOptions): Promise<boolean>;
/** Stops the health checks, lets commands under way settle, closes. `initializeRedis()` opens it again. */
export function shutdownRedis(options?: ShutdownOptions): Promise<ShutdownResult>;
/** @throws {OrgCacheError} `E_CLOSED` before `initializeRedis()`. */
export function getRedisClient(): RedisClient;
export function isRedisConnected(): boolean;
/** What the last check found. */
export function getRedisHealth(): HealthStatus;
/** A check now, within the command timeout. Never rejects because Redis is away. */
export function performHealthCheck(): Promise<HealthStatus>;
export const connection: RedisConnection;
export const health: RedisHealthChecks;
export const config: RedisConfig;

/** What importing the module as a whole gives. */
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
