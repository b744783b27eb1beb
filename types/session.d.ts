import type { AbortSignalLike, OrganizationId } from '../index.js';

/**
 * The cookie that carries an id. What is left out is as a browser takes it for `__Host-`: one host, all paths, TLS alone.
 * @example
 * import type { SessionCookieOptions } from 'orgcache';
 * const cookie: SessionCookieOptions = { name: '__Secure-id', domain: 'example.com', persistent: true };
 */
export interface SessionCookieOptions {
  /** Default `__Host-id`, or `id` with `insecure`. */
  name?: string;
  /** Sends the cookie to subdomains too. Needs another name than `__Host-...`. Default: none. */
  domain?: string;
  /** Default `/`. */
  path?: string;
  /** Default `lax`. */
  sameSite?: 'lax' | 'strict' | 'none';
  /** Lets the cookie outlive the browser's window, until the session's absolute end. Default false. */
  persistent?: boolean;
  /** Sends the cookie without TLS too. Refused where `NODE_ENV` is `production`. Default false. */
  insecure?: boolean;
}

/**
 * Options of {@link createSessions}. Numbers are whole.
 * @example
 * import type { SessionOptions } from 'orgcache';
 * const options: SessionOptions = { secret: process.env.SESSION_SECRET ?? '', idleSeconds: 900, maxPerUser: 5 };
 */
export interface SessionOptions {
  /**
   * 32 bytes or more. Of several the first makes ids and all are read, so that a secret can be replaced without a logout.
   * Default: the variable `SESSION_SECRET`.
   */
  secret?: string | readonly string[];
  /** Sessions of different namespaces know nothing of each other. Default `default`. */
  namespace?: string;
  /** A session ends so long after its last use. Default 1800. */
  idleSeconds?: number;
  /** A session ends so long after its creation, however much it is used; 400 days at most. Default 43,200. */
  absoluteSeconds?: number;
  /**
   * Uses are noted so often, so a session ends between `idleSeconds` and `idleSeconds + touchSeconds` after its last use. A
   * quarter of `idleSeconds` at most. Default 60.
   */
  touchSeconds?: number;
  /** The old id opens the session so long after a rotation; 300 at most. Default 30. */
  graceSeconds?: number;
  /** Bytes of a session's data as JSON; 1 MiB at most. Default 65,536. */
  maxBytes?: number;
  /** Sessions that a user may have; 100 at most, and 8 MiB of data together. 0: any number. Default 0. */
  maxPerUser?: number;
  /** With all of them: the oldest goes, or `create` rejects with `E_LIMIT`. Default `evict`. */
  onMaxPerUser?: 'evict' | 'reject';
  /**
   * While Redis is away, reads reject; with `recent` they answer what this process read within `recentSeconds`, marked
   * `stale`. Default `reject`.
   */
  onRedisDown?: 'reject' | 'recent';
  /** Default 60. */
  recentSeconds?: number;
  /** A wrong fingerprint is reported as an event, or answered like no session, or ends the session. Default `report`. */
  onMismatch?: 'report' | 'reject' | 'destroy';
  cookie?: SessionCookieOptions;
}

/**
 * The data of a session whose shape nobody has named. `unknown`: an application may keep anything that is JSON.
 * @example
 * import type { SessionData } from 'orgcache';
 * const empty: SessionData = {};
 */
export type SessionData = Record<string, unknown>;

/**
 * A session, as it was when it was read. Times are of the server's clock.
 * @example
 * import type { Session } from 'orgcache';
 * const isLoggedIn = (session: Session | null) => session?.userId != null;
 */
export interface Session<Data extends object = SessionData> {
  /** The secret that opens the session, as it was given or made. Send it in the cookie alone. */
  id: string;
  /** Names the session and opens nothing: for logs, lists and {@link Sessions.destroy}. */
  ref: string;
  userId: string | null;
  organizationId: string | null;
  data: Data;
  /** Grows with each change of the data. */
  version: number;
  createdAt: Date;
  /** When the user proved who it is: at the creation, at a login, at a rotation with `authenticated`. */
  authenticatedAt: Date;
  seenAt: Date;
  idleEndsAt: Date;
  endsAt: Date;
  userAgent?: string;
  ip?: string;
  /** The session has this id from now on: set its cookie. The id that was given ends with its grace. */
  renewedId?: string;
  /** Redis is away, and this is what the process read before. */
  stale: boolean;
}

/**
 * A session as lists have it: without its id.
 * @example
 * import type { SessionInfo } from 'orgcache';
 * const line = ({ userAgent, seenAt }: SessionInfo) => `${userAgent}, ${seenAt.toISOString()}`;
 */
