import type { EventEmitter } from 'node:events';
import type { OrgCache } from '../index.js';

/**
 * Called with an error, or with null and the answer.
 * `any`: errors are those of the package, of the client or of the serializer.
 * @example
 * import type { StoreCallback } from 'orgcache/express-session';
 * const print: StoreCallback<number> = (error, count) => console.log(error ?? count);
 */
export type StoreCallback<Answer> = (error?: any, answer?: Answer) => void;

/**
 * Makes texts of sessions and reads them.
 * @example
 * import type { SessionSerializer } from 'orgcache/express-session';
 * const serializer: SessionSerializer = JSON;
 */
export interface SessionSerializer {
  /**
   * A session, or a promise of one.
   * `any`: sessions have the fields of the application.
   */
  parse(text: string): any;
  /** `any`: sessions have the fields of the application. */
  stringify(session: any): string;
}

/**
 * Options of the stores for express-session and @fastify/session.
 * @example
 * import { SessionStore, type SessionStoreOptions } from 'orgcache/express-session';
 * const options: SessionStoreOptions = { onConflict: 'error', touchSeconds: 30 };
 * const store = new SessionStore(options);
 */
export interface SessionStoreOptions {
  /**
   * A client of this package, of ioredis or of node-redis. Default: the connection of the package.
   * `any`: the libraries are no dependencies of the package.
   */
  client?: any;
  /** The instance whose connection the store uses where it has no `client`. Default: that of the package. */
  instance?: OrgCache;
  /** How all keys begin. On the connection of the package its prefix stands before. Default `sess:`. */
  prefix?: string;
  /** Keys end with a hash of the session's id, or with the id itself. Default `hashed`. */
  layout?: 'hashed' | 'plain';
  /**
   * Seconds for which a session lives whose cookie has no end, or a function that answers them for every session.
   * Default 86400.
   * `any`: sessions have the fields of the application.
   */
  ttl?: number | ((session: any) => number);
  /** Default `JSON`. */
  serializer?: SessionSerializer;
  /**
   * What happens to a session that was changed by others since it was loaded: `merge` writes only what this session has
   * changed; `overwrite` writes all of it; `error` answers `E_CONFLICT`. Default `merge`.
   */
  onConflict?: 'merge' | 'overwrite' | 'error';
  /** Seconds for which a touch may be put off, at most a quarter of the session's lifetime. Default 60. */
  touchSeconds?: number;
  /** Milliseconds after which a call on a client of ioredis or node-redis fails with `E_TIMEOUT`. Default 5000. */
  timeoutMs?: number;
  /** The COUNT of scans. Default 100. */
  scanCount?: number;
}

/**
 * Options of the store that takes the place of connect-redis.
 * @example
 * import { RedisStore, type RedisStoreOptions } from 'orgcache/connect-redis';
 * const options: RedisStoreOptions = { prefix: 'app:sess:', ttl: 3600 };
 * const store = new RedisStore(options);
 */
export interface RedisStoreOptions extends Omit<SessionStoreOptions, 'layout'> {
  /** Keys have no expiry, and stay until they are removed. */
  disableTTL?: boolean;
  /** `touch` does nothing. */
  disableTouch?: boolean;
}

/**
 * The methods of the stores for express-session. Without a callback they answer promises.
 * @example
 * import { SessionStore, type ExpressSessionStore } from 'orgcache/express-session';
 * const count = (store: ExpressSessionStore) => store.length();
 * console.log(await count(new SessionStore()));
 */
export interface ExpressSessionStore extends EventEmitter {
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
