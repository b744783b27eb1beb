'use strict';

const { protocol } = require('../protocol.js');
const { clearInterval, setInterval } = require('../time.js');

/** @import { Session } from '../../types/session.js' */

/** Letters of a ref that name the user. */
const TAG_LETTERS = 12;
const { sessionWatchMs: EVERY_MS } = protocol.limits;

/** @typedef {{ id: string, ref: string, controller: AbortController }} Watcher */

/** Watches sessions: this process's ends are heard at once, others when the session is asked for again. */
class Watch {
  #read;
  /** @type {Set<Watcher>} */
  #watchers = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isAsking = false;

  /** @param {(id: string) => Promise<Session<any> | null>} read */
  constructor(read) {
    this.#read = read;
  }

  /**
   * @param {string} id
   * @param {string | null} ref `null`: it is no id, so the session has ended.
   */
  begin(id, ref) {
    const controller = new AbortController();
    if (ref === null) {
      controller.abort();
      return { signal: controller.signal, close() {} };
    }
    /** @type {Watcher} */
    const watcher = { id, ref, controller };
    this.#watchers.add(watcher);
    this.#timer ??= setInterval(() => this.askAll(), EVERY_MS).unref();
    // It may have ended before.
    this.#ask(watcher);
    return { signal: controller.signal, close: () => this.#forget(watcher) };
  }

  /** @param {Watcher} watcher */
  #forget(watcher) {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Asks for all watched sessions, unless that is under way. */
  async askAll() {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await Promise.all([...this.#watchers].map((watcher) => this.#ask(watcher)));
    } finally {
      this.#isAsking = false;
    }
  }

  /** @param {Watcher} watcher */
  async #ask(watcher) {
    let session;
    try {
      session = await this.#read(watcher.id);
    } catch {
      // An outage is no end.
      return;
    }
    if (!this.#watchers.has(watcher)) return;
    if (session === null) {
      this.#end(watcher);
      return;
    }
    watcher.ref = session.ref;
    watcher.id = session.renewedId ?? watcher.id;
  }

  /** @param {Watcher} watcher */
  #end(watcher) {
    this.#forget(watcher);
    watcher.controller.abort();
  }

  /** @param {(watcher: Watcher) => boolean} isMeant */
  #endAll(isMeant) {
    for (const watcher of [...this.#watchers]) if (isMeant(watcher)) this.#end(watcher);
  }

  /** @param {string | null} ref */
  ended(ref) {
    this.#endAll((watcher) => watcher.ref === ref);
  }

  /**
   * All sessions of a user have ended, but perhaps one.
   * @param {string} tag
   * @param {string | null} exceptRef
   */
  endedUser(tag, exceptRef) {
    const isOfUser = (/** @type {Watcher} */ { ref }) => ref.slice(0, TAG_LETTERS) === tag;
    if (exceptRef === null) {
      this.#endAll(isOfUser);
      return;
    }
    // Another process may have rotated the session that stays: its ref is another one then.
    for (const watcher of this.#watchers) if (isOfUser(watcher)) this.#ask(watcher);
  }

  /**
   * A session has another id from now on.
   * @param {string | null} ref
   * @param {Session<any>} session
   */
  rotated(ref, session) {
    for (const watcher of this.#watchers) {
      if (watcher.ref === ref) Object.assign(watcher, { ref: session.ref, id: session.id });
    }
  }

  close() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#watchers.clear();
  }
}

module.exports = { TAG_LETTERS, Watch };
