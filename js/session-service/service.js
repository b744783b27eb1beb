'use strict';

const { createHash } = require('node:crypto');
const { memoryOf, valuesOf } = require('../cache-service/info.js');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { promptClientOf } = require('../prompt-client.js');
const { protocol } = require('../protocol.js');
const { UNAVAILABLE } = require('../session/guard.js');
const { WARNING } = require('../session/given.js');
const { serverMsAt } = require('../session/session.js');
const { asked, checkSeconds, checkedName, optionsOf, setCookie } = require('./cookie.js');
const { EarlierSessions, isEarlierId } = require('./earlier.js');
const { middlewareOf } = require('./middleware.js');
const { changesOf, checkFields, checkedRecord, newEndOf, recordOf } = require('./record.js');

/** @import { OrgCache, Session, Sessions } from '../../index.js' */
/** @import { CreateSessionOptions, SessionMiddlewareOptions, SessionRecord, SessionServiceOptions } from '../entry/session-service.js' */
/** @import { SessionService as Public } from '../entry/session-service.js' */

/** The service without options takes them of variables. */
const VARIABLES = { secret: 'SESSION_SECRET', legacyDb: 'REDIS_SESSION_DB' };
const OPTIONS = ['idleSeconds', 'legacyDb', 'secret'];
const NAMESPACE = 'session-service';
const { sessionListMost: MOST_LISTED } = protocol.limits;
const {
  sessionServiceIdleSeconds: IDLE,
  sessionServiceMostSeconds: MOST,
  sessionServiceTouchSeconds: TOUCH,
  sessionServiceTtlSeconds: TTL,
} = protocol.limits;
/** Errors of `createSession` that say no more than that Redis is away. */
const NOT_CONNECTED = UNAVAILABLE.filter((code) => code !== 'E_OVERLOADED');
/** The message by which applications know this error. */
const AWAY = 'Session Redis not connected';
const NO_SECRET =
  'orgcache/session-service has no secret: ids that nobody made cost Redis a read each; give the variable SESSION_SECRET, ' +
  'or createSessionService the option secret';
/** Stands for a secret where there is none. Everybody knows it, so it protects nothing. */
const KNOWN_TO_ALL = createHash('sha256').update('orgcache/session-service without a secret').digest('hex');

/**
 * The session service of servers that were written with this one over ioredis: its names, arguments, results and records,
 * over the sessions of the package.
 * @implements {Public}
 */
class SessionService {
  #orgcache;
  #options;
  /** @type {Sessions<any> | undefined} */
  #opened;
  /** @type {InstanceType<typeof EarlierSessions> | undefined} */
  #earlier;

