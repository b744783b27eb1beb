'use strict';

const { abortable } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { queueMicrotask } = require('../time.js');
const { Changes, ended } = require('./changes.js');
const { Cookie } = require('./cookie.js');
const { Creations } = require('./creations.js');
const { checkChange, textOf } = require('./data.js');
const { Ends } = require('./ends.js');
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
const { allDirectories, countSessions, countUsers, listSessions } = require('./pages.js');
const { isFresh, moreOf, sealedOf, sessionOf } = require('./session.js');
const { endingsOf, Watch } = require('./watch.js');

/** @import { CountSessions, CreateSession, DestroyAll, ExtendSession, GetSession, ListSessions, RotateSession, Session } from '../../types/session.js' */
/** @import { SessionCallOptions, SessionEvents, SessionOptions, SessionsMiddlewareOptions, UpdateSession } from '../../types/session.js' */
/** @import { Told } from './session.js' */

/** @typedef {{ session: Session<any> | null, reason: 'ok' | 'malformed' | 'unknown' | 'mismatch' }} Checked */
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
    load: (id) => this.#loaded(id),
    save: (id, version, text) => this.#engine.ask('update', id, version, text),
  });
  #watch;
  #creations;
  #ends;

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
      read: async (id) => this.#read(id, undefined, false, sessionIn),
      listen: endingsOf(this.#engine, bridge, hub),
    });
    this.#creations = new Creations(this.#engine, this.#watch, this.#happenings);
    this.#ends = new Ends(this.#engine, this.#watch, this.#happenings);
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
    return abortable(options, () => this.#creations.create(options, undefined), CALL_OPTIONS.create);
  }

  /**
   * @param {string} id
   * @param {GetSession} [options]
   * @returns {Promise<Session<any> | null>}
   */
  get(id, options) {
    return abortable(
      options,
      () => this.#read(id, options?.fingerprint, options?.touch ?? true, sessionIn),
      CALL_OPTIONS.get,
    );
  }

  /**
   * @param {string} id
   * @param {GetSession} [options]
   * @returns {Promise<Checked>}
   */
  check(id, options) {
    return abortable(
      options,
      () => this.#read(id, options?.fingerprint, options?.touch ?? true, whole),
      CALL_OPTIONS.get,
    );
  }

  /**
   * @template Answer
   * @param {unknown} id
   * @param {string | undefined} fingerprint
   * @param {boolean} touch
   * @param {(session: Session<any> | null, reason: Checked['reason']) => Answer} answer
   * @returns {Promise<Answer>}
   */
  #read(id, fingerprint, touch, answer) {
    checkText(fingerprint, 'fingerprint');
    if (!isId(id)) {
      this.#malformed++;
      return Promise.resolve(answer(null, 'malformed'));
    }
    return this.#engine.read(id, fingerprint, touch, (told) => {
      if (told === null) return answer(null, 'unknown');
      if (!Array.isArray(told)) {
        if (told.reason === 'mismatch') queueMicrotask(() => this.#mismatched(told.ref));
        return answer(null, told.reason);
      }
      if (moreOf(/** @type {Told} */ (told))?.mismatch) {
        queueMicrotask(() => this.#happenings.tell('mismatch', told[0]));
      }
      return answer(sessionOf(/** @type {Told} */ (told), id), 'ok');
    });
  }

  /**
   * The session of an id, which must live. Nobody is told that it is used.
   * @param {string} id
   */
  async #loaded(id) {
    const session = await this.#read(id, undefined, false, sessionIn);
    if (session === null) throw ended();
    return session;
  }

  /** @param {string} ref */
  #mismatched(ref) {
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
    /** @type {Told} */
    const told = await engine.ask('rotate', id, text, authenticated ? 1 : 0, graceSeconds);
    if (!Array.isArray(told)) throw ended();
    const session = sessionOf(told, String(moreOf(told)?.id));
    const old = engine.say('reference', id);
    if (isFresh) this.#watch.ended(old);
    else this.#watch.rotated(old, session);
    this.#happenings.tell('rotated', told[0]);
    return session;
  }

  /**
   * Another user takes the session over. Never the other way round: what is interrupted in between leaves an anonymous
   * session, not a lost login.
   * @param {string} id
   * @param {RotateSession<any>} options
   */
  async #login(id, { userId, organizationId, data }) {
    const old = await this.#loaded(id);
    const { userAgent, ip } = old;
    const created = await this.#creations.create(
      { userId, organizationId, data: data ?? old.data, userAgent, ip },
      sealedOf(old),
    );
    try {
      await this.#ends.destroy(id);
    } catch (error) {
      // The old id would open the session still, so there is no login.
      await this.#ends.destroy(created.id).catch(() => undefined);
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
        const session = await this.#read(id, undefined, false, sessionIn);
        if (session === null) return false;
        // Directories have whoever may still have a session.
        const { organizationId } = session;
        await Promise.all(this.#creations.entered(session.id, organizationId ?? undefined, absoluteSeconds));
        return this.#engine.ask('extend', session.id, absoluteSeconds, idleSeconds);
      },
      CALL_OPTIONS.extend,
    );
  }

  /**
   * @param {string} idOrRef
   * @param {SessionCallOptions} [options]
   */
  destroy(idOrRef, options) {
    return abortable(options, async () =>
      typeof idOrRef === 'string' ? this.#ends.destroy(idOrRef) : /** @type {const} */ ('absent'),
    );
  }

  /**
   * @param {string} userId
   * @param {DestroyAll} [options]
   * @returns {Promise<'destroyed' | 'journalled'>}
   */
  destroyAll(userId, options = {}) {
    return abortable(options, () => this.#ends.destroyAll(userId, options), CALL_OPTIONS.destroyAll);
  }

  /**
   * @param {string} organizationId
   * @param {SessionCallOptions} [options]
   */
  destroyOrganization(organizationId, options) {
    return abortable(options, async () => {
      checkName(organizationId, 'the organization');
      return this.#ends.destroyListed([String(organizationId)]);
    });
  }

  /** @param {SessionCallOptions} [options] */
  destroyEverything(options) {
    return abortable(options, () => this.#ends.destroyListed(allDirectories()));
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

/**
 * @param {Session<any> | null} session
 * @returns {Session<any> | null}
 */
function sessionIn(session) {
  return session;
}

/**
 * @param {Session<any> | null} session
 * @param {Checked['reason']} reason
 * @returns {Checked}
 */
function whole(session, reason) {
  return { session, reason };
}

module.exports = { Sessions };
