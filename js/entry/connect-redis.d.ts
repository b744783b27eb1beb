import { EventEmitter } from 'node:events';
import type {
  ExpressSessionStore,
  RedisStoreOptions,
  SessionSerializer,
  StoreCallback,
} from '../../types/session-store.js';

export type {
  ExpressSessionStore,
  RedisStoreOptions,
  SessionSerializer,
  SessionStoreOptions,
  StoreCallback,
} from '../../types/session-store.js';

/**
 * The store of connect-redis 9, with its options, properties and keys. The package express-session must be installed.
 * @example
 * import { RedisStore } from 'orgcache/connect-redis';
 * const store = new RedisStore({ prefix: 'app:sess:' });
 */
export class RedisStore extends EventEmitter implements ExpressSessionStore {
  constructor(options?: RedisStoreOptions);
  /** `any`: the option of that name. */
  client: any;
  prefix: string;
  scanCount: number;
  serializer: SessionSerializer;
  /** `any`: sessions have the fields of the application. */
  ttl: number | ((session: any) => number);
  disableTTL: boolean;
  disableTouch: boolean;
  /**
   * Ends the session of a request and gives it another one.
   * `any`: requests have the types of the framework.
   */
  regenerate(request: any, callback: (error?: any) => any): void;
  /**
   * Loads a session as the class of express-session.
   * `any`: sessions have the fields of the application.
   */
  load(id: string, callback: (error: any, session?: any) => any): void;
  /**
   * The session of a request, of what was loaded.
   * `any`: requests and sessions have the types of the framework.
   */
  createSession(request: any, session: any): any;
  /**
   * A session, or null.
   * `any`: sessions have the fields of the application.
   */
  get(id: string): Promise<any>;
  /** `any`: sessions have the fields of the application. */
  get(id: string, callback: StoreCallback<any>): void;
  /**
   * Writes a session, unless it was destroyed since it was loaded.
   * `any`: sessions have the fields of the application.
   */
  set(id: string, session: any): Promise<null>;
  /** `any`: sessions have the fields of the application. */
  set(id: string, session: any, callback?: StoreCallback<null>): void;
  /**
   * Lets a session live on.
   * `any`: sessions have the fields of the application.
   */
  touch(id: string, session: any): Promise<null>;
  /** `any`: sessions have the fields of the application. */
  touch(id: string, session: any, callback?: StoreCallback<null>): void;
  /** Removes a session. Requests that still hold it do not write it for ten minutes. */
  destroy(id: string): Promise<null>;
  destroy(id: string, callback?: StoreCallback<null>): void;
  /**
   * Up to `limit` sessions (10000), each with its name behind the prefix as `id`.
   * `any`: sessions have the fields of the application.
   */
  all(options?: { limit?: number }): Promise<any[]>;
  /** `any`: sessions have the fields of the application. */
  all(callback: StoreCallback<any[]>): void;
  /** `any`: sessions have the fields of the application. */
  all(options: { limit?: number }, callback: StoreCallback<any[]>): void;
  /** How many sessions there are. */
  length(): Promise<number>;
  length(callback: StoreCallback<number>): void;
  /** The names of all sessions behind the prefix: ids, or their hashes. */
  ids(): Promise<string[]>;
  ids(callback: StoreCallback<string[]>): void;
  /** Removes all sessions of the prefix. */
  clear(): Promise<null>;
  clear(callback?: StoreCallback<null>): void;
  /**
   * All sessions, in pages.
   * `any`: sessions have the fields of the application.
   */
  [Symbol.asyncIterator](): AsyncGenerator<any, void>;
}
