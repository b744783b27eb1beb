'use strict';

const { protocol } = require('../protocol.js');
const { ownTimeout } = require('./blocking.js');
const { asCallback } = require('./callback.js');
const { FLAGS, checkFlag } = require('./flags.js');
const { friendlyStack } = require('./friendly-stack.js');
const { keyPositions, prefixKeys } = require('./keys.js');
const { slotOf } = require('./slots.js');
const { clearTimeout, now, setTimeout } = require('../time.js');
const {
  ARGUMENT_TRANSFORMERS,
  REPLY_TRANSFORMERS,
  decoded,
  encodeArguments,
} = require('./encode-arguments.js');

/**
 * @import { LinkStream } from './classes.js'
 * @import { Flag } from './flags.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { ArgumentTransformer, ReplyTransformer, Argument } from './encode-arguments.js'
 *
 * @typedef {object} CommandOptions
 * @property {BufferEncoding | null} [replyEncoding] null for Buffers.
 * @property {Error} [errorStack] Made at the call, for its stack.
 * @property {Argument} [keyPrefix]
 * @property {boolean} [readOnly]
 *
 * @typedef {(error: Error | null, value: unknown, command: Command) => void} OnSettled
 * @typedef {{ argument: Record<string, ArgumentTransformer | undefined>,
 *   reply: Record<string, ReplyTransformer | undefined> }} Transformers
 */

const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;
const [PENDING, FULFILLED, REJECTED] = [0, 1, 2];

/**
 * One command from call to reply: its arguments and its outcome. It is settled once. A promise is made only on
 * demand, because the commands of a pipeline need none.
 */
class Command {
  static FLAGS = FLAGS;
  /** @type {Transformers} */
  static _transformer = { argument: { ...ARGUMENT_TRANSFORMERS }, reply: { ...REPLY_TRANSFORMERS } };

  /**
   * @param {Flag} flag
   * @param {string} name
   */
  static checkFlag(flag, name) {
    return checkFlag(flag, name);
  }

  /**
   * @param {string} name
   * @param {ArgumentTransformer} transform
   */
  static setArgumentTransformer(name, transform) {
    Command._transformer.argument[name] = transform;
  }

  /**
   * @param {string} name
   * @param {ReplyTransformer} transform
   */
  static setReplyTransformer(name, transform) {
    Command._transformer.reply[name] = transform;
  }

  /**
   * The public `resolve(reply)` of the command. It takes a reply in the form of the server.
   * @type {((reply: unknown) => unknown) | undefined}
   */
  #resolve;
  /** @type {((error: Error) => void) | undefined} */
  #reject;
  #isResolveReplaced = false;
  #isRejectReplaced = false;
  /** @type {Promise<unknown> | undefined} */
  #promise;
  /** @type {((value: unknown) => void) | undefined} */
  #fulfilPromise;
  /** @type {((error: Error) => void) | undefined} */
  #rejectPromise;
  /** @type {number} */
  #state = PENDING;
  /** @type {unknown} */
  #outcome;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** @type {NodeJS.Timeout | undefined} */
  #blockingTimer;
  /** @type {number | undefined} */
  #blockingDeadline;
  /** @type {Argument[] | undefined} */
  #keys;
  /** @type {number | null | undefined} */
  #slot;

  inTransaction = false;
  isReadOnly = false;
  isResolved = false;
  isTraced = false;
  ignore = false;
  /** @type {number | undefined} */
  pipelineIndex = undefined;
  /**
   * The database at the time of the write. A later connection selects it first.
   * @type {number | undefined}
   */
  database = undefined;
  /** Whether it is part of the handshake, which each connection makes anew. */
  isHandshake = false;
  /**
   * Called with the outcome in addition to the promise, for a pipeline.
   * @type {OnSettled | undefined}
   */
  onSettled = undefined;

  /**
   * @param {string} name
   * @param {unknown[]} [args]
   * @param {CommandOptions} [options]
   * @param {Callback} [callback]
   */
  constructor(name, args = [], options = {}, callback = undefined) {
    this.name = name;
    this.replyEncoding = options.replyEncoding;
    this.errorStack = options.errorStack;
    this.callback = callback;
    this.args = encodeArguments(args, Command._transformer.argument[name]);
    if (options.keyPrefix) prefixKeys(name, this.args, options.keyPrefix);
    if (options.readOnly) this.isReadOnly = true;
    if (callback !== undefined) asCallback(this.promise, callback);
  }

  /** @returns {Promise<unknown>} */
  get promise() {
    this.#promise ??= new Promise((fulfil, reject) => {
      if (this.#state === PENDING) {
        this.#fulfilPromise = fulfil;
        this.#rejectPromise = reject;
      } else if (this.#state === FULFILLED) fulfil(this.#outcome);
      else reject(this.#outcome);
    });
    return this.#promise;
  }

  set promise(promise) {
    this.#promise = promise;
  }

