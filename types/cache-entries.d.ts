import type { AbortSignalLike } from './calls.js';

/**
 * A value, or a promise of it.
 * @example
 * import type { Awaitable } from 'orgcache';
 * const load = (): Awaitable<number> => 1;
 */
export type Awaitable<T> = T | PromiseLike<T>;

declare const skipped: unique symbol;
declare const notModified: unique symbol;

/**
 * What a factory answers so that its value is not kept: the answer of {@link FactoryContext.skip}.
 * @example
 * import type { FactoryContext, Skip } from 'orgcache';
 * const guest = (context: FactoryContext<string>): Skip<string> => context.skip('guest');
 */
export interface Skip<R> {
  readonly [skipped]: R;
}

/**
 * What a factory answers so that the stale value lives on: the answer of {@link FactoryContext.notModified}.
 * @example
 * import type { FactoryContext, NotModified } from 'orgcache';
 * const same = (context: FactoryContext<string>): NotModified => context.notModified();
 */
export interface NotModified {
  readonly [notModified]: true;
}

/**
 * Options of one call. `createCache` sets the defaults. Options of another shape and values that are not allowed
 * reject the call with `E_CONFIG`, an unknown option with `E_ARGUMENT`.
 * @example
 * import type { CacheCallOptions } from 'orgcache';
 * const options: CacheCallOptions = { ttlSeconds: 60, graceSeconds: 3600, softTimeoutMs: 50, tags: ['users'] };
 */
export interface CacheCallOptions {
  /** Seconds for which a value is fresh. 0.001 to 315,360,000; default 300. */
  ttlSeconds?: number;
  /**
   * Seconds after its `ttlSeconds` for which a stale value may still answer: if the factory fails, or takes longer than
   * `softTimeoutMs`. 0 to 315,360,000; default 0.
   */
  graceSeconds?: number;
  /**
   * Milliseconds after which a stale value answers instead of a factory that is under way, here or in another process.
   * The factory goes on. 0 answers at once. Default: none.
   */
  softTimeoutMs?: number;
  /**
   * Milliseconds after which a stale value answers, or the call rejects with `E_FACTORY_TIMEOUT`. The factory goes on.
   * More than `softTimeoutMs`; default 30,000.
   */
  hardTimeoutMs?: number;
  /**
   * Milliseconds to wait for the factory of another process. Then this process runs its own, whose value is not kept.
   * Default: `hardTimeoutMs`.
   */
  lockTimeoutMs?: number;
  /** Each ttl is drawn from `(1 - jitter) * ttlSeconds` to `ttlSeconds`. 0 to 0.5; default 0.05. */
  jitter?: number;
  /**
   * Refreshes a fresh value in the background before it ends, where the rest of its lifetime is known: with
   * `graceSeconds` or `tags`. true: the sooner, the longer the factory takes (XFetch). A number between 0 and 1: from that
   * share of the ttl on. Default true.
   */
  earlyRefresh?: boolean | number;
  /** Seconds for which an `undefined` of the factory is kept. 0 does not keep it. Default 0. */
  negativeSeconds?: number;
  /** Seconds for which no process runs a factory again that failed while a stale value answers. Default 5. */
  retryAfterErrorSeconds?: number;
  /** Names by which `invalidateTags` and `expireTags` find the value. At most 64, each of at most 128 bytes. */
  tags?: readonly string[];
  /** Rejects this call when it aborts. Other callers of the key go on waiting. */
  signal?: AbortSignalLike;
}

/**
 * Options of `createCache`: the defaults of its calls, and what concerns the whole cache.
 * @example
 * import type { CacheOptions } from 'orgcache';
 * const options: CacheOptions = { name: 'reports', ttlSeconds: 60, graceSeconds: 600, serializer: 'v8' };
 */
export interface CacheOptions extends Omit<CacheCallOptions, 'signal'> {
  /** 1 to 64 characters. Part of every key: caches of one name share their entries. */
  name: string;
  /** `v8` keeps Date, Buffer, BigInt, Map, Set and undefined. Default `json`. */
  serializer?: 'json' | 'v8';
  /**
   * What answers while Redis is away. `serve`: copies of this process, else the factory. `factory`: the factory. `reject`:
   * nothing, calls reject with `E_CONNECT`. Default `serve`.
   */
  onRedisDown?: 'serve' | 'factory' | 'reject';
  /** Milliseconds after which others go on without a process that died during its factory. Default 3,000. */
  leaseMs?: number;
  /**
   * Limits the entries of one organization in Redis. `evict` drops its entries that end next, `reject` refuses a new one
   * with `E_QUOTA`. Default: none, and `evict`.
   */
  quota?: { maxEntries: number; onFull?: 'evict' | 'reject' };
  /**
   * Copies of hot entries in this process, which Redis keeps up to date. `false`: none. An object turns them on. Default
   * true, where the instance has copies at all (`near`, `CACHE_NEAR`).
   */
  near?: boolean | CacheNearOptions;
}

