/**
 * The part of an `AbortSignal` that is used. An `AbortSignal` of Node or of a polyfill has it.
 * @example
 * import { type AbortSignalLike, cacheAdapter } from 'orgcache';
 * const signal: AbortSignalLike = AbortSignal.timeout(50);
 * await cacheAdapter.get('key', { signal });
 */
export interface AbortSignalLike {
  readonly aborted: boolean;
  /** The error with which a call rejects. `unknown`: whoever aborts may give any value. */
  readonly reason?: unknown;
  /** Adds the listener that ends the call. */
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void;
  /** Removes it when the call has settled. */
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * Options of a single call. Options of another shape reject the call with `E_CONFIG`, an unknown option rejects it
 * with `E_ARGUMENT`.
 * @example
 * import { type CallOptions, cacheAdapter } from 'orgcache';
 * const options: CallOptions = { signal: AbortSignal.timeout(50) };
 * await cacheAdapter.get('key', options).catch(() => null);
 */
export interface CallOptions {
  /**
   * Settles the call as soon as it aborts: the promise rejects with `signal.reason`, as `fetch` does. If it has
   * aborted already, nothing is sent. A command that was sent before may still run.
   */
  signal?: AbortSignalLike | null;
}

/**
 * Options of `cacheAdapter.set`.
 * @example
 * import { cacheAdapter, type SetOptions } from 'orgcache';
 * const options: SetOptions = { ttlSeconds: 60, signal: AbortSignal.timeout(50) };
 * await cacheAdapter.set('key', 'value', options);
 */
export interface SetOptions extends CallOptions {
  /** Seconds. `defaultTtl` if null, 0 or left out. Anything else that is not a positive number is `E_ARGUMENT`. */
  ttlSeconds?: number | null;
}