  /** @returns {(reply: unknown) => unknown} */
  get resolve() {
    this.#resolve ??= (reply) => {
      this.answer(reply, true);
      return this.promise;
    };
    return this.#resolve;
  }

  /** Tracers assign a function of their own, which calls the previous one. */
  set resolve(resolve) {
    this.resolve;
    this.#resolve = resolve;
    this.#isResolveReplaced = true;
  }

  /** @returns {(error: Error) => void} */
  get reject() {
    this.#reject ??= (error) => this.refuse(error);
    return this.#reject;
  }

  set reject(reject) {
    this.reject;
    this.#reject = reject;
    this.#isRejectReplaced = true;
  }

  get isSettled() {
    return this.#state !== PENDING;
  }

  /**
   * Flags for the form of the reply. Encodings other than UTF-8 are decoded from Buffers.
   * @returns {number}
   */
  get replyFlags() {
    return this.replyEncoding === 'utf8' ? FLAT : FLAT | BUFFERS;
  }

  /**
   * Takes the reply in the form of the connection.
   * @param {unknown} reply
   */
  replied(reply) {
    if (this.#isResolveReplaced) /** @type {(reply: unknown) => unknown} */ (this.#resolve)(reply);
    else this.answer(reply, this.replyEncoding !== 'utf8');
  }

  /** @param {Error} error */
  failed(error) {
    if (this.#isRejectReplaced) /** @type {(error: Error) => void} */ (this.#reject)(error);
    else this.refuse(error);
  }

  /**
   * @param {unknown} reply
   * @param {boolean} mayHoldBuffers
   */
  answer(reply, mayHoldBuffers) {
    if (this.#state !== PENDING) return;
    let value;
    try {
      value = mayHoldBuffers ? this.transformReply(reply) : this.#transformed(reply);
    } catch (error) {
      this.failed(/** @type {Error} */ (error));
      return;
    }
    this.isResolved = true;
    this.#settle(FULFILLED, value);
    this.#fulfilPromise?.(value);
    this.onSettled?.(null, value, this);
  }

  /** @param {Error} error */
  refuse(error) {
    if (this.#state !== PENDING) return;
    const shown =
      this.errorStack === undefined
        ? error
        : friendlyStack(error, /** @type {string} */ (this.errorStack.stack));
    this.#settle(REJECTED, shown);
    this.#rejectPromise?.(shown);
    this.onSettled?.(shown, undefined, this);
  }

  /**
   * @param {number} state
   * @param {unknown} outcome
   */
  #settle(state, outcome) {
    this.#state = state;
    this.#outcome = outcome;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#blockingTimer !== undefined) clearTimeout(this.#blockingTimer);
  }

  /** Makes the command pending again, for another attempt of which the caller does not know. */
  initPromise() {
    this.#state = PENDING;
    this.#outcome = undefined;
    this.#promise = undefined;
    this.#fulfilPromise = undefined;
    this.#rejectPromise = undefined;
    this.isResolved = false;
    if (this.callback !== undefined) asCallback(this.promise, this.callback);
  }

  /**
   * Decodes Buffers with the requested encoding, then applies the command's transformer.
   * @param {unknown} reply
   * @returns {unknown}
   */
  transformReply(reply) {
    return this.#transformed(this.replyEncoding ? decoded(reply, this.replyEncoding) : reply);
  }

  /** @param {unknown} reply */
  #transformed(reply) {
    const transform = Command._transformer.reply[this.name];
    return transform === undefined ? reply : transform(reply);
  }

  /**
   * Called with the connection each time before the command is written.
   * @param {LinkStream} _stream
   */
  beforeSend(_stream) {}

  /**
   * The bytes of the command, for code that writes it itself.
   * @param {LinkStream} stream
   */
  toWritable(stream) {
    this.beforeSend(stream);
    const parts = [Buffer.from(`*${this.args.length + 1}\r\n`)];
    let hasBuffers = false;
    for (const word of [this.name, ...this.args]) {
      hasBuffers ||= Buffer.isBuffer(word);
      parts.push(Buffer.from(`$${Buffer.byteLength(word)}\r\n`), Buffer.from(word), Buffer.from('\r\n'));
    }
    const bytes = Buffer.concat(parts);
    return hasBuffers ? bytes : bytes.toString();
  }

  /** @returns {Argument[]} */
  getKeys() {
    this.#keys ??= keyPositions(this.name, this.args).map((position) => this.args[position]);
    return this.#keys;
  }

  /**
   * The slot of the first key, or null if there is no key.
   * @returns {number | null}
   */
  getSlot() {
    if (this.#slot === undefined) {
      const [key] = this.getKeys();
      this.#slot = key === undefined ? null : slotOf(key);
    }
    return this.#slot;
  }

  /** @param {number} milliseconds */
  setTimeout(milliseconds) {
    this.#timer ??= setTimeout(() => this.failed(new Error('Command timed out')), milliseconds);
  }

  /**
   * After this time the command counts as having found nothing, as with the server's own timeout.
   * @param {number} milliseconds
   */
  setBlockingTimeout(milliseconds) {
    if (milliseconds <= 0) return;
    clearTimeout(this.#blockingTimer);
    this.#blockingDeadline ??= now() + milliseconds;
    const left = this.#blockingDeadline - now();
    if (left <= 0) this.resolve(null);
    else this.#blockingTimer = setTimeout(() => this.resolve(null), left);
  }

  extractBlockingTimeout() {
    return ownTimeout(this.name, this.args);
  }
}

module.exports = { Command };
