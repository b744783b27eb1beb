import type { JournalReport, LogLevel, NearReport, NodeReport, SessionStats } from '../index.js';
import type {
  BreakerReport,
  Counters,
  Latencies,
  MemoryReport,
  SharedPoolReport,
  StateReport,
} from '../types/reports.js';
import type { Settings } from './settings-types.js';

export type { Settings };

/** A setting: its value and the source of the value. `inForce` exists if another value counts. */
export interface Setting<Value> {
  readonly variable: string;
  readonly value: Value;
  readonly source: 'option' | 'environment' | 'default';
  /** The option that decides instead. */
  readonly overriddenBy?: string;
  readonly inForce?: Value | null;
}

/** A client's configuration, without secrets. */
export interface Configured {
  readonly useRedis: boolean;
  readonly keyPrefix: string;
  readonly clientKeyPrefix: string;
  /** What stands before the keys of rooms that have no keyPrefix: limits, sessions, topics and queues. */
  readonly roomPrefix: string;
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

/** Counts of checks of one policy. */
export type LimiterTally = Record<
  | 'allowed'
  | 'blocked'
  | 'bypassed'
  | 'cost'
  | 'denied'
  | 'down'
  | 'errors'
  | 'leases'
  | 'limited'
  | 'local'
  | 'near'
  | 'reserve'
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

/** What one room of sessions has counted. */
export type SessionReport = Omit<SessionStats, 'users'>;

/** How long jobs waited or ran. A quantile of none is null. */
export type QueueTimes = { readonly count: number; readonly sumMs: number } & Record<
  'p50Ms' | 'p90Ms' | 'p95Ms' | 'p99Ms',
  number | null
>;

/** What the workers of a queue have done in this process. */
export type QueueTally = Record<
  'completed' | 'retrying' | 'dead' | 'released' | 'lost' | 'stalled',
  number
> & { readonly waiting: QueueTimes; readonly running: QueueTimes };

/** The queues of a client; only where one was used. */
export interface QueueReport {
  readonly queues: number;
  readonly workers: number;
  readonly done: Record<string, QueueTally>;
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
  readonly near: NearReport;
  readonly breaker: BreakerReport;
  readonly pool: SharedPoolReport;
  /** Addresses. */
  readonly replicas: string[];
  /** The primaries of a cluster. */
  readonly nodes: NodeReport[];
  readonly usesRedis: boolean;
  readonly config: Configured;
  readonly rooms: { readonly limiter: LimiterReport[]; readonly session: SessionReport[] };
}
