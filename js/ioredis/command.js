'use strict';

const { protocol } = require('../protocol.js');
const { ownTimeout } = require('./blocking.js');
const { asCallback } = require('./callback.js');
const { FLAGS, checkFlag } = require('./flags.js');
const { friendlyStack } = require('./friendly-stack.js');
const { keyPositions, prefixKeys } = require('./keys.js');
const { slotOf } = require('./slots.js');
const { clearTimeout, now, setTimeout } = require('../time.js');
const { ARGUMENT_TRANSFORMERS, REPLY_TRANSFORMERS, decoded, wordsOf } = require('./words.js');

const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;
const [PENDING, FULFILLED, REJECTED] = [0, 1, 2];

/**
 * One command on its way: its words, and what becomes of its reply. It is settled once; a promise is made only for
 * those who ask for it, since the commands of a pipeline need none.
 */
class Command {
  static FLAGS = FLAGS;
  static _transformer = { argument: { ...ARGUMENT_TRANSFORMERS }, reply: { ...REPLY_TRANSFORMERS } };

  static checkFlag(flag, name) {
    return checkFlag(flag, name);
  }

  static setArgumentTransformer(name, transform) {
    Command._transformer.argument[name] = transform;
  }

  static setReplyTransformer(name, transform) {
    Command._transformer.reply[name] = transform;
  }

  /** Given to those who hold the command in their hands: `resolve(reply)` takes a reply as the server gives it. */
  #resolve;
  #reject;
  #isResolveReplaced = false;
  #isRejectReplaced = false;
  #promise;
  #fulfilPromise;
  #rejectPromise;
  #state = PENDING;
  #outcome;
  #timer;
  #blockingTimer;
  #blockingDeadline;
  #keys;
  #slot;

  inTransaction = false;
  isReadOnly = false;
  isResolved = false;
  isTraced = false;
  ignore = false;
  pipelineIndex = undefined;
  /** The database for which it was written; a later connection selects that first. */
  database = undefined;
  /** A part of the handshake, which each connection makes anew. */
  isHandshake = false;
  /** Told the outcome beside the promise: a pipeline. */
  onSettled = undefined;

  constructor(name, args = [], options = {}, callback = undefined) {
    this.name = name;
    this.replyEncoding = options.replyEncoding;
    this.errorStack = options.errorStack;
    this.callback = callback;
    this.args = wordsOf(args, Command._transformer.argument[name]);
    if (options.keyPrefix) prefixKeys(name, this.args, options.keyPrefix);
    if (options.readOnly) this.isReadOnly = true;
    if (callback !== undefined) asCallback(this.promise, callback);
  }

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

  get resolve() {
    this.#resolve ??= (reply) => {
      this.answer(reply, true);
      return this.promise;
    };
    return this.#resolve;
  }

  /** Tracers put a function of their own here, which calls the one that was there. */
  set resolve(resolve) {
    this.resolve;
    this.#resolve = resolve;
    this.#isResolveReplaced = true;
  }

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

  /** How the connection is to show the reply. Encodings but UTF-8 are made of Buffers. */
  get replyFlags() {
    return this.replyEncoding === 'utf8' ? FLAT : FLAT | BUFFERS;
  }

  /** The reply as the connection shows it. */
  replied(reply) {
    if (this.#isResolveReplaced) this.#resolve(reply);
    else this.answer(reply, this.replyEncoding !== 'utf8');
  }

  failed(error) {
    if (this.#isRejectReplaced) this.#reject(error);
    else this.refuse(error);
  }

  answer(reply, mayHoldBuffers) {
    if (this.#state !== PENDING) return;
    let value;
    try {
      value = mayHoldBuffers ? this.transformReply(reply) : this.#transformed(reply);
    } catch (error) {
      this.failed(error);
      return;
    }
    this.isResolved = true;
    this.#settle(FULFILLED, value);
    this.#fulfilPromise?.(value);
    this.onSettled?.(null, value, this);
  }

  refuse(error) {
    if (this.#state !== PENDING) return;
    const shown = this.errorStack === undefined ? error : friendlyStack(error, this.errorStack.stack);
    this.#settle(REJECTED, shown);
    this.#rejectPromise?.(shown);
    this.onSettled?.(shown, undefined, this);
  }

  #settle(state, outcome) {
    this.#state = state;
    this.#outcome = outcome;
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    if (this.#blockingTimer !== undefined) clearTimeout(this.#blockingTimer);
  }

  /** Pending again, for another attempt that nobody has heard of. */
  initPromise() {
    this.#state = PENDING;
    this.#outcome = undefined;
    this.#promise = undefined;
    this.#fulfilPromise = undefined;
    this.#rejectPromise = undefined;
    this.isResolved = false;
    if (this.callback !== undefined) asCallback(this.promise, this.callback);
  }

  /** Buffers in the encoding that was asked for, then what the command's transformer makes of it. */
  transformReply(reply) {
    return this.#transformed(this.replyEncoding ? decoded(reply, this.replyEncoding) : reply);
  }

  #transformed(reply) {
    const transform = Command._transformer.reply[this.name];
    return transform === undefined ? reply : transform(reply);
  }

  /** Called with the connection before each time that the command is written. */
  beforeSend(_stream) {}

  /** How the command goes over the wire, for those who write it themselves. */
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

  getKeys() {
    this.#keys ??= keyPositions(this.name, this.args).map((position) => this.args[position]);
    return this.#keys;
  }

  /** The slot of the first key, null where there is none. */
  getSlot() {
    if (this.#slot === undefined) {
      const [key] = this.getKeys();
      this.#slot = key === undefined ? null : slotOf(key);
    }
    return this.#slot;
  }

  setTimeout(milliseconds) {
    this.#timer ??= setTimeout(() => this.failed(new Error('Command timed out')), milliseconds);
  }

  /** After that long it counts as having found nothing, as the server's own timeout would say. */
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
