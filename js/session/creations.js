'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { queueMicrotask } = require('../time.js');
const { textOf } = require('./data.js');
const { checkText, checkUser } = require('./given.js');
const { moreOf, sessionOf } = require('./session.js');

/** @import { CreateSession, Session } from '../../types/session.js' */
/** @import { Told } from './session.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof import('./happenings.js').Happenings>} Happenings */
/** @typedef {InstanceType<typeof import('./watch.js').Watch>} Watch */
/** @typedef {{ reason: 'full' } | { code: any, message: string, retryable: boolean }} Failed */

/** Creates sessions. */
class Creations {
  #engine;
  #watch;
  #happenings;
  #inOneStep;
  #alone;

  /**
   * @param {Engine} engine
   * @param {Watch} watch
   * @param {Happenings} happenings
   */
  constructor(engine, watch, happenings) {
    this.#engine = engine;
    this.#watch = watch;
    this.#happenings = happenings;
    const read = this.#created;
    /** With their users' entries in directories. */
    this.#inOneStep = /** @type {const} */ ({ step: 'create', begin: [1], read });
    this.#alone = /** @type {const} */ ({ step: 'create', begin: [0], read });
  }

  /**
   * @param {CreateSession<any>} options
   * @param {string | undefined} sealed The sealed fingerprint of the session that this one replaces.
   * @returns {Promise<Session<any>>}
   */
  create(options, sealed) {
    const { userId, organizationId, data = {}, userAgent, ip, fingerprint } = options;
    const { idleSeconds, absoluteSeconds } = options;
    checkUser(userId, organizationId);
    checkText(userAgent, 'userAgent');
    checkText(ip, 'ip');
    checkText(fingerprint, 'fingerprint');
    const text = textOf(data);
    const engine = this.#engine;
    engine.open();
    const words = [
      userId,
      organizationId,
      text,
      userAgent,
      ip,
      fingerprint,
      sealed,
      idleSeconds,
      absoluteSeconds,
    ];
    if (!engine.isClustered) return engine.gather(this.#inOneStep, [undefined, ...words], text, text.length);
    const id = engine.say('mint', userId, organizationId);
    // Nodes of a cluster answer in any order, and the directories come first.
    const entered = Promise.all(this.entered(id, organizationId, absoluteSeconds));
    return entered.then(() => engine.gather(this.#alone, [id, ...words], text, text.length));
  }

  /**
   * Enters the user of an id into the directories.
   * @param {string} id
   * @param {unknown} organizationId
   * @param {number | undefined} absoluteSeconds
   * @returns {Promise<number>[]}
   */
  entered(id, organizationId, absoluteSeconds) {
    const name = organizationId === undefined ? undefined : String(organizationId);
    const directories = name === undefined ? [undefined] : [undefined, name];
    return directories.map((one) => this.#engine.ask('enter', id, one, absoluteSeconds, name));
  }

  /**
   * @param {(Told | Failed)[]} outcomes
   * @param {number} index
   * @param {string} text
   */
  #created = (outcomes, index, text) => {
    const told = outcomes[index];
    if (!Array.isArray(told)) throw errorOf(told);
    const more = moreOf(told);
    const evicted = more?.evicted ?? [];
    if (evicted.length > 0 || this.#happenings.hears('created')) {
      queueMicrotask(() => this.#tell(told[0], evicted));
    }
    return sessionOf(told, String(more?.id), JSON.parse(text));
  };

  /**
   * @param {string} created
   * @param {readonly string[]} evicted
   */
  #tell(created, evicted) {
    for (const ref of evicted) {
      this.#watch.ended(ref);
      this.#happenings.tell('evicted', ref);
    }
    this.#happenings.tell('created', created);
  }
}

/** @param {Failed} failed */
function errorOf(failed) {
  if ('code' in failed) return makeError(failed.code, failed.message, failed.retryable);
  return new OrgCacheError('E_LIMIT', 'the user has as many sessions as maxPerUser allows');
}

module.exports = { Creations };