export interface SessionInfo<Data extends object = SessionData> {
  ref: string;
  createdAt: Date;
  authenticatedAt: Date;
  seenAt: Date;
  idleEndsAt: Date;
  endsAt: Date;
  userAgent?: string;
  ip?: string;
  /** Only where {@link ListSessions.data} asks for it. */
  data?: Data;
}

/**
 * Options of calls that take no others.
 * @example
 * import type { SessionCallOptions } from 'orgcache';
 * const options: SessionCallOptions = { signal: AbortSignal.timeout(100) };
 */
export interface SessionCallOptions {
  /** Rejects the call as soon as it aborts. What was sent may still run. */
  signal?: AbortSignalLike | null;
}

/**
 * Options of {@link Sessions.create}.
 * @example
 * import type { CreateSession } from 'orgcache';
 * const options: CreateSession<{ cart: string[] }> = { userId: 'u-1', organizationId: 'o-1', data: { cart: [] } };
 */
export interface CreateSession<Data extends object = SessionData> extends SessionCallOptions {
  /** Left out, the session is nobody's, until a login by {@link Sessions.rotate}. */
  userId?: string;
  /** The same user in two organizations is two users. */
  organizationId?: OrganizationId;
  /** An object of JSON. Default `{}`. */
  data?: Data;
  /** Shown in lists; 512 bytes of it are kept. */
  userAgent?: string;
  /** Shown in lists. */
  ip?: string;
  /** Anything that a thief of the id would not send alike. Redis has a code of it alone. */
  fingerprint?: string;
  /** Shorter than the room's. */
  idleSeconds?: number;
  /** Shorter than the room's. */
  absoluteSeconds?: number;
}

/**
 * Options of {@link Sessions.get} and {@link Sessions.check}.
 * @example
 * import type { GetSession } from 'orgcache';
 * const options: GetSession = { fingerprint: 'a browser', touch: false };
 */
export interface GetSession extends SessionCallOptions {
  /** Compared with that of the session, if it has one. */
  fingerprint?: string;
  /** Whether this is a use of the session. Default true. */
  touch?: boolean;
}

/**
 * What became of a check.
 * @example
 * import type { SessionCheck } from 'orgcache';
 * const isForged = ({ reason }: SessionCheck) => reason === 'malformed';
 */
export interface SessionCheck<Data extends object = SessionData> {
  session: Session<Data> | null;
  /**
   * `malformed`: no secret of the room made the id. `unknown`: the session has ended, or never was. `mismatch`: the
   * fingerprint is wrong, and `onMismatch` is not `report`.
   */
  reason: 'ok' | 'malformed' | 'unknown' | 'mismatch';
}

/**
 * Options of {@link Sessions.update}.
 * @example
 * import type { UpdateSession } from 'orgcache';
 * const options: UpdateSession = { ifVersion: 3 };
 */
export interface UpdateSession extends SessionCallOptions {
  /** Rejects with `E_CONFLICT` if the session has another version. */
  ifVersion?: number;
}

/**
 * Options of {@link Sessions.rotate}.
 * @example
 * import type { RotateSession } from 'orgcache';
 * const login: RotateSession = { userId: 'u-1' };
 */
export interface RotateSession<Data extends object = SessionData> extends SessionCallOptions {
  /** Logs this user in: the session is its own from now on, and the old id ends at once. */
  userId?: string;
  organizationId?: OrganizationId;
  /** Replaces the data. */
  data?: Data;
  /** The user has just proved who it is: `authenticatedAt` is now, and the old id ends at once. */
  authenticated?: boolean;
  /** How long the old id still opens the session. Default `graceSeconds` of the room. */
  graceSeconds?: number;
}

/**
 * Options of {@link Sessions.destroyAll}.
 * @example
 * import type { DestroyAll } from 'orgcache';
 * const others = (id: string): DestroyAll => ({ exceptId: id });
 */
export interface DestroyAll extends SessionCallOptions {
  organizationId?: OrganizationId;
  /** The session that stays. It must be the user's, or the call rejects with `E_KEY`. */
  exceptId?: string;
}

/**
 * Options of {@link Sessions.list}.
 * @example
 * import type { ListSessions } from 'orgcache';
 * const options: ListSessions = { organizationId: 'o-1', limit: 10 };
 */
export interface ListSessions extends SessionCallOptions {
  organizationId?: OrganizationId;
  /** 10,000 at most. Default 100. */
  limit?: number;
  /** Whether each session has its data. Default false. */
  data?: boolean;
}

