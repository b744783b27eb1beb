'use strict';

const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { Changes, ended } = require('./changes.js');
const { Cookie } = require('./cookie.js');
const { checkChange, textOf } = require('./data.js');
const { Engine, normalized } = require('./engine.js');
const { expressMiddleware } = require('./express.js');
const { fastifyPlugin } = require('./fastify.js');
const {
  CALL_OPTIONS,
  checkLengths,
  checkName,
  checkRotation,
  checkSwitch,
  checkText,
  checkUser,
  isId,
  optionsOf,
  warningsOf,
} = require('./given.js');
const { Happenings } = require('./happenings.js');
const { allDirectories, countSessions, countUsers, destroyListed, listSessions } = require('./pages.js');
const { isFresh, sealedOf, sessionOf } = require('./session.js');
const { endingsOf, Watch } = require('./watch.js');

/** @import { CountSessions, CreateSession, DestroyAll, ExtendSession, GetSession, ListSessions, RotateSession, Session } from '../../types/session.js' */
/** @import { SessionCallOptions, SessionEvents, SessionOptions, SessionsMiddlewareOptions, UpdateSession } from '../../types/session.js' */
/** @import { Told } from './session.js' */

/**
 * What sessions need of their instance.
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('../bridge.js').Bridge>} bridge
 * @property {InstanceType<typeof import('../context.js').Context>} context
 * @property {() => InstanceType<typeof import('../topic/hub.js').Hub>} hub
 * @property {(message: string) => void} warn Logs each message once.
 * @property {() => void} onFirstUse Called when sessions of the instance are used for the first time.
 */

/** Sessions of users. types/session.d.ts says what each method promises. */
class Sessions {
  #engine;
  #options;
  #cookie;
  #happenings;
  #listening;
  #malformed = 0;
  #changes = new Changes({
    load: async (id) => {
      const { session } = await this.#read(id, undefined, false);
      if (session === null) throw ended();
      return session;
    },
    save: (id, version, text) => this.#engine.ask('update', id, version, text),
  });
  #watch;

  /**
   * @param {SessionOptions} given
   * @param {Parts} parts
   */
  constructor(given, { bridge, context, hub, warn, onFirstUse }) {
    const options = optionsOf(given);
    this.#options = normalized(options);
    this.#happenings = new Happenings(context, this.#options.namespace);
    this.#cookie = new Cookie(this.#options.cookie);
    for (const warning of warningsOf(given, this.#options)) warn(warning);
    this.#engine = new Engine({ bridge, options, onOpen: onFirstUse });
    this.#watch = new Watch({
      read: async (id) => (await this.#read(id, undefined, false)).session,
      listen: endingsOf(this.#engine, bridge, hub),
    });
    this.#listening = [
      bridge.listen((name) => this.#happenings.forward(name)),
      this.#engine.hearErasures(() => this.#watch.askAll()),
    ];
  }

  /**
   * @param {CreateSession<any>} [options]
   * @returns {Promise<Session<any>>}
   */
  create(options = {}) {
    return abortable(options, () => this.#create(options, undefined), CALL_OPTIONS.create);
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
    const entered = this.#entered(id, organizationId, absoluteSeconds);
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
      this.#happenings.tell('evicted', ref);
    }
    this.#happenings.tell('created', told.ref);
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
      CALL_OPTIONS.get,
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
      CALL_OPTIONS.get,
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
    if (told.mismatch) this.#happenings.tell('mismatch', told.ref);
    return { session: sessionOf(told, id), reason: 'ok' };
  }

  /** @param {string} id */
  #mismatched(id) {
    const ref = this.#engine.say('reference', id);
    if (this.#options.onMismatch === 'destroy') this.#watch.ended(ref);
    this.#happenings.tell('mismatch', ref);
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
      CALL_OPTIONS.update,
    );
  }

  /**
   * @param {string} id
   * @param {RotateSession<any>} [options]
   * @returns {Promise<Session<any>>}
   */
  rotate(id, options = {}) {
    return abortable(options, () => this.#rotate(id, options), CALL_OPTIONS.rotate);
  }

  /**
   * @param {string} id
   * @param {RotateSession<any>} options
   */
  async #rotate(id, options) {
    const { userId, organizationId, data, authenticated, graceSeconds } = options;
    checkRotation(options);
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
    this.#happenings.tell('rotated', told.ref);
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
    this.#happenings.tell('rotated', created.ref);
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
   * @param {string} id
   * @param {ExtendSession} [options]
   * @returns {Promise<boolean>}
   */
  extend(id, options = {}) {
    return abortable(
      options,
      async () => {
        const { absoluteSeconds, idleSeconds } = options;
        checkLengths({ absoluteSeconds, idleSeconds });
        const { session } = await this.#read(id, undefined, false);
        if (session === null) return false;
        // Directories have whoever may still have a session.
        await Promise.all(this.#entered(session.id, session.organizationId ?? undefined, absoluteSeconds));
        return this.#engine.ask('extend', session.id, absoluteSeconds, idleSeconds);
      },
      CALL_OPTIONS.extend,
    );
  }

  /**
   * Enters the user of an id into the directories.
   * @param {string} id
   * @param {unknown} organizationId
   * @param {number | undefined} absoluteSeconds
   * @returns {Promise<number>[]}
   */
  #entered(id, organizationId, absoluteSeconds) {
    const name = organizationId === undefined ? undefined : String(organizationId);
    const directories = name === undefined ? [undefined] : [undefined, name];
    return directories.map((one) => this.#engine.ask('enter', id, one, absoluteSeconds, name));
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
    if (outcome !== 'absent') this.#happenings.tell('destroyed', ref);
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
        this.#happenings.tell('revoked', null);
        return outcome;
      },
      CALL_OPTIONS.destroyAll,
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
    return abortable(options, () => this.#destroyListed(allDirectories()));
  }

  /** @param {readonly (string | number)[]} directories */
  async #destroyListed(directories) {
    const users = await destroyListed(this.#engine, directories, (tag) => this.#watch.endedUser(tag, null));
    this.#happenings.tell('revoked', null);
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
        checkSwitch(options.data, 'data');
        return listSessions(this.#engine, userId, options);
      },
      CALL_OPTIONS.list,
    );
  }

  /** @param {CountSessions} [options] */
  count(options = {}) {
    return abortable(
      options,
      async () => {
        checkSwitch(options.drop, 'drop');
        return countSessions(this.#engine, options.drop === true);
      },
      CALL_OPTIONS.count,
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
    return isFresh(session, seconds);
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
   * @template {keyof SessionEvents} Event
   * @param {Event} event
   * @param {(...details: SessionEvents[Event]) => void} listener
   */
  on(event, listener) {
    this.#happenings.on(event, listener);
    return this;
  }

  /**
   * @template {keyof SessionEvents} Event
   * @param {Event} event
   * @param {(...details: SessionEvents[Event]) => void} listener
   */
  off(event, listener) {
    this.#happenings.off(event, listener);
    return this;
  }

  async close() {
    for (const end of this.#listening) end();
    this.#watch.close();
    await this.#engine.close();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

module.exports = { Sessions };
