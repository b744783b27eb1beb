// The parts of reports. Public types are made of them, and so is the report of native code (js/report-types.d.ts).

import type { ConnectionState } from './health.js';

/** The state of one server. */
export interface StateReport {
  readonly state: ConnectionState;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds since then. */
  readonly forMs: number;
  /** The code of the last failure: an `ErrorCode`, or the first word of the server's error. */
  readonly lastError: string | null;
  /** Missing before the first connection. */
  readonly serverVersion?: string;
  /** The version of RESP in use. Missing before the first connection. */
  readonly protocol?: number;
}

/** The circuit breaker. Open: calls do not wait for a server that keeps failing. Half-open: it lets one call try. */
export interface BreakerReport {
  readonly state: 'closed' | 'open' | 'half-open';
}

/** The connections that calls share. */
export interface SharedPoolReport {
  /** Connections that are open, or being opened. */
  readonly lanes: number;
  /** Connections with a call in flight. */
  readonly busy: number;
  /** Connections that stay open once they were needed. (`REDIS_MIN_POOL_SIZE`) */
  readonly min: number;
  /** Upper limit of open connections. (`REDIS_POOL_SIZE`) */
  readonly max: number;
}

/** The memory store. */
export interface MemoryReport {
  readonly entries: number;
  readonly bytes: number;
  /** Bytes that it may hold. (`CACHE_MEMORY_MAX_BYTES`) */
  readonly maxBytes: number;
  /** Entries that were removed to make room. */
  readonly evictions: number;
  /** Entries whose lifetime ended. */
  readonly expirations: number;
}

/** Settings that statistics show. */
export interface CacheConfigReport {
  readonly keyPrefix: string;
  /** Seconds. */
  readonly defaultTTL: number;
  /** Bytes. */
  readonly compressionThreshold: number;
}

/** Counters since the start. */
export interface Counters {
  /** Bytes that came from the server. */
  bytesReceived: number;
  /** Bytes that went to the server. */
  bytesSent: number;
  /** Attempts to connect, failed ones included. */
  connectionAttempts: number;
  /** How often a connection was lost. */
  connectionLost: number;
  /** Values in Redis that could not be read: broken JSON, damaged compression. Each was answered as a miss. */
  corruptValues: number;
  /** Commands that failed. */
  errors: number;
  /** Gets that the memory store answered while Redis was away. */
  fallbackHits: number;
  /** Gets that found nothing in the memory store while Redis was away. */
  fallbackMisses: number;
  /** Hits in percent of all gets, 0 to 100; 0 when there were none. */
  hitRate: number;
  /** Gets that found a value. */
  hits: number;
  /** Writes that the journal could not take. */
  journalFull: number;
  /** Writes that went into the journal. */
  journaled: number;
  /** Values that were found where the JavaScript layer kept them. */
  legacyReads: number;
  /** Gets that found no value, or a value that cannot be read. */
  misses: number;
  /** Bytes of values that copies in this process answered. */
  nearSavedBytes: number;
  /** Commands that were answered, including with errors. */
  operations: number;
  /** Calls that were refused because too many were waiting. */
  overloaded: number;
  /** Connections that replaced a lost one. */
  reconnects: number;
  /** Writes of the journal that Redis refuses for good. */
  replayFailed: number;
  /** Writes of the journal that Redis has now. */
  replayed: number;
  /** Writes of the journal that lost against newer ones of other processes. */
  superseded: number;
  /** Calls whose deadline passed. */
  timeouts: number;
}

/** Times in microseconds. */
export interface Latencies {
  /** Number of times that were measured. */
  readonly count: number;
  /** The mean. */
  readonly meanUs: number;
  /** The time that 50 percent of all do not exceed. */
  readonly p50Us: number;
  /** The time that 90 percent of all do not exceed. */
  readonly p90Us: number;
  /** The time that 99 percent of all do not exceed. */
  readonly p99Us: number;
  /** The longest time. */
  readonly maxUs: number;
}