  /**
   * @param {Pick<OrgCache, 'cacheAdapter' | 'createSessions' | 'redisHealthCheck' | 'redisManager'>} orgcache
   * @param {SessionServiceOptions} [options]
   */
  constructor(orgcache, options = {}) {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      throw new OrgCacheError('E_CONFIG', 'createSessionService() takes an object of options');
    }
    refuseUnknown(Object.keys(options), OPTIONS, 'the option');
    this.#orgcache = orgcache;
    this.#options = options;
  }

  /** The sessions beneath, for what this service has no method for. */
  get sessions() {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  get #idleSeconds() {
    return this.#options.idleSeconds ?? IDLE;
  }

  #open() {
    const { secret = process.env[VARIABLES.secret] || undefined } = this.#options;
    const known = secret ?? (process.env.NODE_ENV === 'production' ? undefined : KNOWN_TO_ALL);
    const sessions = this.#orgcache.createSessions({
      ...(known === undefined ? {} : { secret: known }),
      ...(secret === undefined ? { [WARNING]: NO_SECRET } : {}),
      namespace: NAMESPACE,
      absoluteSeconds: MOST,
      idleSeconds: this.#idleSeconds,
      touchSeconds: Math.min(TOUCH, Math.floor(this.#idleSeconds / 4)),
    });
    const database = databaseOf(this.#options.legacyDb ?? process.env[VARIABLES.legacyDb]);
    if (database !== undefined) {
      this.#earlier = new EarlierSessions({
        orgcache: this.#orgcache,
        database,
        secrets: [known ?? ''].flat(),
        mover: {
          create: (record, seconds) => createOf(sessions, record, seconds),
          destroy: (id) => sessions.destroy(id),
        },
      });
    }
    return sessions;
  }

  /**
   * What a call answers, or `away` while Redis is.
   * @template Answer, Away
   * @param {(sessions: Sessions<any>) => Promise<Answer>} call
   * @param {Away} away
   * @returns {Promise<Answer | Away>}
   */
  async #ask(call, away) {
    const { sessions } = this;
    try {
      return await call(sessions);
    } catch (error) {
      if (isOf(error, UNAVAILABLE)) return away;
      throw error;
    }
  }

  /**
   * The id by which the store knows a session. `null`: it is none.
   * @param {unknown} id
   * @returns {Promise<string | null>}
   */
  async #idOf(id) {
    if (typeof id !== 'string') return null;
    if (this.#earlier === undefined || !isEarlierId(id)) return id;
    return this.#earlier.moved(id);
  }

  /**
   * Rejects while Redis is away.
   * @param {Sessions<any>} sessions
   * @param {unknown} given
   * @returns {Promise<Session<any> | null>}
   */
  async #find(sessions, given) {
    const id = await this.#idOf(given);
    return id === null ? null : sessions.get(id);
  }

  /**
   * @param {string} userId
   * @param {CreateSessionOptions} [options]
   * @param {{ userAgent?: string, ipAddress?: string }} [device]
   * @returns {Promise<SessionRecord>}
   */
  async createSession(userId, options, device) {
    const checked = optionsOf(options);
    checkFields(device ?? {}, 'what is known of the device');
    refuseUnknown(Object.keys(device ?? {}), ['ipAddress', 'userAgent'], 'the option');
    const { sessions } = this;
    try {
      const session = await sessions.create({
        userId: /** @type {string} */ (userId ?? ''),
        data: { metadata: {} },
        absoluteSeconds: checked.ttl ?? TTL,
        ...deviceOf(device ?? {}),
      });
      const record = recordOf(session);
      asked.set(record, checked);
      return record;
    } catch (error) {
      if (!isOf(error, NOT_CONNECTED)) throw error;
      throw new OrgCacheError('E_CONNECT', AWAY, { retryable: true, cause: error });
    }
  }

  /** @param {string} id */
  async getSession(id) {
    return this.#ask(async (sessions) => {
      const session = await this.#find(sessions, id);
      return session === null ? null : recordOf(session);
    }, null);
  }

  /** @param {SessionRecord} given */
  async updateSession(given) {
    const record = checkedRecord(given);
    return this.#ask(async (sessions) => {
      const session = await this.#find(sessions, record.sessionId);
      if (session === null || String(record.userId) !== session.userId) return false;
      if (record.isActive === false) return (await sessions.destroy(session.id)) !== 'journalled';
      const end = newEndOf(record, session);
      if (end !== undefined && !(await this.#endAt(session, end))) return false;
      await sessions.update(session.id, changesOf(record, session));
      return true;
    }, false).catch(unlessEnded);
  }

  /**
   * Moves the end of a session. False where it is over.
   * @param {Session<any>} session
   * @param {number} endMs
   */
  async #endAt(session, endMs) {
    const seconds = Math.ceil((endMs - serverMsAt(session)) / 1000);
    if (seconds >= 1) return this.sessions.extend(session.id, this.#lengths(Math.min(seconds, MOST)));
    await this.sessions.destroy(session.id);
    return false;
  }

  /** @param {number} seconds */
  #lengths(seconds) {
    return { absoluteSeconds: seconds, idleSeconds: Math.min(this.#idleSeconds, seconds) };
  }

  /** @param {string} id */
  async deleteSession(id) {
    return this.#ask(async (sessions) => {
      const known = this.#earlier !== undefined && isEarlierId(id) ? await this.#earlier.end(id) : id;
      const outcome = known === null ? 'absent' : await sessions.destroy(known);
      // What cannot be an id is not asked for.
      return outcome === 'destroyed' || (outcome === 'absent' && this.#isThere());
    }, false);
  }

  /** Whether calls reach the store. */
  async #isThere() {
    return (
      !this.#orgcache.cacheAdapter.useRedis || (await promptClientOf(this.#orgcache).reach()) !== undefined
    );
  }

  /** @param {string} userId */
  async deleteUserSessions(userId) {
    return this.#ask(async (sessions) => {
      const earlier = (await this.#earlier?.endUser(String(userId))) ?? 0;
      const listed = await this.#ask(() => sessions.list(userId, { limit: MOST_LISTED }), []);
      const outcome = await sessions.destroyAll(userId);
      return outcome === 'journalled' ? 0 : earlier + listed.length;
    }, 0);
  }

  /**
   * @param {string} id
   * @param {number} [seconds]
   */
  async extendSession(id, seconds = TTL) {
    checkSeconds(seconds, 'the time by which a session is extended');
    return this.#ask(async (sessions) => {
      const known = await this.#idOf(id);
      return known !== null && sessions.extend(known, this.#lengths(seconds));
    }, false);
  }

  /** @param {string} userId */
  async getUserSessions(userId) {
    return this.#ask(async (sessions) => {
      await this.#earlier?.moveUser(String(userId));
      const listed = await sessions.list(userId, { limit: MOST_LISTED, data: true });
      return listed.map((info) => recordOf({ ...info, userId: String(userId) }));
    }, []);
  }

  /** @param {string} id */
  async validateSession(id) {
    return this.#ask(async (sessions) => (await this.#find(sessions, id)) !== null, false);
  }

  /**
   * @param {string} id
   * @param {Record<string, unknown>} fields
   */
  async updateSessionMetadata(id, fields) {
    checkFields(fields, 'the metadata of a session');
    return this.#ask(async (sessions) => {
      const known = await this.#idOf(id);
      if (known === null) return false;
      await sessions.update(known, (data) => ({ ...data, metadata: { ...data.metadata, ...fields } }));
      return true;
    }, false).catch(unlessEnded);
  }

  async cleanupExpiredSessions() {
    return this.#ask(async (sessions) => (await sessions.count({ drop: true })).ended, 0);
  }

  async getSessionStats() {
    return this.#ask(
      async (sessions) => {
        const [{ live, ended }, memoryUsage] = await Promise.all([sessions.count(), this.#memoryUsage()]);
        return { totalActive: live, totalExpired: ended, memoryUsage };
      },
      { totalActive: 0, totalExpired: 0, memoryUsage: 0 },
    );
  }

  /** Bytes of the server's data. */
  async #memoryUsage() {
    const client = promptClientOf(this.#orgcache);
    const reached = await client.reach();
    return reached === undefined ? 0 : memoryOf(valuesOf(await client.ask(reached.info('memory'))));
  }

  async healthCheck() {
    const [{ status }, stats] = await Promise.all([
      this.#orgcache.redisHealthCheck(),
      this.getSessionStats(),
    ]);
    return { status, connected: status === 'healthy', stats };
  }

  /** @param {SessionMiddlewareOptions} [options] */
  createMiddleware(options) {
    return middlewareOf(options, async (id) => {
      const session = await this.#find(this.sessions, id);
      return session === null ? null : recordOf(session);
    });
  }

  /**
   * @param {SessionRecord | null} record
   * @param {string} [name]
   */
  cookie(record, name) {
    if (record === null) return setCookie(checkedName(name), null);
    return setCookie(checkedName(name), checkedRecord(record).sessionId, asked.get(record));
  }
}

