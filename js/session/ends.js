'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { queueMicrotask } = require('../time.js');
const { checkName, checkUser } = require('./given.js');
const { destroyListed } = require('./pages.js');

/** @import { DestroyAll } from '../../types/session.js' */

/** @typedef {InstanceType<typeof import('./engine.js').Engine>} Engine */
/** @typedef {InstanceType<typeof import('./happenings.js').Happenings>} Happenings */
/** @typedef {InstanceType<typeof import('./watch.js').Watch>} Watch */
/** @typedef {'destroyed' | 'absent' | 'journalled'} Fate */

/**
 * By the numbers that native code tells.
 * @type {readonly Fate[]}
 */
const FATES = ['absent', 'destroyed', 'journalled'];

/** Ends sessions. */
class Ends {
  #engine;
  #watch;
  #happenings;
  #kind;

  /**
   * @param {Engine} engine
   * @param {Watch} watch
   * @param {Happenings} happenings
   */
  constructor(engine, watch, happenings) {
    this.#engine = engine;
    this.#watch = watch;
    this.#happenings = happenings;
    this.#kind = /** @type {const} */ ({ step: 'destroy', begin: [], read: this.#ended });
  }

  /**
   * @param {string} idOrRef
   * @returns {Promise<Fate>}
   */
  destroy(idOrRef) {
    return this.#engine.gather(this.#kind, [idOrRef], undefined, idOrRef.length);
  }

  /**
   * Two outcomes are those of one call.
   * @param {any[]} outcomes
   * @param {number} index
   * @returns {Fate}
   */
  #ended = (outcomes, index) => {
    const [told, ref] = [outcomes[2 * index], outcomes[2 * index + 1]];
    if (typeof told !== 'number') throw makeError(told.code, told.message, told.retryable);
    const fate = FATES[told];
    if (ref !== 0 && (this.#watch.isWatching || this.#happenings.hears('destroyed'))) {
      queueMicrotask(() => this.#tell(fate, ref));
    }
    return fate;
  };

  /**
   * @param {Fate} fate
   * @param {string} ref
   */
  #tell(fate, ref) {
    this.#watch.ended(ref);
    if (fate !== 'absent') this.#happenings.tell('destroyed', ref);
  }

  /**
   * @param {string} userId
   * @param {DestroyAll} options
   * @returns {Promise<'destroyed' | 'journalled'>}
   */
  async destroyAll(userId, { organizationId, exceptId }) {
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
  }

  /** @param {readonly (string | number)[]} directories */
  async destroyListed(directories) {
    const users = await destroyListed(this.#engine, directories, (tag) => this.#watch.endedUser(tag, null));
    this.#happenings.tell('revoked', null);
    return { users };
  }
}

module.exports = { Ends };