/**
 * Copies of a cache's entries in this process.
 * @example
 * import { createCache, type CacheNearOptions } from 'orgcache';
 * const near: CacheNearOptions = { maxTtlSeconds: 60 };
 * export const users = createCache<string>({ name: 'users', near });
 */
export interface CacheNearOptions {
  /**
   * A copy answers no longer than this after it was made; then Redis is asked again. 0.001 to 86,400. If caches of one
   * name in this process differ, the shortest counts. Default 3600.
   */
  maxTtlSeconds?: number;
  /**
   * `copy`: each caller gets an object of its own. `frozen`: all callers of a thread share one object, which is frozen with
   * everything in it; a read that it answers parses nothing. Writing to it throws in strict mode. Needs the serializer
   * `json`. Default `copy`.
   */
  share?: 'copy' | 'frozen';
}

/**
 * What a factory is given.
 * @example
 * import type { FactoryContext } from 'orgcache';
 * export async function load(context: FactoryContext<string>) {
 *   const tag = context.stale?.meta;
 *   const response = await fetch('https://example.com', {
 *     headers: typeof tag === 'string' ? { 'If-None-Match': tag } : {},
 *     signal: context.signal,
 *   });
 *   if (response.status === 304) return context.notModified();
 *   context.setOptions({ meta: response.headers.get('ETag'), ttlSeconds: 60 });
 *   return response.text();
 * }
 */
export interface FactoryContext<T> {
  /** Aborts when nobody waits for the factory any more and its value is not to be kept in the background either. */
  readonly signal: AbortSignal;
  /**
   * The value that the factory is to replace, if there is one: stale, or about to be.
   * `unknown`: `meta` is what the application gave to `setOptions`.
   */
  readonly stale?: { readonly value: T; readonly meta?: unknown };
  /**
   * Options of this value alone. `tags` are added to those of the call. `meta` is JSON of at most 1 KiB, such as an ETag;
   * the next factory finds it in `stale`.
   * `unknown`: `meta` is any value that JSON has.
   */
  setOptions(options: {
    ttlSeconds?: number;
    graceSeconds?: number;
    tags?: readonly string[];
    meta?: unknown;
  }): void;
  /** Answers `value` to the callers without keeping it. */
  skip<R>(value: R): Skip<R>;
  /** Makes the stale value fresh again. Its bytes are not sent again. Throws `E_ARGUMENT` if there is none. */
  notModified(): NotModified;
}

/**
 * Computes what is missing. One runs in the whole fleet at a time for each key.
 * @example
 * import type { Factory } from 'orgcache';
 * const answer: Factory<number, number> = () => 42;
 */
export type Factory<T, R> = (context: FactoryContext<T>) => Awaitable<R | Skip<R> | NotModified>;

/**
 * What a factory of several keys is given.
 * @example
 * import type { ManyContext } from 'orgcache';
 * const isOver = (context: ManyContext) => context.signal.aborted;
 */
export interface ManyContext {
  /** Aborts when nobody waits for the factory any more. */
  readonly signal: AbortSignal;
  /** Options of all values of this call. `tags` are added to those of the call. */
  setOptions(options: { ttlSeconds?: number; graceSeconds?: number; tags?: readonly string[] }): void;
}

/**
 * Computes the values of the keys that are missing. A key that the Map lacks is not there, as an `undefined` is with
 * one key.
 * @example
 * import type { ManyFactory } from 'orgcache';
 * const lengths: ManyFactory<number> = (missing) => new Map(missing.map((key) => [key, key.length]));
 */
export type ManyFactory<T> = (missing: string[], context: ManyContext) => Awaitable<Map<string, T>>;

/**
 * What `mutate` invalidates.
 * @example
 * import type { MutationTargets } from 'orgcache';
 * const order: MutationTargets = { keys: ['order:1'], tags: ['orders'], tables: ['orders'] };
 */
export interface MutationTargets {
  keys?: readonly string[];
  tags?: readonly string[];
  /** As `cacheQuery` names them. */
  tables?: readonly string[];
}

