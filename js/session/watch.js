'use strict';

const { protocol } = require('../protocol.js');
const { clearInterval, setInterval } = require('../time.js');

/** @import { Session } from '../../types/session.js' */

/** Letters of a ref that name the user. */
const TAG_LETTERS = 12;
const { sessionWatchMs: EVERY_MS } = protocol.limits;

/** @typedef {{ id: string, ref: string, controller: AbortController }} Watcher */

/**
 * What a watch needs of its room.
 * @typedef {object} WatchParts
 * @property {(id: string) => Promise<Session<any> | null>} read
 * @property {(listener: import('../topic/hub.js').Listener) => Promise<() => void>} listen Tells the tags of users of whom
 * something has ended. Answers a function that ends that.
 */

/**
 * Watches sessions. Ends of this process are heard at once, and so are those that Redis tells of. Messages can be lost, so each
 * session is also asked for again from time to time.
 */
class Watch {
  #read;
  #listen;
  /** @type {Promise<() => void> | undefined} */
  #listening;
  /** @type {Set<Watcher>} */
  #watchers = new Set();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #isAsking = false;
  /** Whether something may have ended since the questions that are under way were asked. */
  #asksAgain = false;

  /** @param {WatchParts} parts */
  constructor({ read, listen }) {
    this.#read = read;
    this.#listen = listen;
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
    this.#hear();
    this.#ask(watcher);
    return { signal: controller.signal, close: () => this.#forget(watcher) };
  }

  /** @param {Watcher} watcher */
  #forget(watcher) {
    this.#watchers.delete(watcher);
    if (this.#watchers.size === 0) this.#rest();
  }

  #rest() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#listening?.then(
      (stop) => stop(),
      () => {},
    );
    this.#listening = undefined;
  }

  /** Hears of ends in other processes. Where that is not possible now, it is tried again with the next question. */
  #hear() {
    if (this.#listening !== undefined) return;
    /** @type {import('../topic/hub.js').Listener} */
    const listener = {
      take: (tags) => {
        for (const tag of tags.split(' ')) this.#askUser(tag);
      },
      missed: () => this.askAll(),
      ended: () => {
        this.#listening = undefined;
      },
      holds: false,
    };
    const listening = this.#listen(listener);
    this.#listening = listening;
    listening.then(
      () => this.askAll(),
      () => {
        if (this.#listening === listening) this.#listening = undefined;
      },
    );
  }

  /** Asks for all watched sessions, unless that is under way. */
  async askAll() {
    this.#asksAgain = this.#isAsking;
    if (this.#isAsking) return;
    this.#isAsking = true;
    do {
      this.#asksAgain = false;
      this.#hear();
      await Promise.all([...this.#watchers].map((watcher) => this.#ask(watcher)));
    } while (this.#asksAgain && this.#watchers.size > 0);
    this.#isAsking = false;
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

  /** Whether there is a session to watch. */
  get isWatching() {
    return this.#watchers.size > 0;
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
    if (exceptRef === null) {
      this.#endAll((watcher) => isOf(watcher, tag));
      return;
    }
    // Another process may have rotated the session that stays: its ref is another one then.
    this.#askUser(tag);
  }

  /**
   * Something of a user has ended.
   * @param {string} tag
   */
  #askUser(tag) {
    for (const watcher of this.#watchers) if (isOf(watcher, tag)) this.#ask(watcher);
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
    this.#watchers.clear();
    this.#rest();
  }
}

/**
 * @param {Watcher} watcher
 * @param {string} tag The user's.
 */
function isOf({ ref }, tag) {
  return ref.slice(0, TAG_LETTERS) === tag;
}

/**
 * How sessions hear of ends in other processes. Embedded there are none.
 * @param {InstanceType<typeof import('./engine.js').Engine>} engine
 * @param {InstanceType<typeof import('../bridge.js').Bridge>} bridge
 * @param {() => InstanceType<typeof import('../topic/hub.js').Hub>} hub
 * @returns {WatchParts['listen']}
 */
function endingsOf(engine, bridge, hub) {
  return async (listener) => {
    const channel = engine.say('endings');
    return bridge.isEmbedded ? () => {} : hub().tap(channel, false, listener);
  };
}

module.exports = { TAG_LETTERS, Watch, endingsOf };
