'use strict';

const { passOn } = require('./context.js');
const { closedEarly, ofCommand, withoutStacks } = require('./errors.js');
const { loadNative } = require('./native.js');
const { bytesOf, argumentArena } = require('./argument-arena.js');
const { hasValue, protocol } = require('./protocol.js');
const { putField } = require('./realm.js');
const { nextTick } = require('./time.js');

/** @import { LinkOwner, Reader, Reject, Resolve, Argument } from './bridge-types.js' */
/** @import { Settle } from './native-types.js' */

const { linkEvents, marks, pushed } = protocol;
/** Compared for every outcome: reading constants costs nothing here, reading properties does. */
const {
  failed: FAILED,
  json: JSON_TEXT,
  lostSent: LOST_SENT,
  lostUnsent: LOST_UNSENT,
  ok: OK,
  value: VALUE,
} = marks;
const FIRST_NUMBER = protocol.firstNumber;
/** A command's number begins above these bits of the head. */
const HEAD_BITS = 16;
const { client: native } = loadNative();
/** Ids from here on are of events, not of calls. */
const FIRST_TOLD = Math.min(pushed, ...Object.values(linkEvents));
/**
 * Number of calls in a tick after which they cross. It doubles with each crossing in the tick: the server works on
 * the first calls while JavaScript makes the others, and many callers still share few writes.
 */
const FIRST_BATCH = 8;
/** Up to this number, arguments cross on the stack, which costs a fraction of reading an array's elements. */
const SPREAD_ARGUMENTS = 2048;
/** Id of the call, head and number of arguments. */
const WORDS_A_CALL = 3;
/** Number of calls in flight for which room is kept. */
const KEEP_IDS = 16_384;
/** For clients whose reads find no copies. */
const NO_KINDS = new Uint32Array(protocol.nearPlaces);
/** The functions of promises are kept in parallel arrays by the id of the call, which allocates no object per call. */
const NO_READER = undefined;

/**
 * Calls on their way into native code and outcomes on their way back. Calls of one tick cross together, and so do
 * outcomes that are ready.
 */
