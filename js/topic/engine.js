'use strict';

const { OrgCacheError, makeError } = require('../errors.js');
const { loadNative } = require('../native.js');
const { optionsText } = require('../options.js');
const { head, protocol } = require('../protocol.js');

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

/**
 * The options with all defaults, as native code answers them.
 * @typedef {object} Normalized
 * @property {{ name: string, replay: number | null, retainSeconds: number | null }[]} topics In the order of their numbers.
 * @property {number} maxBytes
 */

/** @typedef {Normalized & { room: number, isClustered: boolean }} Opened */
/** @typedef {keyof typeof protocol.topic.sayings} Saying */
/** @typedef {keyof typeof protocol.topic.steps} Step */

const verbs = protocol.verbs.topic;
const { sayings, steps } = protocol.topic;
const { client: native } = loadNative();

/** The native side of one room of topics: opened with the first call, and again if the client is another one. */
class Engine {
  #bridge;
  #options;
  #onOpen;
  /** @type {number | undefined} */
  #client;
  #room = 0;
  #isClosed = false;
  #underWay = 0;
  /** @type {((nothing: void) => void)[]} */
  #whenIdle = [];
  /** @type {Promise<void> | undefined} */
  #closing;
  /** Whether channels belong to slots. Known after the room was opened. */
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
  }

  /** Whether messages stay in this process. Known after the room was opened. */
  get isEmbedded() {
    return this.#bridge.isEmbedded;
  }

  /** The room's number. Opens the client and the room if necessary. */
  open() {
    if (this.#isClosed) throw new OrgCacheError('E_CLOSED', 'the topics were closed');
    const client = this.#bridge.open();
    if (client === this.#client) return this.#room;
    /** @type {Opened} */
    const opened = JSON.parse(this.#now('open', [optionsText(this.#options)]));
    this.#room = opened.room;
    this.isClustered = opened.isClustered;
    this.#client = client;
    this.#onOpen();
    return this.#room;
  }

  /**
   * A call that native code answers at once, without a connection.
   * @param {Saying} what
   * @param {unknown[]} values
   * @returns {any}
   */
  #now(what, values) {
    return native.answer(
      this.#bridge.open(),
      head(verbs.say, sayings[what], values.length),
      .../** @type {any[]} */ (values),
    );
  }

  /**
   * The name of a channel on the wire.
   * @param {unknown[]} place Topic, organization and user.
   * @returns {string}
   */
  channel(...place) {
    return JSON.parse(this.#now('channel', [this.open(), ...place]));
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
      const word = head(verbs.ask, steps[step], given.length);
      const bridge = this.#bridge;
      if (bridge.isEmbedded) {
        const outcome = /** @type {any} */ (
          native.answer(bridge.open(), word, .../** @type {any[]} */ (given))
        );
        return resolve(typeof outcome === 'string' ? bridge.parse(outcome) : outcome);
      }
      this.#underWay++;
      bridge.callTo(
        word,
        given,
        (outcome) => {
          this.#ended();
          resolve(outcome);
        },
        (error) => {
          this.#ended();
          reject(error);
        },
      );
    });
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
    if (this.#underWay > 0) await this.#idle();
    const isOpen = this.#client !== undefined && this.#client === this.#bridge.client;
    if (isOpen && !this.#bridge.isClosed) this.#now('close', [this.#room]);
  }
}

/**
 * The options with all defaults. Throws `E_CONFIG` for a value that is not allowed. Starts nothing.
 * @param {object} options
 * @returns {Normalized}
 */
function normalized(options) {
  const word = head(verbs.say, sayings.normalize, 1);
  return JSON.parse(/** @type {string} */ (loadNative().alone(makeError, word, optionsText(options))));
}

module.exports = { Engine, normalized };
