'use strict';

const { channel } = require('node:diagnostics_channel');
const { EventEmitter } = require('node:events');
const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { refuseUnknown } = require('../options.js');
const { protocol } = require('../protocol.js');
const { Changes, ended } = require('./changes.js');
const { Cookie } = require('./cookie.js');
const { checkChange, textOf } = require('./data.js');
const { Engine, normalized } = require('./engine.js');
const { expressMiddleware } = require('./express.js');
const { fastifyPlugin } = require('./fastify.js');
const { checkName, checkText, checkUser, isId, optionsOf } = require('./given.js');
const { countUsers, destroyListed, listSessions } = require('./pages.js');
const { sealedOf, serverMsAt, sessionOf } = require('./session.js');
const { Watch } = require('./watch.js');

/** @import { CreateSession, DestroyAll, GetSession, ListSessions, RotateSession, Session } from '../../types/session.js' */
/** @import { SessionCallOptions, SessionEvents, SessionOptions, SessionsMiddlewareOptions, UpdateSession } from '../../types/session.js' */
/** @import { Told } from './session.js' */

/**
 * What sessions need of their instance.
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('../bridge.js').Bridge>} bridge
 * @property {InstanceType<typeof import('../context.js').Context>} context
 * @property {(message: string) => void} warn Logs each message once.
 * @property {() => void} onFirstUse Called when sessions of the instance are used for the first time.
 */

const GET_OPTIONS = ['fingerprint', 'signal', 'touch'];
const CREATE_OPTIONS = [
  'absoluteSeconds',
  'data',
  'fingerprint',
  'idleSeconds',
  'ip',
  'organizationId',
  'signal',
  'userAgent',
  'userId',
];
const UPDATE_OPTIONS = ['ifVersion', 'signal'];
const ROTATE_OPTIONS = ['authenticated', 'data', 'graceSeconds', 'organizationId', 'signal', 'userId'];
const ALL_OPTIONS = ['exceptId', 'organizationId', 'signal'];
const LIST_OPTIONS = ['limit', 'organizationId', 'signal'];
const happenings = channel('orgcache:session');
/**
 * Events of the instance that are events of its sessions.
 * @type {string[]}
 */
const FORWARDED = [protocol.events.degraded, protocol.events.recovered];
const EVENTS = ['created', 'destroyed', 'evicted', 'mismatch', 'revoked', 'rotated', ...FORWARDED];
const INSECURE =
  'the cookies of sessions are sent without TLS (cookie.insecure), so whoever listens has the session';

