'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { now } = require('../time.js');
const { within } = require('./deadline.js');
const { fieldsOf, isUnchanged, merged, sessionOf } = require('./fields.js');
const { isId, tombstoneOf } = require('./keys.js');
const { endsOf, lifetimeOf } = require('./lifetime.js');
const { Loaded, endOf } = require('./loaded.js');
const { destroySession, sha1Of, writeSession } = require('./scripts.js');

/** @import { Commands } from './clients.js' */
/** @import { Fields } from './fields.js' */
/** @import { Known } from './loaded.js' */
/** @import { Settings } from './options.js' */

/** @typedef {{ cookie?: unknown, isModified?: unknown }} Session */

const { storeGoneMs, storeSetAttempts, storeToleranceMs } = protocol.limits;
/** What a write asks of Redis where no loaded text is compared; see the script. */
const NEW = 'new';
const KEEP = 'keep';
const ANY = 'any';
const WRITTEN = 1;
const GONE = 0;

/**
 * The sessions of one store in Redis: what is read, compared, merged and put off. Stores give it the shape that their
 * libraries ask for.
 */
class SessionCore {
  #settings;
  #loaded;

  /**
   * @param {Settings} settings They are read with each call.
   * @param {boolean} copies Whether the library copies the sessions that it loads.
   */
  constructor(settings, copies) {
    this.#settings = settings;
    this.#loaded = new Loaded(copies);
  }

