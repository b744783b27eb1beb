import { EventEmitter } from 'node:events';
import type { ExpressSessionStore, RedisStoreOptions, SessionSerializer } from '../../types/session-store.js';

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
export class RedisStore extends EventEmitter {
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
}

export interface RedisStore extends ExpressSessionStore {}
