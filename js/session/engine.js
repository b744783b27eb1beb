'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText } = require('../options.js');
const { head, protocol } = require('../protocol.js');
const { nextTick } = require('../time.js');
const { Batch } = require('./batch.js');

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

/**
 * The options with all defaults, as native code answers them.
 * @typedef {object} Normalized
 * @property {string} namespace
 * @property {number} idleSeconds
 * @property {number} absoluteSeconds
 * @property {number} touchSeconds
 * @property {number} graceSeconds
 * @property {'report' | 'reject' | 'destroy'} onMismatch
 * @property {{ name: string, domain: string | null, path: string, sameSite: string, persistent: boolean, insecure: boolean }} cookie
 */

/** @typedef {Normalized & { room: number, isClustered: boolean }} Opened */
/** @typedef {keyof typeof protocol.session.sayings} Saying */
/** @typedef {keyof typeof protocol.session.steps} Step */

const verbs = protocol.verbs.session;
const { sayings, steps } = protocol.session;
const { client: native } = loadNative();
/** The head of a read: the room, the id, the fingerprint, and whether it is a use. */
const GET = head(verbs.ask, steps.get, 4);
/**
 * Number of calls in a tick after which a batch crosses. It doubles with each crossing in the tick: the server works on
 * the first calls while JavaScript makes the others, and many callers still share few scripts.
 */
const FIRST_BATCH = 16;
const MOST_IN_A_BATCH = 64;
/** A batch with so many letters crosses, so that large sessions do not wait for each other. */
const MOST_LETTERS = 65_536;