/**
 * Options of {@link Sessions.extend}.
 * @example
 * import type { ExtendSession } from 'orgcache';
 * const aWeek: ExtendSession = { absoluteSeconds: 604_800 };
 */
export interface ExtendSession extends SessionCallOptions {
  /** The session ends so long from now on, at most that of the room. Default: that of the room. */
  absoluteSeconds?: number;
  /** At most that of the room. Default: as it is. */
  idleSeconds?: number;
}

/**
 * Options of {@link Sessions.count}.
 * @example
 * import type { CountSessions } from 'orgcache';
 * const options: CountSessions = { drop: true };
 */
export interface CountSessions extends SessionCallOptions {
  /** Whether sessions that have ended go at once. Default false. */
  drop?: boolean;
}

/**
 * All sessions of a namespace.
 * @example
 * import type { SessionCount } from 'orgcache';
 * const perUser = ({ users, live }: SessionCount) => (users === 0 ? 0 : live / users);
 */
export interface SessionCount {
  /** Users with a session that lives; a session of nobody counts as a user. */
  users: number;
  live: number;
  /** Sessions that have ended and are still in Redis. No call answers them. */
  ended: number;
}

/**
 * What sessions have done in this process, and how many users have some in all processes.
 * @example
 * import type { SessionStats } from 'orgcache';
 * const refused = ({ malformed, unknown }: SessionStats) => malformed + unknown;
 */
export interface SessionStats {
  namespace: string;
  /** Users with sessions; those of whom all were ended count until the latest would have ended. */
  users: number;
  created: number;
  read: number;
  updated: number;
  /** Updates that met a change of another process, and were made once more. */
  conflicts: number;
  rotated: number;
  destroyed: number;
  revoked: number;
  evicted: number;
  /** Ends that went to the journal, because Redis was away. */
  journalled: number;
  /** Reads that were answered from memory. */
  stale: number;
  malformed: number;
  unknown: number;
  mismatched: number;
  /** Creations that `maxPerUser` refused. */
  full: number;
  /** Reads that met bytes which are no session. */
  damaged: number;
  /** Uses that were noted in Redis. */
  touched: number;
}

/**
 * Something that happened to a session. It never holds an id.
 * @example
 * import type { SessionEvent } from 'orgcache';
 * const line = ({ event, ref }: SessionEvent) => `${event} ${ref}`;
 */
export interface SessionEvent {
  event: string;
  namespace: string;
  /** `null`: several sessions, or one that nobody can name. */
  ref: string | null;
}

/**
 * The events of sessions, with the arguments of their listeners. They tell what this process did.
 * @example
 * import type { SessionEvents } from 'orgcache';
 * const onMismatch = (...[{ ref }]: SessionEvents['mismatch']) => console.log(ref);
 */
export interface SessionEvents {
  created: [event: SessionEvent];
  rotated: [event: SessionEvent];
  destroyed: [event: SessionEvent];
  /** All sessions of a user, of an organization, or of all. */
  revoked: [event: SessionEvent];
  /** The oldest session of a user had to go for a new one. */
  evicted: [event: SessionEvent];
  mismatch: [event: SessionEvent];
  /** Redis is away. */
  degraded: [];
  recovered: [];
}

/**
 * A session that is watched.
 * @example
 * import type { WatchedSession } from 'orgcache';
 * const isOver = ({ signal }: WatchedSession) => signal.aborted;
 */
export interface WatchedSession {
  /** Aborts when the session has ended. */
  readonly signal: AbortSignal;
  /** Ends the watching. */
  close(): void;
}

/**
 * Options of the middleware.
 * @example
 * import type { SessionsMiddlewareOptions } from 'orgcache';
 * const options: SessionsMiddlewareOptions = { property: 'login' };
 */
export interface SessionsMiddlewareOptions {
  /** The property of the request that has its session, or null. Default `session`. */
  property?: string;
}

/**
 * Sessions of users. Reads reject while Redis is away and never answer null then: an outage is no logout.
 * @example
 * import type { Sessions } from 'orgcache';
 * const isKnown = async (sessions: Sessions, id: string) => (await sessions.get(id)) !== null;
 */
