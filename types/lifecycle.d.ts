import type { AbortSignalLike, CallOptions } from './calls.js';
import type { ConfigureOptions } from './options.js';

/**
 * Sets the options of this instance. Call it once, before the first other call.
 * @throws {OrgCacheError} `E_CONFIG` for a value that is not allowed, or after the first call.
 * @example
 * import { configure } from 'orgcache';
 * configure({ host: 'cache.internal', port: 6379 });
 */
export function configure(options: ConfigureOptions): void;

/**
 * Options of {@link ready}.
 * @example
 * import { type ReadyOptions, ready } from 'orgcache';
 * const options: ReadyOptions = { timeoutMs: 3000 };
 * await ready(options);
 */
export interface ReadyOptions extends CallOptions {
  /** Milliseconds to wait, default the connect timeout. */
  timeoutMs?: number;
}

/**
 * Resolves when calls reach Redis, or at once when `USE_REDIS` is false. Rejects with the reason. It rejects at
 * once if waiting is no use (a wrong password is `E_REPLY` with `redisCode` `WRONGPASS`), else after `timeoutMs`
 * with the last failure.
 * @example
 * import { ready } from 'orgcache';
 * await ready({ timeoutMs: 3000 });
 */
export function ready(options?: ReadyOptions): Promise<void>;

/**
 * Options of {@link shutdown}.
 * @example
 * import { shutdown, type ShutdownOptions } from 'orgcache';
 * const options: ShutdownOptions = { timeoutMs: 10_000 };
 * await shutdown(options);
 */
export interface ShutdownOptions extends CallOptions {
  /**
   * Milliseconds that calls in flight and the journal may take, default 5000. Anything but a number of 0 or more is
   * `E_CONFIG`, and nothing is shut down.
   */
  timeoutMs?: number;
}

/**
 * The outcome of {@link shutdown}.
 * @example
 * import { shutdown, type ShutdownResult } from 'orgcache';
 * const { flushed, journalEntries }: ShutdownResult = await shutdown();
 * if (!flushed) console.warn(`${journalEntries} writes did not reach Redis`);
 */
export interface ShutdownResult {
  /** Whether every call had settled and Redis had received everything that the journal held. */
  flushed: boolean;
  /**
   * Writes and clearings that are left in the journal. They are lost unless `CACHE_JOURNAL_DIR` keeps them. Entries
   * of ended processes that were not read yet are not counted.
   */
  journalEntries: number;
}

/**
 * Lets calls in flight settle and the journal be replayed, both within `timeoutMs`, then closes every connection,
 * including those of duplicates. Calls that are left then, and later calls, reject with `E_CLOSED`. Every call of
 * `shutdown` gets the outcome of the first. A later call's options are ignored, except that its `signal` ends the
 * waiting of that call, not the shutdown. Never rejects because Redis is away.
 * @example
 * import { shutdown } from 'orgcache';
 * const { flushed } = await shutdown({ timeoutMs: 2000 });
 */
export function shutdown(options?: ShutdownOptions): Promise<ShutdownResult>;

/**
 * Closes at once and starts over: the next `configure()` or call reads options and environment again. The objects
 * of the package stay the same. Calls in flight fail with `E_CLOSED`. For tests.
 * @example
 * import { configure, reset } from 'orgcache';
 * await reset();
 * configure({ useRedis: false });
 */
export function reset(): Promise<void>;

/**
 * Options of {@link installSignalHandlers}.
 * @example
 * import { installSignalHandlers, type SignalHandlerOptions } from 'orgcache';
 * const options: SignalHandlerOptions = { signals: ['SIGTERM'], timeoutMs: 10_000 };
 * installSignalHandlers(options);
 */
export interface SignalHandlerOptions {
  /** Names of signals, default `['SIGTERM', 'SIGINT']`. */
  signals?: readonly NodeSignal[];
  /** As in {@link ShutdownOptions}. */
  timeoutMs?: number;
  /** Removes the handlers when it aborts. */
  signal?: AbortSignalLike | null;
}

/**
 * A signal of the system that a process can handle, by its name.
 * @example
 * import { installSignalHandlers, type NodeSignal } from 'orgcache';
 * const signals: NodeSignal[] = ['SIGTERM', 'SIGHUP'];
 * installSignalHandlers({ signals });
 */
export type NodeSignal = `SIG${string}`;

/**
 * Shuts down at the first of these signals, then sends the signal to the process again without these handlers, so
 * that the process ends as the signal ends it. A second signal meanwhile ends it at once. The application's own
 * handlers stay, and see the signal twice. Importing the package installs none.
 * @returns a function that removes the handlers.
 * @throws {OrgCacheError} `E_CONFIG` for options that are not allowed.
 * @example
 * import { installSignalHandlers } from 'orgcache';
 * const removeHandlers = installSignalHandlers({ timeoutMs: 10_000 });
 */
export function installSignalHandlers(options?: SignalHandlerOptions): () => void;