/** Sessions of users. types/session.d.ts says what each method promises. */
class Sessions {
  #context;
  #engine;
  #options;
  #cookie;
  #emitter = new EventEmitter();
  #forget;
  #malformed = 0;
  #changes = new Changes({
    load: async (id) => {
      const { session } = await this.#read(id, undefined, false);
      if (session === null) throw ended();
      return session;
    },
    save: (id, version, text) => this.#engine.ask('update', id, version, text),
  });
  #watch = new Watch(async (id) => (await this.#read(id, undefined, false)).session);

  /**
   * @param {SessionOptions} given
   * @param {Parts} parts
   */
  constructor(given, { bridge, context, warn, onFirstUse }) {
    const options = optionsOf(given);
    this.#options = normalized(options);
    this.#context = context;
    this.#cookie = new Cookie(this.#options.cookie);
    if (this.#options.cookie.insecure) warn(INSECURE);
    this.#engine = new Engine({ bridge, options, onOpen: onFirstUse });
    this.#forget = bridge.listen((name) => {
      if (FORWARDED.includes(name)) context.emit(this.#emitter, name);
    });
  }

  /**
   * @param {CreateSession<any>} [options]
   * @returns {Promise<Session<any>>}
   */
  create(options = {}) {
    return abortable(options, () => this.#create(options, undefined), CREATE_OPTIONS);
  }

  /**
   * @param {CreateSession<any>} options
   * @param {string | undefined} sealed The sealed fingerprint of the session that this one replaces.
   */
  async #create(options, sealed) {
    const { userId, organizationId, data = {}, userAgent, ip, fingerprint } = options;
    const { idleSeconds, absoluteSeconds } = options;
    checkUser(userId, organizationId);
    for (const [name, value] of Object.entries({ userAgent, ip, fingerprint })) checkText(value, name);
    const text = textOf(data);
    const engine = this.#engine;
    const id = engine.say('mint', userId, organizationId);
    const entered = [engine.ask('enter', id, undefined, absoluteSeconds)];
    if (organizationId !== undefined) {
      entered.push(engine.ask('enter', id, String(organizationId), absoluteSeconds));
    }
    // On one server the directory is written first in any case; nodes of a cluster answer in any order.
    if (engine.isClustered) await Promise.all(entered);
    const asked = engine.ask(
      'create',
      id,
      userId,
      organizationId,
      text,
      userAgent,
      ip,
      fingerprint,
      sealed,
      idleSeconds,
      absoluteSeconds,
    );
    const [told] = await Promise.all([asked, ...entered]);
    if (told.reason === 'full') {
      throw new OrgCacheError('E_LIMIT', 'the user has as many sessions as maxPerUser allows');
    }
    for (const ref of told.evicted ?? []) {
      this.#watch.ended(ref);
      this.#tell('evicted', ref);
    }
    this.#tell('created', told.ref);
    return sessionOf(told, id, JSON.parse(text));
  }

  /**
   * @param {string} id
   * @param {GetSession} [options]
   * @returns {Promise<Session<any> | null>}
   */
  get(id, options) {
    return abortable(
      options,
      async () => (await this.#read(id, options?.fingerprint, options?.touch ?? true)).session,
      GET_OPTIONS,
    );
  }

  /**
   * @param {string} id
   * @param {GetSession} [options]
   */
  check(id, options) {
    return abortable(
      options,
      () => this.#read(id, options?.fingerprint, options?.touch ?? true),
      GET_OPTIONS,
    );
  }

  /**
   * @param {unknown} id
   * @param {string | undefined} fingerprint
   * @param {boolean} touch
   * @returns {Promise<{ session: Session<any> | null, reason: 'ok' | 'malformed' | 'unknown' | 'mismatch' }>}
   */
  async #read(id, fingerprint, touch) {
    checkText(fingerprint, 'fingerprint');
    if (!isId(id)) {
      this.#malformed++;
      return { session: null, reason: 'malformed' };
    }
    /** @type {(Told & { reason?: 'malformed' | 'unknown' | 'mismatch' }) | null} */
    const told = await this.#engine.ask('get', id, fingerprint, touch ? 1 : 0);
    if (told === null) return { session: null, reason: 'unknown' };
    if (told.reason !== undefined) {
      if (told.reason === 'mismatch') this.#mismatched(id);
      return { session: null, reason: told.reason };
    }
    if (told.mismatch) this.#tell('mismatch', told.ref);
    return { session: sessionOf(told, id), reason: 'ok' };
  }

  /** @param {string} id */
  #mismatched(id) {
    const ref = this.#engine.say('reference', id);
    if (this.#options.onMismatch === 'destroy') this.#watch.ended(ref);
    this.#tell('mismatch', ref);
  }

  /**
   * @param {string} id
   * @param {any} change
   * @param {UpdateSession} [options]
   * @returns {Promise<Session<any>>}
   */
  update(id, change, options) {
    return abortable(
      options,
      async () => {
        checkChange(change);
        const ifVersion = options?.ifVersion;
        if (ifVersion !== undefined && !Number.isSafeInteger(ifVersion)) {
          throw new OrgCacheError('E_ARGUMENT', 'the option ifVersion must be the version of a session');
        }
        return this.#changes.make(id, change, ifVersion);
      },
      UPDATE_OPTIONS,
    );
  }

  /**
   * @param {string} id
   * @param {RotateSession<any>} [options]
   * @returns {Promise<Session<any>>}
   */
  rotate(id, options = {}) {
    return abortable(options, () => this.#rotate(id, options), ROTATE_OPTIONS);
  }

  /**
   * @param {string} id
   * @param {RotateSession<any>} options
   */
  async #rotate(id, options) {
    const { userId, organizationId, data, authenticated, graceSeconds } = options;
    checkUser(userId, organizationId);
    if (authenticated !== undefined && typeof authenticated !== 'boolean') {
      throw new OrgCacheError('E_ARGUMENT', 'the option authenticated must be true or false');
    }
    if (graceSeconds !== undefined && typeof graceSeconds !== 'number') {
      throw new OrgCacheError('E_ARGUMENT', 'graceSeconds is not allowed; give an integer from 0 to 300');
    }
    if (!isId(id)) throw ended();
    const engine = this.#engine;
    if (userId !== undefined && !engine.say('isOf', id, userId, organizationId))
      return this.#login(id, options);
    const text = data === undefined ? undefined : textOf(data);
    const isFresh = authenticated === true || (graceSeconds ?? this.#options.graceSeconds) === 0;
    const told = await engine.ask('rotate', id, text, authenticated ? 1 : 0, graceSeconds);
    if (told?.id === undefined) throw ended();
    const session = sessionOf({ ...told, id: undefined }, told.id);
    const old = engine.say('reference', id);
    if (isFresh) this.#watch.ended(old);
    else this.#watch.rotated(old, session);
    this.#tell('rotated', told.ref);
    return session;
  }

  /**
   * Another user takes the session over. Never the other way round: what is interrupted in between leaves an anonymous
   * session, not a lost login.
   * @param {string} id
   * @param {RotateSession<any>} options
   */
  async #login(id, { userId, organizationId, data }) {
    const { session: old } = await this.#read(id, undefined, false);
    if (old === null) throw ended();
    const { userAgent, ip } = old;
    const created = await this.#create(
      { userId, organizationId, data: data ?? old.data, userAgent, ip },
      sealedOf(old),
    );
    try {
      await this.#destroy(id);
    } catch (error) {
      // The old id would open the session still, so there is no login.
      await this.#destroy(created.id).catch(() => undefined);
      throw error;
    }
    this.#tell('rotated', created.ref);
    return created;
  }

  /**
   * @param {string} id
   * @param {SessionCallOptions} [options]
   * @returns {Promise<boolean>}
   */
  touch(id, options) {
    return abortable(options, async () => isId(id) && this.#engine.ask('touch', id));
  }

  /**
   * @param {string} idOrRef
   * @param {SessionCallOptions} [options]
   */
  destroy(idOrRef, options) {
    return abortable(options, async () =>
      typeof idOrRef === 'string' ? this.#destroy(idOrRef) : /** @type {const} */ ('absent'),
    );
  }

  /**
   * @param {string} idOrRef
   * @returns {Promise<'destroyed' | 'absent' | 'journalled'>}
   */
  async #destroy(idOrRef) {
    const engine = this.#engine;
    const ref = isId(idOrRef) ? engine.say('reference', idOrRef) : idOrRef;
    const outcome = await engine.ask('destroy', idOrRef);
    if (ref !== null) this.#watch.ended(ref);
    if (outcome !== 'absent') this.#tell('destroyed', ref);
    return outcome;
  }

  /**
   * @param {string} userId
   * @param {DestroyAll} [options]
   * @returns {Promise<'destroyed' | 'journalled'>}
   */
  destroyAll(userId, options = {}) {
    return abortable(
      options,
      async () => {
        const { organizationId, exceptId } = options;
        checkName(userId, 'the user');
        checkUser(userId, organizationId);
        if (exceptId !== undefined && typeof exceptId !== 'string') {
          throw new OrgCacheError('E_KEY', 'exceptId is no id of this user; give one, or leave it out');
        }
        const engine = this.#engine;
        const { outcome, tag } = await engine.ask('revoke', userId, organizationId, exceptId);
        this.#watch.endedUser(tag, exceptId === undefined ? null : engine.say('reference', exceptId));
        this.#tell('revoked', null);
        return outcome;
      },
      ALL_OPTIONS,
    );
  }

  /**
   * @param {string} organizationId
   * @param {SessionCallOptions} [options]
   */
  destroyOrganization(organizationId, options) {
    return abortable(options, async () => {
      checkName(organizationId, 'the organization');
      return this.#destroyListed([String(organizationId)]);
    });
  }

  /** @param {SessionCallOptions} [options] */
  destroyEverything(options) {
    const all = Array.from({ length: protocol.session.directories }, (_, number) => number);
    return abortable(options, () => this.#destroyListed(all));
  }

  /** @param {readonly (string | number)[]} directories */
  async #destroyListed(directories) {
    const users = await destroyListed(this.#engine, directories, (tag) => this.#watch.endedUser(tag, null));
    this.#tell('revoked', null);
    return { users };
  }

  /**
   * @param {string} userId
   * @param {ListSessions} [options]
   */
  list(userId, options = {}) {
    return abortable(
      options,
      async () => {
        checkName(userId, 'the user');
        checkUser(userId, options.organizationId);
        return listSessions(this.#engine, userId, options);
      },
      LIST_OPTIONS,
    );
  }

  /** @param {SessionCallOptions} [options] */
  stats(options) {
    return abortable(options, async () => {
      const users = await countUsers(this.#engine);
      const { malformed, ...counts } = this.#engine.say('stats');
      return { ...counts, malformed: malformed + this.#malformed, users };
    });
  }

  /** @param {string} id */
  watch(id) {
    return this.#watch.begin(id, isId(id) ? this.#engine.say('reference', id) : null);
  }

  /**
   * @param {Session<any>} session
   * @param {number} seconds
   */
  isFresh(session, seconds) {
    if (typeof seconds !== 'number' || !(seconds >= 0)) {
      throw new OrgCacheError('E_ARGUMENT', 'the seconds of isFresh() must be a number, 0 or more');
    }
    return serverMsAt(session) - session.authenticatedAt.getTime() <= seconds * 1000;
  }

  /**
   * @param {string} id
   * @returns {string}
   */
  csrfToken(id) {
    if (!isId(id)) throw ended();
    return this.#engine.say('csrf', id);
  }

  /**
   * @param {string} id
   * @param {string} token
   * @returns {boolean}
   */
  verifyCsrf(id, token) {
    return isId(id) && typeof token === 'string' && this.#engine.say('verifyCsrf', id, token);
  }

  /** @param {Session<any> | null} session */
  cookie(session) {
    return this.#cookie.text(session);
  }

  /** @param {string} [header] */
  fromCookie(header) {
    return this.#cookie.idIn(header);
  }

  /** @param {SessionsMiddlewareOptions} [options] */
  express(options) {
    return expressMiddleware(options, this.#guarding);
  }

  /** Not a method: fastify calls it without `this`, and reads its properties. */
  get fastify() {
    return fastifyPlugin(this.#guarding);
  }

  get #guarding() {
    return { get: (/** @type {string} */ id) => this.get(id), cookie: this.#cookie };
  }

  /**
   * @param {string} event
   * @param {string | null} ref
   */
  #tell(event, ref) {
    const detail = { event, ref, namespace: this.#options.namespace };
    if (happenings.hasSubscribers) happenings.publish(detail);
    if (this.#emitter.listenerCount(event) > 0) this.#context.emit(this.#emitter, event, detail);
  }

  /**
   * @template {keyof SessionEvents} Event
   * @param {Event} event
   * @param {(...details: SessionEvents[Event]) => void} listener
   */
  on(event, listener) {
    refuseUnknown([event], EVENTS, 'the event');
    this.#emitter.on(event, /** @type {(...details: any[]) => void} */ (listener));
    return this;
  }

  /**
   * @template {keyof SessionEvents} Event
   * @param {Event} event
   * @param {(...details: SessionEvents[Event]) => void} listener
   */
  off(event, listener) {
    this.#emitter.off(event, /** @type {(...details: any[]) => void} */ (listener));
    return this;
  }

  async close() {
    this.#forget();
    this.#watch.close();
    await this.#engine.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

module.exports = { Sessions };
