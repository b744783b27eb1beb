import { EventEmitter } from 'node:events';
import type { SessionStoreOptions, StoreCallback } from '../../types/session-store.js';

export type { SessionSerializer, SessionStoreOptions, StoreCallback } from '../../types/session-store.js';

/**
 * A store of @fastify/session. Without a callback its methods answer promises.
 * @example
 * import { SessionStore } from 'orgcache/fastify-session';
 * const store = new SessionStore({ prefix: 'app:sess:' });
 */
export class SessionStore extends EventEmitter {
  constructor(options?: SessionStoreOptions);
  /**
   * A session, or null.
   * `any`: sessions have the fields of the application.
   */
  get(id: string): Promise<any>;
  /** `any`: sessions have the fields of the application. */
  get(id: string, callback: StoreCallback<any>): void;
  /**
   * Writes a session, unless it was destroyed within the last ten minutes.
   * `any`: sessions have the fields of the application.
   */
  set(id: string, session: any): Promise<null>;
  /** `any`: sessions have the fields of the application. */
  set(id: string, session: any, callback?: StoreCallback<null>): void;
  /** Removes a session. Requests that still hold it do not write it for ten minutes. */
  destroy(id: string): Promise<null>;
  destroy(id: string, callback?: StoreCallback<null>): void;
}
