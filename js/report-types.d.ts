import type { JournalReport, LogLevel, NodeReport } from '../index.js';
import type {
  BreakerReport,
  Counters,
  Latencies,
  MemoryReport,
  SharedPoolReport,
  StateReport,
} from '../types/reports.js';

/** A setting: its value and the source of the value. `inForce` exists if another value counts. */
export interface Setting<Value> {
  readonly variable: string;
  readonly value: Value;
  readonly source: 'option' | 'environment' | 'default';
  /** The option that decides instead. */
  readonly overriddenBy?: string;
  readonly inForce?: Value | null;
}

/** Every setting by the name of its option. Secrets are redacted. */
export type Settings = {
  readonly clientKeyPrefix: Setting<string>;
  /** `host:port`, separated by commas. */
  readonly clusterHosts: Setting<string | null>;
  readonly commandTimeout: Setting<number>;
  readonly compression: Setting<string>;
  readonly compressionThreshold: Setting<number>;
  readonly connectTimeout: Setting<number>;
  readonly connectionName: Setting<string>;
  readonly db: Setting<number>;
  readonly defaultTtl: Setting<number>;
  readonly driver: Setting<string>;
  readonly family: Setting<string>;
  readonly host: Setting<string>;
  readonly journalDir: Setting<string | null>;
  readonly journalMaxBytes: Setting<number>;
  readonly keepAlive: Setting<number>;
  readonly keyPrefix: Setting<string>;
  readonly lazyConnect: Setting<boolean>;
  readonly legacy: Setting<string>;
  readonly logLevel: Setting<LogLevel>;
  readonly maxRetries: Setting<number>;
  readonly memoryMaxBytes: Setting<number>;
  readonly minPoolSize: Setting<number>;
  readonly password: Setting<string | null>;
  readonly poolSize: Setting<number>;
  readonly port: Setting<number>;
  readonly prefixChannels: Setting<boolean>;
  readonly protocol: Setting<string>;
  readonly queueMaxBytes: Setting<number>;
  readonly queueMaxCommands: Setting<number>;
  readonly requireOrganization: Setting<boolean>;
  readonly retryDelay: Setting<number>;
  readonly scaleReads: Setting<string>;
  /** As `clusterHosts`. */
  readonly sentinelHosts: Setting<string | null>;
  readonly sentinelName: Setting<string>;
  readonly sentinelPassword: Setting<string | null>;
  readonly sentinelUsername: Setting<string | null>;
  readonly testDb: Setting<number>;
  readonly tls: Setting<boolean>;
  readonly 'tls.ca': Setting<string | null>;
  readonly 'tls.cert': Setting<string | null>;
  readonly 'tls.insecure': Setting<boolean>;
  readonly 'tls.key': Setting<string | null>;
  readonly 'tls.servername': Setting<string | null>;
  readonly url: Setting<string | null>;
  readonly useRedis: Setting<boolean>;
  readonly username: Setting<string | null>;
};

/** A client's configuration, without secrets. */
export interface Configured {
  readonly useRedis: boolean;
  readonly keyPrefix: string;
  readonly clientKeyPrefix: string;
  readonly prefixChannels: boolean;
  /** Connections that are lent to one caller at a time. */
  readonly dedicatedPool: { readonly min: number; readonly max: number; readonly maxWaitMs: number };
  readonly minPoolSize: number;
  readonly poolSize: number;
  readonly defaultTtlSeconds: number;
  readonly compressionThresholdBytes: number;
  readonly maxRetries: number;
  readonly lazyConnect: boolean;
  readonly commandTimeoutMs: number;
  readonly logLevel: LogLevel;
  readonly warnings: string[];
  readonly requireOrganization: boolean;
  readonly settings: Settings;
}

/** A client's report of itself. */
export interface Report {
  readonly state: StateReport;
  readonly counters: Counters;
  readonly latencies: Record<'commands' | 'reads' | 'writes', Latencies>;
  readonly meanResponseMs: number;
  readonly driver: string;
  readonly outstanding: number;
  readonly memory: MemoryReport;
  readonly journal: JournalReport;
  readonly breaker: BreakerReport;
  readonly pool: SharedPoolReport;
  /** Addresses. */
  readonly replicas: string[];
  /** The primaries of a cluster. */
  readonly nodes: NodeReport[];
  readonly usesRedis: boolean;
  readonly config: Configured;
}