/**
 * Creates a session of what the service before had. Answers its id.
 * @param {Sessions<any>} sessions
 * @param {Record<string, any> & { userId: string }} record
 * @param {number} seconds
 */
async function createOf(sessions, record, seconds) {
  const { sessionId, userId, lastAccessed, expiresAt, isActive, userAgent, ipAddress, ...data } = record;
  const { id } = await sessions.create({
    userId,
    data: { ...data, metadata: data.metadata ?? {} },
    absoluteSeconds: seconds,
    ...deviceOf({ userAgent, ipAddress }),
  });
  return id;
}

/** @param {{ userAgent?: unknown, ipAddress?: unknown }} device */
function deviceOf({ userAgent, ipAddress }) {
  return {
    ...(typeof userAgent === 'string' ? { userAgent } : {}),
    ...(typeof ipAddress === 'string' ? { ip: ipAddress } : {}),
  };
}

/**
 * The number of a database; undefined where none is named.
 * @param {unknown} given
 */
function databaseOf(given) {
  if (given === undefined || given === '') return undefined;
  const number = Number(given);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new OrgCacheError('E_CONFIG', `legacyDb and ${VARIABLES.legacyDb} must be the number of a database`);
}

/**
 * @param {unknown} error
 * @param {readonly string[]} codes
 */
function isOf(error, codes) {
  return error instanceof OrgCacheError && codes.includes(error.code);
}

/**
 * A change of a session that has ended changes nothing.
 * @param {unknown} error
 */
function unlessEnded(error) {
  if (isOf(error, ['E_SESSION'])) return false;
  throw error;
}

module.exports = { SessionService };