class Calls {
  /**
   * The native client's number while it is open.
   * @type {number | undefined}
   */
  client;
  #link;
  #onPush;
  #calls;
  #outcomes;
  #nearFirst;
  #words = 0;
  /** Whether some call of the cache that has not crossed yet may write. */
  #mayWrite = false;
  /** @type {unknown[]} */
  #arguments = [];
  /** Whether some of these arguments are in the argument arena. */
  #usesArena = false;
  #isScheduled = false;
  /** Number of words after which the calls cross before the end of the tick. */
  #batchWords = WORDS_A_CALL * FIRST_BATCH;
  /** @type {(Resolve | undefined)[]} */
  #resolve = [];
  /** @type {(Reject | undefined)[]} */
  #reject = [];
  /**
   * Converts an outcome into the caller's value; or the name of a command, for its error.
   * @type {(Reader | string | undefined)[]}
   */
  #reader = [];
  /** @type {number[]} */
  #free = [];
  #outstanding = 0;
  /** @type {((nothing: void) => void)[]} */
  #whenIdle = [];
  #flush = () => {
    this.#isScheduled = false;
    this.#batchWords = WORDS_A_CALL * FIRST_BATCH;
    this.#submit();
  };

  /**
   * @param {number} page The maximum of calls that cross at once.
   * @param {LinkOwner | undefined} link
   * @param {((message: any) => void) | undefined} onPush
   * @param {boolean} hasCopies
   */
  constructor(page, link, onPush, hasCopies) {
    this.#link = link;
    this.#onPush = onPush;
    this.#calls = new Uint32Array(WORDS_A_CALL * page);
    this.#outcomes = new Uint32Array(2 * page);
    this.#nearFirst = hasCopies ? new Uint32Array(protocol.nearPlaces) : NO_KINDS;
  }

  /**
   * The memory of calls and outcomes that native code shares, and the function that native code calls with
   * outcomes.
   * @returns {{ settle: Settle, calls: Uint32Array, outcomes: Uint32Array, nearFirst: Uint32Array }}
   */
  get lent() {
    return {
      settle: (count, ...values) => this.#settle(count, values),
      calls: this.#calls,
      outcomes: this.#outcomes,
      nearFirst: this.#nearFirst,
    };
  }

  /**
   * Whether a read of this kind or cache first asks for a copy in this process: such reads find copies, and native code
   * has heard of every write of the cache.
   * @param {number} place
   */
  asksNear(place) {
    return this.#nearFirst[place] !== 0 && !this.#mayWrite;
  }

  /** Whether some call of this tick that has not crossed yet may write. */
  get hasUncrossedWrites() {
    return this.#mayWrite;
  }

  /** Makes the calls of this tick cross now if some of them may write. Native code has then heard of every write. */
  submitWrites() {
    if (this.#mayWrite) this.#submit();
  }

  /**
   * A call with one argument. `reader` converts the outcome into the caller's value.
   * @param {number} head
   * @param {unknown} a
   * @param {Reader} [reader]
   */
  call1(head, a, reader) {
    const callId = this.#begin(head, 1);
    this.#arguments.push(a);
    return this.#promise(callId, reader);
  }

  /**
   * @param {number} head
   * @param {unknown} a
   * @param {unknown} b
   * @param {Reader} [reader]
   */
  call2(head, a, b, reader) {
    const callId = this.#begin(head, 2);
    this.#arguments.push(a, b);
    return this.#promise(callId, reader);
  }

  /**
   * @param {number} head
   * @param {unknown[]} values
   * @param {Reader} [reader]
   * @returns {Promise<any>}
   */
  call(head, values, reader) {
    return new Promise((resolve, reject) => this.callTo(head, values, resolve, reject, reader));
  }

  /**
   * A call that writes nothing which a copy has.
   * @param {number} head
   * @param {unknown[]} values
   * @returns {Promise<any>}
   */
  read(head, values) {
    const callId = this.#begin(head, values.length);
    for (let i = 0; i < values.length; i++) this.#arguments.push(values[i]);
    return this.#promise(callId, NO_READER);
  }

  /**
   * Makes a call whose outcome goes to functions in place of a promise.
   * @param {number} head
   * @param {unknown[]} values
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {Reader} [reader]
   */
  callTo(head, values, resolve, reject, reader = NO_READER) {
    const callId = this.#begin(head, values.length);
    this.#mayWrite = true;
    for (let i = 0; i < values.length; i++) this.#arguments.push(values[i]);
    this.#expect(callId, resolve, reject, reader);
  }

  /**
   * A command, by its number in the head or by its name. Its arguments are texts, numbers and bytes; the caller may
   * change the bytes after this returns. Functions take the outcome, because one promise per command would be most
   * of a pipeline's cost.
   * @param {number} head
   * @param {string} name
   * @param {readonly Argument[]} args
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  command(head, name, args, resolve, reject) {
    const isNamed = head >>> HEAD_BITS === 0;
    const callId = this.#begin(head, isNamed ? args.length + 1 : args.length);
    if (isNamed) this.#arguments.push(name);
    let mustCross = false;
    for (let i = 0; i < args.length; i++) {
      const word = args[i];
      if (typeof word === 'string') this.#arguments.push(word);
      else if (!ArrayBuffer.isView(word)) this.#arguments.push(String(word));
      else if (!this.#pass(bytesOf(word))) mustCross = true;
    }
    this.#expect(callId, resolve, reject, name);
    if (mustCross) this.#submit();
  }

  /**
   * Adds bytes to the arguments. Answers false if they are not copied: the call must then cross before it returns.
   * @param {Uint8Array} bytes
   */
  #pass(bytes) {
    const place = argumentArena.place(bytes);
    this.#arguments.push(place ?? bytes);
    if (place === undefined) return false;
    if (!this.#usesArena) {
      this.#usesArena = true;
      argumentArena.enter();
    }
    return true;
  }

  /**
   * @param {number} head
   * @param {number} count
   */
  #begin(head, count) {
    if (this.#words >= this.#batchWords) {
      this.#batchWords = Math.min(2 * this.#batchWords, this.#calls.length);
      this.#submit();
    }
    const callId = this.#free.length > 0 ? /** @type {number} */ (this.#free.pop()) : this.#resolve.length;
    // Holes in the arrays would make every access slower.
    if (callId === this.#resolve.length) {
      this.#resolve.push(undefined);
      this.#reject.push(undefined);
      this.#reader.push(NO_READER);
    }
    this.#calls[this.#words++] = callId;
    this.#calls[this.#words++] = head;
    this.#calls[this.#words++] = count;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      nextTick(this.#flush);
    }
    return callId;
  }

  /**
   * @param {number} callId
   * @param {Reader | undefined} reader
   * @returns {Promise<any>}
   */
  #promise(callId, reader) {
    return new Promise((resolve, reject) => this.#expect(callId, resolve, reject, reader));
  }

  /**
   * @param {number} callId
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {Reader | string | undefined} reader
   */
  #expect(callId, resolve, reject, reader) {
    this.#outstanding++;
    this.#resolve[callId] = resolve;
    this.#reject[callId] = reject;
    this.#reader[callId] = reader;
  }

  #submit() {
    const words = this.#words;
    if (words === 0) return;
    const values = this.#arguments;
    this.#words = 0;
    this.#mayWrite = false;
    this.#arguments = [];
    const { room } = argumentArena;
    if (this.#usesArena) argumentArena.leave();
    this.#usesArena = false;
    try {
      // The client was closed by a callback that ran after these calls were made.
      if (this.client === undefined) throw this.#link?.lost ?? closedEarly();
      if (values.length <= SPREAD_ARGUMENTS) native.submit(this.client, words, room, ...values);
      else native.submitArray(this.client, words, room, values);
      this.#link?.submitted?.();
    } catch (error) {
      for (let i = 0; i < words; i += WORDS_A_CALL) this.#rejectCall(this.#calls[i], error);
    }
  }

  /**
   * Rejects a call. Its id is not used again, because native code may still settle it.
   * @param {number} callId
   * @param {unknown} error
   */
  #rejectCall(callId, error) {
    const reject = this.#reject[callId];
    if (reject === undefined) return;
    const reader = this.#reader[callId];
    this.#take(callId);
    this.#outstanding--;
    reject(ofCall(error, reader));
  }

  /** @param {number} callId */
  #take(callId) {
    this.#resolve[callId] = undefined;
    this.#reject[callId] = undefined;
    this.#reader[callId] = NO_READER;
  }

  /**
   * @param {number} count
   * @param {unknown[]} values
   */
  #settle(count, values) {
    // A callback of a Link may make calls, and their outcomes overwrite these.
    const isCopied = this.#link !== undefined && count > 1;
    const outcomes = isCopied ? this.#outcomes.slice(0, 2 * count) : this.#outcomes;
    const messages = [];
    let next = 0;
    for (let i = 0; i < count; i++) {
      const callId = outcomes[2 * i];
      const mark = outcomes[2 * i + 1];
      const value = hasValue(mark) ? values[next++] : undefined;
      if (callId >= FIRST_TOLD) {
        if (this.#link !== undefined) this.#link.handleEvent(callId, value);
        else messages.push(value);
        continue;
      }
      const resolve = this.#resolve[callId];
      const reject = /** @type {Reject} */ (this.#reject[callId]);
      const reader = this.#reader[callId];
      // The call was rejected before.
      if (resolve === undefined) continue;
      this.#take(callId);
      this.#free.push(callId);
      this.#outstanding--;
      if (mark === FAILED) {
        reject(ofCall(value, reader));
        continue;
      }
      if (mark === LOST_SENT || mark === LOST_UNSENT) {
        reject(/** @type {LinkOwner} */ (this.#link).lost, mark === LOST_SENT);
        continue;
      }
      const outcome = mark === VALUE ? value : this.#read(mark, value);
      resolve(typeof reader === 'function' ? reader(outcome) : outcome);
    }
    // A listener may make calls, and their outcomes overwrite these.
    for (const message of messages) this.#push(message);
    if (this.#outstanding === 0) this.#rest();
  }

  /**
   * No call is in flight. The memory of a burst is freed only if every id is free, so that no id is used twice.
   */
  #rest() {
    const { length } = this.#resolve;
    if (length > KEEP_IDS && this.#free.length === length) {
      for (const kept of [this.#resolve, this.#reject, this.#reader, this.#free]) kept.length = 0;
    }
    if (this.#whenIdle.length > 0) for (const resume of this.#whenIdle.splice(0)) resume();
  }

  /** Rejects every call in flight with `E_CLOSED`. */
  rejectAll() {
    withoutStacks(() => {
      for (const callId of this.#reject.keys())
        if (this.#reject[callId]) this.#rejectCall(callId, closedEarly());
    });
  }

  /** Whether no call is in flight. */
  get isIdle() {
    return this.#outstanding === 0;
  }

  /**
   * Resolves when no call is in flight. New calls may have begun when the caller continues.
   * @returns {Promise<void>}
   */
  nextIdle() {
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  /** @param {unknown} message */
  #push(message) {
    try {
      this.#onPush?.(message);
    } catch (error) {
      passOn(error);
    }
  }

  /**
   * @param {number} mark
   * @param {any} value
   */
  #read(mark, value) {
    if (mark >= FIRST_NUMBER) return mark - FIRST_NUMBER;
    switch (mark) {
      case OK:
        return 'OK';
      case JSON_TEXT:
        return this.parse(value);
      case marks.null:
        return null;
      case marks.true:
        return true;
      case marks.false:
        return false;
      case marks.entries:
        return this.entries(value);
      default:
        return value;
    }
  }

  /**
   * Parses a stored text. A text that is not JSON is a miss, and counted.
   * @param {string} text
   */
  parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      if (this.client !== undefined) native.corruptValue(this.client);
      return null;
    }
  }

  /**
   * An object from alternating fields and JSON texts.
   * @param {string[]} texts
   */
  entries(texts) {
    const object = {};
    for (let i = 0; i < texts.length; i += 2) putField(object, texts[i], this.parse(texts[i + 1]));
    return object;
  }

  /** Makes the calls of this tick cross now. */
  submitNow() {
    this.#submit();
  }
}

/**
 * The error of a call. The error of a command names the command.
 * @param {unknown} error
 * @param {Reader | string | undefined} reader
 */
function ofCall(error, reader) {
  return typeof reader === 'string' ? ofCommand(error, reader) : error;
}

module.exports = { Calls };
