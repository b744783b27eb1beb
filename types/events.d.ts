import type { OrgCacheError } from './errors.js';
import type { Condition, ConnectionState } from './health.js';

/**
 * A change of state, with the state of the connection at that time.
 * @example
 * import { cacheAdapter, type StateEvent } from 'orgcache';
 * const report = ({ from, state, lastError }: StateEvent) => console.log(`${from} -> ${state}`, lastError);
 * cacheAdapter.on('degraded', report).on('recovered', report);
 */
export interface StateEvent extends Readonly<Condition> {
  /** The state before. */
  readonly from: ConnectionState;
}

/**
 * Progress of the replay since the connection was made, in entries.
 * @example
 * import { cacheAdapter, type ReplayEvent } from 'orgcache';
 * cacheAdapter.on('replay', ({ replayed, left }: ReplayEvent) => console.log(`${replayed} written, ${left} left`));
 */
export interface ReplayEvent {
  /** Entries that Redis has now. */
  readonly replayed: number;
  /** Entries that Redis had a newer value for. */
  readonly superseded: number;
  /** Replies by which Redis refused an entry. */
  readonly refused: number;
  /** Entries that are not replayed yet. */
  readonly left: number;
}

/**
 * The events of `cacheAdapter` by name, each with the arguments of its listeners.
 * @example
 * import { type CacheEvents, cacheAdapter } from 'orgcache';
 * const names: (keyof CacheEvents)[] = ['degraded', 'recovered'];
 * for (const name of names) cacheAdapter.on(name, () => console.log(name));
 */
export interface CacheEvents {
  /** The first connection was made. */
  ready: [event: StateEvent];
  /** Redis cannot be reached; calls are answered from memory. */
  degraded: [event: StateEvent];
  /** Redis is back, and the journal is replayed. */
  recovering: [event: StateEvent];
  /** The journal is being replayed. Emitted at most four times a second, and at the end. */
  replay: [event: ReplayEvent];
  /** Redis is back and up to date. */
  recovered: [event: StateEvent];
  /** A failure that no caller sees. A listener is optional. */
  error: [error: OrgCacheError];
  /** The instance was shut down. */
  closed: [event: StateEvent];
}