/**
 * Options of `warm`.
 * @example
 * import type { WarmOptions } from 'orgcache';
 * const options: WarmOptions<string> = { factory: (key) => key.toUpperCase(), concurrency: 4, ratePerSecond: 100 };
 */
export interface WarmOptions<T> extends Omit<CacheCallOptions, 'signal'> {
  /** Computes the value of a key. Needed where the source has keys alone. */
  factory?: (key: string, context: FactoryContext<T>) => Awaitable<T | undefined | Skip<T> | NotModified>;
  /** Keys that are loaded at once. 1 to 1,000; default 8. */
  concurrency?: number;
  /** Keys that are begun in a second at most. Default: no limit. */
  ratePerSecond?: number;
  /** Leaves keys alone that have a fresh value. Default true. */
  skipFresh?: boolean;
  /** Called after each key. */
  onProgress?: (report: WarmReport) => void;
  /** Ends the warming early. The report says so. */
  signal?: AbortSignalLike;
}

/**
 * What `warm` has done.
 * @example
 * import type { WarmReport } from 'orgcache';
 * const isWhole = ({ failed, aborted }: WarmReport) => failed === 0 && !aborted;
 */
export interface WarmReport {
  /** Keys that have a value from this warming. */
  readonly loaded: number;
  /** Keys that had a fresh value, or whose factory answered nothing to keep. */
  readonly skipped: number;
  /** Keys whose factory or write failed. */
  readonly failed: number;
  /** Whether `signal` ended it. */
  readonly aborted: boolean;
}

/**
 * Keys, or keys with their values.
 * @example
 * import type { WarmSource } from 'orgcache';
 * const source: WarmSource<number> = [['one', 1], ['two', 2]];
 */
export type WarmSource<T> =
  | Iterable<string | readonly [string, T]>
  | AsyncIterable<string | readonly [string, T]>;

/**
 * The entries of one organization in one cache. No call reads, changes or counts entries of another.
 *
 * A key is a text of 1 byte or more. With prefix, organization and names it has at most 1024 bytes in Redis, else `E_KEY`. Calls reject with `E_CLOSED` after a shutdown.
 * @example
 * import { createCache, type OrganizationCache } from 'orgcache';
 * const users = createCache<{ name: string }>({ name: 'users' });
 * const mine: OrganizationCache<{ name: string }> = users.org('org-1');
 */
