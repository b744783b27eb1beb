import { EventEmitter } from 'node:events';
import type { ExpressSessionStore, SessionStoreOptions } from '../../types/session-store.js';

export type {
  ExpressSessionStore,
  SessionSerializer,
  SessionStoreOptions,
  StoreCallback,
} from '../../types/session-store.js';

/**
 * A store of express-session. The package express-session must be installed.
 * @example
 * import { SessionStore } from 'orgcache/express-session';
 * const store = new SessionStore({ touchSeconds: 30 });
 */
export class SessionStore extends EventEmitter {
  constructor(options?: SessionStoreOptions);
}

export interface SessionStore extends ExpressSessionStore {}
