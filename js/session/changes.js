'use strict';

const { OrgCacheError } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { changed, textOf } = require('./data.js');
const { updatedSession } = require('./session.js');

/** @import { Session } from '../../types/session.js' */

/**
 * One call of `update`.
 * @typedef {object} Change
 * @property {any} change
 * @property {number | undefined} ifVersion
 * @property {(session: Session<any>) => void} resolve
 * @property {(error: unknown) => void} reject
 */

/**
 * @typedef {object} Store
 * @property {(id: string) => Promise<Session<any>>} load Rejects with `E_SESSION`.
 * @property {(id: string, version: number, text: string) => Promise<any>} save
 */

const { sessionUpdateAttempts: ATTEMPTS } = protocol.limits;

/**
 * The changes of this process, in order for each session. Those that wait are written together, so that calls in parallel
 * do not stand in each other's way. Against other processes a version decides, and the changes are made once more.
 */
class Changes {
  #store;
  /** @type {Map<string, Change[]>} */
  #waiting = new Map();

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /**
   * @param {string} id
   * @param {any} change
   * @param {number | undefined} ifVersion
   * @returns {Promise<Session<any>>}
   */
  make(id, change, ifVersion) {
    return new Promise((resolve, reject) => {
      const one = { change, ifVersion, resolve, reject };
      const waiting = this.#waiting.get(id);
      if (waiting !== undefined) {
        waiting.push(one);
        return;
      }
      this.#waiting.set(id, [one]);
      this.#run(id);
    });
  }

  /** @param {string} id */
  async #run(id) {
    const waiting = /** @type {Change[]} */ (this.#waiting.get(id));
    while (waiting.length > 0) await this.#write(id, waiting.splice(0));
    this.#waiting.delete(id);
  }

  /**
   * Settles each of the changes.
   * @param {string} id
   * @param {Change[]} changes
   */
  async #write(id, changes) {
    let left = changes;
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const base = await this.#store.load(id);
        const { made, data } = apply(left, base);
        if (made.length === 0) return;
        left = made;
        const text = textOf(data);
        const told = await this.#store.save(id, base.version, text);
        if (told.reason === 'conflict') continue;
        if (told.reason !== undefined) throw ended();
        for (const { resolve } of made) resolve(updatedSession(base, JSON.parse(text), told));
        return;
      }
      throw new OrgCacheError('E_CONFLICT', 'others have changed the session again and again; try later');
    } catch (error) {
      // One of them may be at fault: each is then made alone.
      if (left.length > 1 && isOfData(error)) for (const one of left) await this.#write(id, [one]);
      else for (const { reject } of left) reject(error);
    }
  }
}

/**
 * Makes changes of what was read, one after the other. Settles those that cannot be made.
 * @param {Change[]} changes
 * @param {Session<any>} base
 */
function apply(changes, base) {
  /** @type {Change[]} */
  const made = [];
  let { data } = base;
  for (const one of changes) {
    const { change, ifVersion, reject } = one;
    if (ifVersion !== undefined && (ifVersion !== base.version || made.length > 0)) {
      reject(
        new OrgCacheError('E_CONFLICT', 'the session was changed since the version that ifVersion names'),
      );
      continue;
    }
    try {
      // A function may change what it gets, and then throw.
      data = changed(typeof change === 'function' ? JSON.parse(JSON.stringify(data)) : data, change);
      made.push(one);
    } catch (error) {
      reject(error);
    }
  }
  return { made, data };
}

/** @param {unknown} error */
function isOfData(error) {
  return error instanceof OrgCacheError && ['E_SERIALIZE', 'E_VALUE_TOO_LARGE'].includes(error.code);
}

function ended() {
  return new OrgCacheError('E_SESSION', 'the session has ended, or never was');
}

module.exports = { Changes, ended };
