import type { AbortSignalLike } from '../../types/calls.js';

/** The options of one call that JavaScript itself obeys; native code has checked and completed them. */
export interface CallTimes {
  softTimeoutMs: number | null;
  hardTimeoutMs: number;
  lockTimeoutMs: number;
  negativeSeconds: number;
  /** How often a lease is renewed, and how long. */
  renewMs: number;
  renewForMs: number;
  /** After so long a caller asks again for a lease of whose change it would be told. */
  askAgainMs: number;
}

/** Everything that native code knows of a cache's options, with all defaults. */
export interface Normalized extends CallTimes {
  name: string;
  serializer: 'json' | 'v8';
  onRedisDown: 'serve' | 'factory' | 'reject';
  leaseMs: number;
  near: false | { maxTtlSeconds: number; share: 'copy' | 'frozen' };
  tags: string[];
}

/** `nearPlace`: where native code says whether copies are asked for first; null if there are none. */
export type Opened = Normalized & { cache: number; nearPlace: number | null };

/** Options of one call. */
export interface CallWith {
  /** What the caller gave, without the signal. */
  given: Record<string, unknown>;
  /** What the caller gave, as JSON; undefined for the cache's defaults. */
  text: string | undefined;
  times: CallTimes;
  signal: AbortSignalLike | undefined;
}

/** The right to compute a key. */
export interface Lease {
  readonly key: string;
  /** What native code knows it by. */
  readonly grant: unknown;
  readonly text: string | undefined;
}