  /** @returns {Commands} */
  get #commands() {
    return this.#settings.commands();
  }

  /**
   * Settles within the deadline.
   * @template Reply
   * @param {(commands: Commands) => Promise<Reply>} call
   * @returns {Promise<Reply>}
   */
  ask(call) {
    const commands = this.#commands;
    const called = call(commands);
    return commands.hasDeadline ? called : within(called, this.#settings.timeoutMs);
  }

  /** @param {string} id */
  #keyOf(id) {
    if (isId(id, this.#settings.isHashed)) return this.#settings.keyOf(id);
    throw new OrgCacheError(
      'E_KEY',
      'the id of a session must be a text of 1 to 1024 characters without braces',
    );
  }

  /**
   * A session, or null.
   * @param {string} id
   * @returns {Promise<any>}
   */
  async get(id) {
    if (!isId(id, this.#settings.isHashed)) return null;
    const key = this.#settings.keyOf(id);
    const [text, leftMs] = await this.ask((commands) => commands.read(key));
    const parsed = text ? this.parse(text) : null;
    const session = typeof parsed?.then === 'function' ? await parsed : parsed;
    if (text === null || session === null) {
      this.#loaded.forget(id);
      return null;
    }
    // A lifetime that a function chooses says nothing of the cookie.
    if (leftMs > 0 && typeof this.#settings.ttl !== 'function') endsOf(session, leftMs);
    this.#loaded.remember(session, { id, text, endsAtMs: endOf(leftMs) });
    return session;
  }

  /**
   * The session in a text, or a promise of it; null for a text in which there is none.
   * @param {string} text
   * @returns {any}
   */
  parse(text) {
    const { serializer } = this.#settings;
    if (serializer !== JSON) return serializer.parse(text);
    try {
      const session = JSON.parse(text);
      return typeof session === 'object' ? session : null;
    } catch {
      return null;
    }
  }

  /** @param {unknown} session */
  #textOf(session) {
    try {
      const text = this.#settings.serializer.stringify(session);
      if (typeof text === 'string') return text;
    } catch (cause) {
      throw new OrgCacheError('E_SERIALIZE', 'the session cannot be made a text', { cause });
    }
    throw new OrgCacheError('E_SERIALIZE', 'the session was made no text');
  }

  /**
   * @param {object} from
   * @param {object} to
   */
  carry(from, to) {
    this.#loaded.carry(from, to);
  }

  /**
   * @param {string} id
   * @param {Session} session
   * @returns {Promise<null>}
   */
  async set(id, session) {
    const key = this.#keyOf(id);
    const lifetimeMs = lifetimeOf(session, this.#settings);
    if (!(lifetimeMs > 0)) return this.#remove(id, key);
    const known = this.#loaded.of(id, session);
    if (known !== undefined) await this.#change(key, session, lifetimeMs, known);
    else if (isUntouched(session)) await this.#keep(id, key, session, lifetimeMs);
    else await this.#write(id, key, session, lifetimeMs, NEW);
    return null;
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {number} lifetimeMs
   * @param {string} expected
   * @returns {Promise<number | string>}
   */
  #put(key, text, lifetimeMs, expected) {
    const ms = this.#settings.disableTTL ? 0 : lifetimeMs;
    return this.ask((commands) =>
      commands.run(writeSession, [key, tombstoneOf(commands.keyPrefix + key)], [text, ms, expected]),
    );
  }

  /**
   * Writes a session that nobody has loaded, or whose library has copied it.
   * @param {string} id
   * @param {string} key
   * @param {Session} session
   * @param {number} lifetimeMs
   * @param {string} expected
   */
  async #write(id, key, session, lifetimeMs, expected) {
    const text = this.#textOf(session);
    const reply = await this.#put(key, text, lifetimeMs, expected);
    if (reply === WRITTEN) this.#loaded.remember(session, { id, text, endsAtMs: this.#endIn(lifetimeMs) });
    else if (reply !== GONE) this.#loaded.noteCopied(id, session, this.#endIn(lifetimeMs));
  }

  /**
   * A copy that its holder has not changed: a new session, or a loaded one, which only lives on. What others have made of
   * it stays.
   * @param {string} id
   * @param {string} key
   * @param {Session} session
   * @param {number} lifetimeMs
   */
  async #keep(id, key, session, lifetimeMs) {
    this.#loaded.copies = true;
    const copied = this.#loaded.copiedOf(id, session);
    if (copied !== undefined) await this.#prolong(key, lifetimeMs, copied);
    // Its library does not count a change of the cookie as one.
    else await this.#write(id, key, session, lifetimeMs, this.#loaded.has(id) ? NEW : KEEP);
  }

  /**
   * @param {string} key
   * @param {Session} session
   * @param {number} lifetimeMs
   * @param {Known} known
   */
  async #change(key, session, lifetimeMs, known) {
    const fields = fieldsOf(session);
    const own = known.own ?? fieldsOf(await this.parse(known.text));
    if (isUnchanged(fields, own)) return this.#prolong(key, lifetimeMs, known);
    let stored = known.text;
    let isMerged = known.own !== undefined;
    let text = isMerged ? await this.#mergedText(own, stored, fields) : this.#textOf(session);
    for (let attempt = 0; attempt < storeSetAttempts; attempt++) {
      const reply = await this.#put(key, text, lifetimeMs, sha1Of(stored));
      if (reply === GONE) return;
      if (reply === WRITTEN) {
        const written = { id: known.id, text, endsAtMs: this.#endIn(lifetimeMs) };
        this.#loaded.remember(session, isMerged ? { ...written, own: fields } : written);
        return;
      }
      if (this.#settings.onConflict === 'overwrite')
        return this.#write(known.id, key, session, lifetimeMs, ANY);
      if (this.#settings.onConflict === 'error') break;
      isMerged = true;
      stored = String(reply);
      text = await this.#mergedText(own, stored, fields);
    }
    throw new OrgCacheError('E_CONFLICT', 'the session was changed since it was loaded');
  }

  /**
   * @param {Fields} own
   * @param {string} stored
   * @param {Fields} fields
   */
  async #mergedText(own, stored, fields) {
    return this.#textOf(sessionOf(merged(own, fieldsOf(await this.parse(stored)), fields)));
  }

  /**
   * @param {string} id
   * @param {Session} session
   * @returns {Promise<null>}
   */
  async touch(id, session) {
    const { disableTouch, disableTTL } = this.#settings;
    if (disableTouch || disableTTL || !isId(id, this.#settings.isHashed)) return null;
    const key = this.#settings.keyOf(id);
    const lifetimeMs = lifetimeOf(session, this.#settings);
    if (!(lifetimeMs > 0)) return this.#remove(id, key);
    await this.#prolong(key, lifetimeMs, this.#loaded.of(id, session));
    return null;
  }

  /**
   * Lets a session live for so long from now, if it is there. Nothing is sent while it lives long enough, so each time
   * it gets a little more than was asked for.
   * @param {string} key
   * @param {number} lifetimeMs
   * @param {{ endsAtMs: number }} [known]
   */
  async #prolong(key, lifetimeMs, known) {
    if (this.#settings.disableTTL) return;
    const spareMs = Math.min(this.#settings.touchMs, Math.ceil(lifetimeMs / 4));
    const leftMs = (known?.endsAtMs ?? 0) - now();
    const isEnough =
      leftMs >= lifetimeMs - storeToleranceMs && leftMs <= lifetimeMs + spareMs + storeToleranceMs;
    if (spareMs > 0 && isEnough) return;
    const isThere = await this.ask((commands) => commands.expire(key, lifetimeMs + spareMs));
    if (known !== undefined && Number(isThere) === 1) known.endsAtMs = now() + lifetimeMs + spareMs;
  }

  /** @param {number} lifetimeMs */
  #endIn(lifetimeMs) {
    return endOf(this.#settings.disableTTL ? -1 : lifetimeMs);
  }

  /**
   * @param {string} id
   * @returns {Promise<null>}
   */
  async destroy(id) {
    if (!isId(id, this.#settings.isHashed)) return null;
    this.#loaded.forget(id);
    const key = this.#settings.keyOf(id);
    await this.ask((commands) =>
      commands.run(destroySession, [key, tombstoneOf(commands.keyPrefix + key)], [storeGoneMs]),
    );
    return null;
  }

  /**
   * Removes a session whose time is over. Nobody has ended it, so there is no tombstone.
   * @param {string} id
   * @param {string} key
   * @returns {Promise<null>}
   */
  async #remove(id, key) {
    this.#loaded.forget(id);
    await this.ask((commands) => commands.unlink([key]));
    return null;
  }
}

/**
 * Whether the library that has copied a session says that its holder changed nothing.
 * @param {Session} session
 */
function isUntouched(session) {
  return typeof session?.isModified === 'function' && session.isModified() === false;
}

module.exports = { SessionCore };