export interface OrganizationCache<T> {
  /** The value; undefined if none is cached. null is a value. */
  get(key: string, options?: CacheCallOptions): Promise<T | undefined>;
  /** The values of these keys, in their order. */
  getMany(keys: readonly string[], options?: CacheCallOptions): Promise<(T | undefined)[]>;
  /** Whether `get` would answer a value. */
  has(key: string, options?: CacheCallOptions): Promise<boolean>;
  /**
   * The value if this process has it in its memory, at once: a copy, or the value itself without Redis. Asks Redis
   * nothing.
   */
  peek(key: string): T | undefined;
  /**
   * The value. If none is cached, the factory computes it, once in the whole fleet, and it is kept. Callers of one key
   * share one factory. Rejects with the factory's own error, with `E_FACTORY_TIMEOUT` after `hardTimeoutMs`, and with
   * `E_REENTRANT` where the factory of a key asks for that key.
   */
  getOrSet<R extends T | undefined>(
    key: string,
    factory: Factory<T, R>,
    options?: CacheCallOptions,
  ): Promise<R>;
  /**
   * The values of these keys. `factory` is called once, with the keys that are missing and that nobody else computes. The
   * answer has no entry for a key that is not there.
   */
  getOrSetMany(
    keys: readonly string[],
    factory: ManyFactory<T>,
    options?: CacheCallOptions,
  ): Promise<Map<string, T>>;
  /** Runs the factory though the value is fresh, and keeps what it answers. A factory that began earlier is not kept. */
  refresh<R extends T | undefined>(
    key: string,
    factory: Factory<T, R>,
    options?: CacheCallOptions,
  ): Promise<R>;
  /** Keeps a value. Whether it was stored. */
  set(key: string, value: T, options?: CacheCallOptions): Promise<boolean>;
  /** Keeps values. Whether each was stored, in their order. */
  setMany(entries: Iterable<readonly [string, T]>, options?: CacheCallOptions): Promise<boolean[]>;
  /** Forgets a value. Whether there was one. */
  delete(key: string, options?: CacheCallOptions): Promise<boolean>;
  /** Forgets values. How many there were. */
  deleteMany(keys: readonly string[], options?: CacheCallOptions): Promise<number>;
  /** Answers a value and forgets it, in one step. */
  pull(key: string, options?: CacheCallOptions): Promise<T | undefined>;
  /** Makes a value stale. It may still answer for its `graceSeconds`. Whether there was one. */
  expire(key: string, options?: CacheCallOptions): Promise<boolean>;
  /** Forgets every value that has one of these tags, in each cache of the organization. One write, whatever it hits. */
  invalidateTags(tags: readonly string[], options?: CacheCallOptions): Promise<void>;
  /** Makes every value stale that has one of these tags, in each cache of the organization. */
  expireTags(tags: readonly string[], options?: CacheCallOptions): Promise<void>;
  /**
   * Runs `change`, such as a write to the database, and forgets what it names, also when `change` throws. Meanwhile
   * nothing is kept under these keys and tags, so no value that was read before the change outlives it.
   */
  mutate<R>(what: MutationTargets, change: () => Promise<R>): Promise<R>;
  /** Forgets all entries, of this namespace alone if it is one. How many there were. */
  clear(options?: CacheCallOptions): Promise<{ entries: number }>;
  /** The keys that have a value, in no order. */
  keys(): AsyncIterableIterator<string>;
  /** Entries whose keys are apart from all others. `clear()` and `keys()` of it concern it alone. */
  namespace(name: string): OrganizationCache<T>;
  /**
   * The answer of a query, kept under its text and parameters, with the serializer `v8`. `tables` are the tables it
   * reads: `invalidateTables` and `mutate` name them. Only a query that reads and locks nothing is allowed, else `E_QUERY`.
   * `unknown`: parameters are what the database's driver takes.
   */
  cacheQuery<R>(
    sql: string,
    params: readonly unknown[],
    fetch: () => Promise<R>,
    options: CacheCallOptions & { tables: readonly string[] },
  ): Promise<R>;
  /** Loads values ahead. Goes on after failures. Rejects only for options that are not allowed. */
  warm(source: WarmSource<T>, options?: WarmOptions<T>): Promise<WarmReport>;
}

/**
 * What a cache has answered in this process since it was made.
 * @example
 * import { createCache, type NamedCacheStats } from 'orgcache';
 * const { hits, misses }: NamedCacheStats = await createCache({ name: 'users' }).stats();
 */
export interface NamedCacheStats {
  readonly name: string;
  /** Answers from the memory of this process (`near`) and from Redis, and of kept `undefined`s. */
  readonly hits: { readonly near: number; readonly redis: number; readonly negative: number };
  /** Stale values that answered. */
  readonly stale: number;
  readonly misses: number;
  /** Factories by their end. `unkept`: their value went to their callers alone. */
  readonly factories: {
    readonly kept: number;
    readonly unkept: number;
    readonly failed: number;
    readonly timedOut: number;
    readonly background: number;
  };
}

/**
 * A cache. It is on the connection of its instance, and connects with its first call.
 * @example
 * import { createCache } from 'orgcache';
 * const users = createCache<{ name: string }>({ name: 'users', ttlSeconds: 300 });
 * const user = await users.org('org-1').getOrSet('7', async () => ({ name: 'Ada' }));
 */
export interface Cache<T> {
  /** The entries of one organization. Throws `E_KEY` for undefined, null and the empty text: `global()` is apart. */
  org(id: string): OrganizationCache<T>;
  /** The entries of no organization. */
  global(): OrganizationCache<T>;
  /** What it has answered in this process. */
  stats(): Promise<NamedCacheStats>;
}

/**
 * A cache by name. Throws `E_CONFIG` for an option that is not allowed, and if another cache of this name has another
 * `serializer`.
 * `unknown`: the type of the values, where the caller names none.
 * @example
 * import { createCache } from 'orgcache';
 * const greetings = createCache<string>({ name: 'greetings', ttlSeconds: 60 });
 * console.log(await greetings.org('org-1').getOrSet('en', () => 'Hello'));
 * // => Hello
 */
export function createCache<T = unknown>(options: CacheOptions): Cache<T>;

/**
 * Forgets every query that reads one of these tables: those of `org`, or of all organizations and the global scope.
 * @example
 * import { invalidateTables } from 'orgcache';
 * await invalidateTables(['orders', 'order_items'], { org: 'org-1' });
 */
export function invalidateTables(tables: readonly string[], options?: { org?: string }): Promise<void>;

export {};
