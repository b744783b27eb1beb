import type { Sessions } from '../../index.js';

/**
 * What is known of a session. Times are milliseconds since 1970 of the server's clock.
 * @example
 * import type { SessionRecord } from 'orgcache/session-service';
 * const isOld = ({ createdAt }: SessionRecord, now: number) => now - createdAt > 3_600_000;
 */
export interface SessionRecord {
  /** The secret that opens the session. In `getUserSessions` it only names it. */
  sessionId: string;
  userId: string;
  createdAt: number;
  lastAccessed: number;
  expiresAt: number;
  /** Always true. `updateSession` with false ends the session. */
  isActive: boolean;
  userAgent?: string;
  ipAddress?: string;
  /** `any`: an application may keep anything that is JSON. */
  metadata: Record<string, any>;
  /** Other fields that an application has added. `any`: they may be anything that is JSON. */
  [field: string]: any;
}

/**
 * Options of a new session. Those of the cookie count for {@link SessionService.cookie}.
 * @example
 * import type { CreateSessionOptions } from 'orgcache/session-service';
 * const options: CreateSessionOptions = { ttl: 3600, sameSite: 'strict' };
 */
export interface CreateSessionOptions {
  /** Seconds, from 1 to 34,560,000. Default 86,400. */
  ttl?: number;
  /** Default true. */
  secure?: boolean;
  /** Default true. */
  httpOnly?: boolean;
  /** Default `lax`. */
  sameSite?: 'strict' | 'lax' | 'none';
}

/**
 * Options of {@link createSessionService}.
 * @example
 * import type { SessionServiceOptions } from 'orgcache/session-service';
 * const options: SessionServiceOptions = { legacyDb: 2, idleSeconds: 3600 };
 */
export interface SessionServiceOptions {
  /** 32 bytes or more, or a list of such texts with the newest first. Default: the variable `SESSION_SECRET`. */
  secret?: string | readonly string[];
  /** A session ends so long after its last use. Default 1800. */
  idleSeconds?: number;
  /**
   * The database in which the service before kept its sessions. Each is read once and moves. Default: the variable
   * `REDIS_SESSION_DB`, else there is none.
   */
  legacyDb?: number;
}

/**
 * Options of the middleware.
 * @example
 * import type { SessionMiddlewareOptions } from 'orgcache/session-service';
 * const options: SessionMiddlewareOptions = { required: true };
 */
export interface SessionMiddlewareOptions {
  /** The property of the request that has its session, or null. Default `session`. */
  property?: string;
  /** Answers 401 to a request without a session. Default false. */
  required?: boolean;
  /** The cookie that has the id. Default `sessionId`. */
  cookieName?: string;
}

/**
 * Sessions of all users.
 * @example
 * import type { SessionServiceStats } from 'orgcache/session-service';
 * const line = ({ totalActive }: SessionServiceStats) => `${totalActive} sessions`;
 */
export interface SessionServiceStats {
  totalActive: number;
  /** Sessions that have ended and are still in Redis. */
  totalExpired: number;
  /** Bytes of the server's data. */
  memoryUsage: number;
}

/**
 * Whether Redis answers.
 * @example
 * import type { SessionServiceHealth } from 'orgcache/session-service';
 * const isHealthy = ({ status }: SessionServiceHealth) => status === 'healthy';
 */
export interface SessionServiceHealth {
  status: 'healthy' | 'unhealthy';
  connected: boolean;
  stats: SessionServiceStats;
}

/**
 * Sessions with the names of a service that many servers have. While Redis is away calls answer null, false, 0 or `[]`, and
 * `createSession` rejects. Calls reject with `E_KEY`, `E_ARGUMENT`, `E_CONFIG` or `E_SERIALIZE` for a caller's mistake.
 * @example
 * import type { SessionService } from 'orgcache/session-service';
 * const logOut = (service: SessionService, user: string) => service.deleteUserSessions(user);
 */
export interface SessionService {
  /** The sessions beneath, for rotations, watching and other things that this service has no method for. */
  readonly sessions: Sessions;
  /** A new session. Rejects with `Session Redis not connected` while Redis is away. */
  createSession(
    userId: string,
    options?: CreateSessionOptions,
    device?: { userAgent?: string; ipAddress?: string },
  ): Promise<SessionRecord>;
  /** The session, or null. It counts as a use. */
  getSession(sessionId: string): Promise<SessionRecord | null>;
  /**
   * Stores what has changed of a record: metadata, further fields, `expiresAt`. Changes of others stay. False if the session
   * has ended, and for a record of another user; then nothing is stored.
   */
  updateSession(record: SessionRecord): Promise<boolean>;
  /** Ends a session, also one that `getUserSessions` named. True also if there was none. */
  deleteSession(sessionId: string): Promise<boolean>;
  /** Ends all sessions of a user in one step. How many there were, of the 10,000 newest. */
  deleteUserSessions(userId: string): Promise<number>;
  /** Lets a session end so many seconds from now on. Default 86,400. */
  extendSession(sessionId: string, seconds?: number): Promise<boolean>;
  /** The sessions of a user, newest first, 10,000 at most. Their `sessionId` names a session and opens nothing. */
  getUserSessions(userId: string): Promise<SessionRecord[]>;
  /** Whether the session lives. It counts as a use. */
  validateSession(sessionId: string): Promise<boolean>;
  /** Adds fields to the metadata. `unknown`: a field may be anything that is JSON. */
  updateSessionMetadata(sessionId: string, fields: Record<string, unknown>): Promise<boolean>;
  /** Removes sessions that have ended, which go by themselves too. How many there were. */
  cleanupExpiredSessions(): Promise<number>;
  /** Counts the sessions of all users, a step of the server for each user. */
  getSessionStats(): Promise<SessionServiceStats>;
  /** Asks the server. */
  healthCheck(): Promise<SessionServiceHealth>;
  /**
   * Middleware for express: sets `request.session`, and the cookie of a session that has moved or ended. While Redis is away
   * it passes an error with the status 503 on. `any`: requests have the types of the framework, which is no dependency.
   */
  createMiddleware(
    options?: SessionMiddlewareOptions,
  ): (request: any, response: any, next: (error?: any) => void) => Promise<void>;
  /** The value of a Set-Cookie header for a record of `createSession`; of null, one that ends the cookie. */
  cookie(record: SessionRecord | null, cookieName?: string): string;
}

/**
 * The service, on the connection of the cache. `SESSION_SECRET` is its secret.
 * @example
 * import { sessionService } from 'orgcache/session-service';
 * const { sessionId } = await sessionService.createSession('u-1');
 */
export const sessionService: SessionService;

/**
 * Another service with options of its own, over the same sessions.
 * @example
 * import { createSessionService } from 'orgcache/session-service';
 * const service = createSessionService({ legacyDb: 2 });
 */
export function createSessionService(options?: SessionServiceOptions): SessionService;

/**
 * The same service.
 * @example
 * import sessionService from 'orgcache/session-service';
 * const session = await sessionService.getSession('an id');
 */
export default sessionService;