export interface Sessions<Data extends object = SessionData> extends AsyncDisposable {
  /** A new session with a new id. */
  create(options?: CreateSession<Data>): Promise<Session<Data>>;
  /** The session that an id opens, or null. Costs Redis nothing if no secret of the room made the id. */
  get(id: string, options?: GetSession): Promise<Session<Data> | null>;
  /** The same, and why there is none. */
  check(id: string, options?: GetSession): Promise<SessionCheck<Data>>;
  /**
   * Changes data: an object replaces its keys, and `undefined` removes one; a function gets the data and answers the new
   * one. Parallel changes are all kept; of one key the later write wins. A function may run more than once. Rejects with
   * `E_SESSION` if the session has ended.
   */
  update(
    id: string,
    change: { readonly [Key in keyof Data]?: Data[Key] | undefined } | ((data: Data) => Data),
    options?: UpdateSession,
  ): Promise<Session<Data>>;
  /**
   * Gives the session a new id; with `userId`, to that user. Parallel calls answer the same id. Set the cookie of the
   * answer. Rejects with `E_SESSION` if the session has ended.
   */
  rotate(id: string, options?: RotateSession<Data>): Promise<Session<Data>>;
  /** Notes that the session is used. Whether it lives. */
  touch(id: string, options?: SessionCallOptions): Promise<boolean>;
  /**
   * Gives the session another end: `absoluteSeconds` from now on, however old it is. It counts as a use. Whether it lives.
   */
  extend(id: string, options?: ExtendSession): Promise<boolean>;
  /**
   * Ends a session, by its id or its ref. `journalled`: Redis is away, and ends it as soon as it is back; in this process it
   * has ended.
   */
  destroy(idOrRef: string, options?: SessionCallOptions): Promise<'destroyed' | 'absent' | 'journalled'>;
  /** Ends all sessions of a user in one step, however many they are. */
  destroyAll(userId: string, options?: DestroyAll): Promise<'destroyed' | 'journalled'>;
  /** Ends all sessions of all users of an organization that were created before, in pages. */
  destroyOrganization(
    organizationId: OrganizationId,
    options?: SessionCallOptions,
  ): Promise<{ users: number }>;
  /** Ends all sessions of the namespace that were created before, in pages. */
  destroyEverything(options?: SessionCallOptions): Promise<{ users: number }>;
  /** The sessions of a user, newest first: devices that a settings page can show and end. */
  list(userId: string, options?: ListSessions): Promise<SessionInfo<Data>[]>;
  /** Counts all sessions, a step of the server for each user. */
  count(options?: CountSessions): Promise<SessionCount>;
  /** Counts of this process, and the number of users. */
  stats(options?: SessionCallOptions): Promise<SessionStats>;
  /**
   * For connections that must end with their session. Hears at once of what ends it in any process, and within 30 seconds
   * where a message is lost.
   */
  watch(id: string): WatchedSession;
  /** Whether the user has proved who it is within so many seconds: ask before what is dangerous. */
  isFresh(session: Session<Data>, seconds: number): boolean;
  /** A token for forms. It belongs to this id; each call makes another one. */
  csrfToken(id: string): string;
  /** Whether {@link Sessions.csrfToken} made the token for this id. */
  verifyCsrf(id: string, token: string): boolean;
  /** The value of a Set-Cookie header; of null, one that ends the cookie. Send `Cache-Control: no-store` with it. */
  cookie(session: Session<Data> | null): string;
  /** The id in a Cookie header. */
  fromCookie(header?: string): string | null;
  /** Middleware for express. `any`: requests have the types of the framework, and no framework is a dependency. */
  express(
    options?: SessionsMiddlewareOptions,
  ): (request: any, response: any, next: (error?: any) => void) => Promise<void>;
  /**
   * A plugin: `app.register(sessions.fastify)`. It reads the session in the hook `onRequest`. `any`: the instance has the
   * type of fastify, which is no dependency.
   */
  readonly fastify: (
    instance: any,
    options: SessionsMiddlewareOptions,
    done: (error?: Error) => void,
  ) => void;
  /** Adds a listener of an event. */
  on<Event extends keyof SessionEvents>(
    event: Event,
    listener: (...details: SessionEvents[Event]) => void,
  ): this;
  /** Removes a listener. */
  off<Event extends keyof SessionEvents>(
    event: Event,
    listener: (...details: SessionEvents[Event]) => void,
  ): this;
  /** Ends the room. Later calls reject with `E_CLOSED`. Sessions and the instance's connection stay. */
  close(): Promise<void>;
  /** Closes. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Sessions on the connection of the cache. Connects with the first call. Throws `E_CONFIG` for an option that is not
 * allowed.
 * @example
 * import { createSessions } from 'orgcache';
 * const sessions = createSessions<{ cart: string[] }>({ secret: 'a secret of at least 32 bytes ........' });
 * const { id } = await sessions.create({ userId: 'u-1', data: { cart: [] } });
 * const session = await sessions.get(id);
 */
export function createSessions<Data extends object = SessionData>(options?: SessionOptions): Sessions<Data>;
