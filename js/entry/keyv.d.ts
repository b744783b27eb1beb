import { EventEmitter } from 'node:events';
import type { OrgCache } from '../../index.js';

/**
 * Options of both stores.
 * @example
 * import { createInstance } from 'orgcache';
 * import type { KeyvStoreOptions } from 'orgcache/keyv';
 * const options: KeyvStoreOptions = { instance: createInstance({ url: 'redis://cache.internal' }) };
 */
export interface KeyvStoreOptions {
  /** The instance whose connection the store uses. By default that of the package. */
  instance?: OrgCache;
  /** The namespace, unless Keyv gives one. */
  namespace?: string;
}

/**
 * A value that Keyv 6 stores.
 * @example
 * import type { KeyvEntry } from 'orgcache/keyv';
 * const entry: KeyvEntry = { key: 'a', value: '{"value":1}', expires: Date.now() + 1000 };
 */
export interface KeyvEntry {
  key: string;
  /** `unknown`: Keyv gives a text. Other values are refused with `E_SERIALIZE`. */
  value: unknown;
  /** Milliseconds since 1970. Without it the value has no end. */
  expires?: number | undefined;
}

/**
 * What Keyv 6 asks a store about itself.
 * @example
 * import { type KeyvStoreCapabilities, KeyvStore } from 'orgcache/keyv';
 * const { expires }: KeyvStoreCapabilities = new KeyvStore().capabilities;
 */
export interface KeyvStoreCapabilities {
  compatible: true;
  store: 'keyvStorage';
  methods: Record<
    | 'get'
    | 'getMany'
    | 'has'
    | 'hasMany'
    | 'set'
    | 'setMany'
    | 'delete'
    | 'deleteMany'
    | 'clear'
    | 'disconnect'
    | 'iterator',
    { exists: boolean; methodType: 'sync' | 'async' | 'none' }
  >;
  /** The store takes the time at which a value ends. */
  expires: true;
}

/**
 * What both stores have in common. While Redis is away reads answer at once that there is nothing, and writes reject
 * at once with `E_CONNECT`, which Keyv reports as its event `error`. The stores themselves emit nothing.
 * @example
 * import type { KeyvStoreBase } from 'orgcache/keyv';
 * const count = async (store: KeyvStoreBase, keys: string[]) => (await store.hasMany(keys)).filter(Boolean).length;
 */
export interface KeyvStoreBase extends EventEmitter {
  /** Keyv sets it. Each namespace needs a store of its own. */
  namespace?: string | undefined;
  /**
   * The text that Keyv has stored.
   * `any`: the type of the value is the caller's.
   */
  get(key: string): Promise<any>;
  /**
   * The texts in the order of their keys.
   * `any`: the types of the values are the caller's.
   */
  getMany(keys: readonly string[]): Promise<any[]>;
  /** Whether there is a value. */
  has(key: string): Promise<boolean>;
  /** Whether there is a value for each key. */
  hasMany(keys: readonly string[]): Promise<boolean[]>;
  /** Whether there was a value. */
  delete(key: string): Promise<boolean>;
  /** Removes all keys of the namespace, with SCAN and UNLINK. */
  clear(): Promise<void>;
  /** Closes nothing: the connection is that of the instance. */
  disconnect(): Promise<void>;
  /**
   * Keys and texts of the namespace.
   * `any`: the types of the values are the caller's.
   */
  iterator(): AsyncGenerator<[key: string, value: any], void>;
}

/**
 * A store for Keyv 6, on the connection of the package and under its prefix.
 * @example
 * import { KeyvStore } from 'orgcache/keyv';
 * const store = new KeyvStore({ namespace: 'sessions' });
 */
export class KeyvStore extends EventEmitter implements KeyvStoreBase {
  constructor(options?: KeyvStoreOptions);
  namespace?: string | undefined;
  readonly capabilities: KeyvStoreCapabilities;
  /**
   * The listeners of an event, as Keyv 6 declares them.
   * `any`: events may have any details.
   */
  listeners(event: string | symbol): ((...details: any[]) => void)[];
  /**
   * The same with the wrappers of `once`.
   * `any`: events may have any details.
   */
  rawListeners(event: string | symbol): ((...details: any[]) => void)[];
  /**
   * The text that Keyv has stored.
   * `any`: the type of the value is the caller's.
   */
  get(key: string): Promise<any>;
  /**
   * The texts in the order of their keys.
   * `any`: the types of the values are the caller's.
   */
  getMany(keys: readonly string[]): Promise<any[]>;
  /** Whether there is a value. */
  has(key: string): Promise<boolean>;
  /** Whether there is a value for each key. */
  hasMany(keys: readonly string[]): Promise<boolean[]>;
  /**
   * Stores a text until `expires`, in milliseconds since 1970.
   * `unknown`: other values than texts are refused.
   */
  set(key: string, value: unknown, expires?: number): Promise<boolean>;
  /** Stores several texts. */
  setMany(entries: readonly KeyvEntry[]): Promise<boolean[]>;
  /** Whether there was a value. */
  delete(key: string): Promise<boolean>;
  /** Whether there was a value for each key. */
  deleteMany(keys: readonly string[]): Promise<boolean[]>;
  /** Removes all keys of the namespace. */
  clear(): Promise<void>;
  /** Closes nothing: the connection is that of the instance. */
  disconnect(): Promise<void>;
  /**
   * Keys and texts of the namespace.
   * `any`: the types of the values are the caller's.
   */
  iterator(): AsyncGenerator<[key: string, value: any], void>;
}

/**
 * A store for Keyv 5, and so for cache-manager 7 and the `CacheModule` of NestJS.
 * @example
 * import { Keyv5Store } from 'orgcache/keyv';
 * const store = new Keyv5Store();
 */
export class Keyv5Store extends EventEmitter implements KeyvStoreBase {
  constructor(options?: KeyvStoreOptions);
  namespace?: string | undefined;
  /**
   * Facts by which Keyv 5 knows that the store can iterate.
   * `any`: as Keyv declares it.
   */
  opts: any;
  /**
   * The text that Keyv has stored.
   * `any`: the type of the value is the caller's.
   */
  get(key: string): Promise<any>;
  /**
   * The texts in the order of their keys.
   * `any`: the types of the values are the caller's.
   */
  getMany(keys: readonly string[]): Promise<any[]>;
  /** Whether there is a value. */
  has(key: string): Promise<boolean>;
  /** Whether there is a value for each key. */
  hasMany(keys: readonly string[]): Promise<boolean[]>;
  /**
   * Stores a text for `ttl` milliseconds.
   * `unknown`: other values than texts are refused.
   */
  set(key: string, value: unknown, ttl?: number): Promise<boolean>;
  /** Whether there was a value. */
  delete(key: string): Promise<boolean>;
  /** Whether there was a value for one of the keys. */
  deleteMany(keys: readonly string[]): Promise<boolean>;
  /** Removes all keys of the namespace. */
  clear(): Promise<void>;
  /** Closes nothing: the connection is that of the instance. */
  disconnect(): Promise<void>;
  /**
   * Keys and texts of the namespace.
   * `any`: the types of the values are the caller's.
   */
  iterator(): AsyncGenerator<[key: string, value: any], void>;
}