/** The native side of one room of sessions: opened with the first call, and again if the client is another one. */
class Engine {
  #bridge;
  #options;
  #onOpen;
  #endClosing;
  /** @type {number | undefined} */
  #client;
  #room = 0;
  #isClosed = false;
  #underWay = 0;
  /** @type {((nothing: void) => void)[]} */
  #whenIdle = [];
  /** @type {Promise<void> | undefined} */
  #closing;
  /**
   * The calls of this tick that cross as one.
   * @type {InstanceType<typeof Batch> | undefined}
   */
  #batch;
  #batchSize = FIRST_BATCH;
  #isScheduled = false;
  #flush = () => {
    this.#isScheduled = false;
    this.#batchSize = FIRST_BATCH;
    this.#sendBatch();
  };
  isClustered = false;

  /**
   * @param {object} parts
   * @param {Bridge} parts.bridge
   * @param {object} parts.options
   * @param {() => void} parts.onOpen
   */
  constructor({ bridge, options, onOpen }) {
    this.#bridge = bridge;
    this.#options = options;
    this.#onOpen = onOpen;
    // What was called before the client closes still crosses.
    this.#endClosing = bridge.onClose(() => this.#sendBatch());
  }

  /** Whether native code has this room. */
  get #isOpen() {
    return this.#client !== undefined && this.#client === this.#bridge.client;
  }

  /** The room's number. Opens the client and the room if necessary. */
  open() {
    if (this.#isClosed) throw new OrgCacheError('E_CLOSED', 'the sessions were closed');
    const client = this.#bridge.open();
    if (client === this.#client) return this.#room;
    /** @type {Opened} */
    const opened = JSON.parse(this.#now(verbs.open, 0, [optionsText(this.#options)]));
    this.#room = opened.room;
    this.isClustered = opened.isClustered;
    this.#client = client;
    this.#onOpen();
    return this.#room;
  }

  /**
   * A call that native code answers at once, without a connection.
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values
   * @returns {any}
   */
  #now(verb, detail, values) {
    return native.answer(this.#bridge.open(), head(verb, detail, values.length), ...values);
  }

  /**
   * What native code knows or computes itself.
   * @param {Saying} what
   * @param {unknown[]} values The arguments behind the room's number.
   * @returns {any}
   */
  say(what, ...values) {
    const said = this.#now(verbs.say, sayings[what], [this.open(), ...values]);
    return typeof said === 'string' ? JSON.parse(said) : said;
  }

  /**
   * Native code hears which users were erased, so that it can tell a new primary. Answers a function that ends that.
   * @param {() => Promise<void>} erased
   */
  hearErasures(erased) {
    /** @param {string[]} words A command that takes users out of a directory. */
    const sent = ([, directory, ...tags]) => {
      if (this.#isOpen) this.say('erased', directory, tags.join(' '));
    };
    return this.#bridge.onErasing({ sent, erased });
  }

  /**
   * A step in the store.
   * @param {Step} step
   * @param {unknown[]} values The arguments behind the room's number.
   * @returns {Promise<any>}
   */
  ask(step, ...values) {
    return new Promise((resolve, reject) => {
      const given = [this.open(), ...values];
      // Calls keep their order.
      this.#sendBatch();
      this.#cross(step, given, resolve, reject);
    });
  }

  /**
   * The read of a session. `read` makes the answer of what native code tells. It makes no calls itself.
   * @template Answer
   * @param {string} id
   * @param {string | undefined} fingerprint
   * @param {boolean} touch
   * @param {(told: any) => Answer} read
   * @returns {Promise<Answer>}
   */
  read(id, fingerprint, touch, read) {
    return new Promise((resolve, reject) => {
      const given = [this.open(), id, fingerprint, touch ? 1 : 0];
      this.#sendBatch();
      if (this.#bridge.isEmbedded) return this.#cross('get', given, (told) => resolve(read(told)), reject);
      // A read is the most frequent call: it has no functions more than it needs.
      this.#underWay++;
      const settle = (/** @type {any} */ told) => {
        this.#ended();
        resolve(read(told));
      };
      const fail = (/** @type {unknown} */ error) => {
        this.#ended();
        reject(error);
      };
      this.#bridge.callTo(GET, given, settle, fail);
    });
  }

  /**
   * A call that crosses together with those of its kind that follow in the same tick. In a cluster each crosses alone.
   * @template Context, Answer
   * @param {import('./batch.js').Kind<Context, Answer>} kind
   * @param {readonly unknown[]} words Its arguments.
   * @param {Context} context
   * @param {number} letters Those of its texts, about.
   * @returns {Promise<Answer>}
   */
  gather(kind, words, context, letters) {
    return new Promise((resolve, reject) => {
      const room = this.open();
      if (this.#batch !== undefined && this.#batch.kind !== kind) this.#sendBatch();
      this.#batch ??= new Batch(kind, room);
      const batch = this.#batch;
      batch.add(words, context, resolve, reject);
      batch.letters += letters;
      if (this.#bridge.isEmbedded || this.isClustered) return this.#sendBatch();
      if (batch.size >= this.#batchSize || batch.letters >= MOST_LETTERS) {
        this.#batchSize = Math.min(2 * this.#batchSize, MOST_IN_A_BATCH);
        this.#sendBatch();
        this.#bridge.submitNow();
      } else if (!this.#isScheduled) {
        this.#isScheduled = true;
        nextTick(this.#flush);
      }
    });
  }

  #sendBatch() {
    const batch = this.#batch;
    if (batch === undefined) return;
    this.#batch = undefined;
    this.#cross(batch.kind.step, batch.values, batch.settle, batch.fail);
  }

  /**
   * @param {Step} step
   * @param {unknown[]} given
   * @param {(outcome: any) => void} resolve
   * @param {(error: unknown) => void} reject
   */
  #cross(step, given, resolve, reject) {
    const bridge = this.#bridge;
    const word = head(verbs.ask, steps[step], given.length);
    if (bridge.isEmbedded) {
      let outcome;
      try {
        outcome = /** @type {any} */ (native.answer(bridge.open(), word, ...given));
        if (typeof outcome === 'string') outcome = bridge.parse(outcome);
      } catch (error) {
        return reject(error);
      }
      return resolve(outcome);
    }
    this.#underWay++;
    const settle = (/** @type {any} */ outcome) => {
      this.#ended();
      resolve(outcome);
    };
    const fail = (/** @type {unknown} */ error) => {
      this.#ended();
      reject(error);
    };
    bridge.callTo(word, given, settle, fail);
  }

  #ended() {
    this.#underWay--;
    if (this.#underWay === 0) for (const resume of this.#whenIdle.splice(0)) resume();
  }

  /** @returns {Promise<void>} */
  #idle() {
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** Lets calls under way settle, then frees the native side. */
  close() {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close() {
    this.#isClosed = true;
    this.#sendBatch();
    this.#endClosing();
    if (this.#underWay > 0) await this.#idle();
    if (this.#isOpen && !this.#bridge.isClosed) this.#now(verbs.close, 0, [this.#room]);
  }
}

/**
 * The options with all defaults. Throws `E_CONFIG` for a value that is not allowed. Starts nothing.
 * @param {object} options
 * @returns {Normalized}
 */
function normalized(options) {
  const text = optionsText(options);
  return JSON.parse(/** @type {string} */ (loadNative().alone(makeError, head(verbs.normalize, 0, 1), text)));
}

module.exports = { Engine, normalized };
