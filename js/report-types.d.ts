import type { ConnectionState, JournalReport, LogLevel } from '../index.js';

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
  readonly prefix: Setting<string>;
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

/** The state of one server. */
export interface StateReport {
  readonly state: ConnectionState;
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly forMs: number;
  readonly lastError: string | null;
  readonly serverVersion?: string;
  /** The version of RESP in use. */
  readonly protocol?: number;
}

export interface Counters {
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly connectionAttempts: number;
  readonly connectionLost: number;
  readonly corruptValues: number;
  readonly errors: number;
  readonly fallbackHits: number;
  readonly fallbackMisses: number;
  readonly hitRate: number;
  readonly hits: number;
  readonly journalFull: number;
  readonly journaled: number;
  readonly legacyReads: number;
  readonly misses: number;
  readonly operations: number;
  readonly overloaded: number;
  readonly reconnects: number;
  readonly replayFailed: number;
  readonly replayed: number;
  readonly superseded: number;
  readonly timeouts: number;
}

/** Microseconds. */
export interface Latencies {
  readonly count: number;
  readonly meanUs: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

/** Counts of checks of one policy. */
export type LimiterTally = Record<
  | 'allowed'
  | 'blocked'
  | 'bypassed'
  | 'cost'
  | 'denied'
  | 'down'
  | 'errors'
  | 'limited'
  | 'local'
  | 'near'
  | 'shadow',
  number
>;

/** A limiter's report of itself. */
export interface LimiterReport {
  readonly namespace: string;
  /** Processes that share the limits, as far as this one knows. */
  readonly instances: number;
  /** Identifiers that this process refuses without asking. */
  readonly denials: number;
  /** Identifiers that this process counts itself. */
  readonly localEntries: number;
  readonly policies: Record<string, LimiterTally>;
}

/** A client's report of itself. */
export interface Report {
  readonly state: StateReport;
  readonly counters: Counters;
  readonly latencies: Record<'commands' | 'reads' | 'writes', Latencies>;
  readonly meanResponseMs: number;
  readonly driver: string;
  readonly outstanding: number;
  readonly memory: {
    readonly entries: number;
    readonly bytes: number;
    readonly maxBytes: number;
    readonly evictions: number;
    readonly expirations: number;
  };
  readonly journal: JournalReport;
  readonly breaker: { readonly state: 'closed' | 'open' | 'half-open' };
  readonly pool: {
    readonly lanes: number;
    readonly busy: number;
    readonly min: number;
    readonly max: number;
  };
  /** Addresses. */
  readonly replicas: string[];
  /** The primaries of a cluster. */
  readonly nodes: (StateReport & { readonly address: string; readonly breaker: string })[];
  readonly usesRedis: boolean;
  readonly config: Configured;
  readonly rooms: { readonly limiter: LimiterReport[] };
}
