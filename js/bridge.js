'use strict';

const { Context, passOn } = require('./context.js');
const { Environment, textForLinks } = require('./environment.js');
const { OrgCacheError, closedEarly, makeError, ofCommand, withoutStacks } = require('./errors.js');
const { loadNative } = require('./native.js');
const { optionsText } = require('./options.js');
const { pageOf } = require('./pages.js');
const { bytesOf, passingBytes } = require('./passing-bytes.js');
const { hasValue, protocol } = require('./protocol.js');
const { extend, makeArray, makeObject, putField } = require('./realm.js');
const { clearTimeout, nextTick, setTimeout } = require('./time.js');

/** @import { BridgeGiven, LinkOwner, Reader, Reject, Resolve, Word } from './bridge-types.js' */
/** @import { HearNotice, MakeError, OpenNative, Settle } from './native-types.js' */
/** @import { Configured, Report } from './report-types.js' */
/** @import { ShutdownResult } from '../index.js' */

const { linkSlots, marks, pushed, roles } = protocol;
/** Compared for every outcome: constants cost nothing there, and properties do. */
const {
  failed: FAILED,
  json: JSON_TEXT,
  lostSent: LOST_SENT,
  lostUnsent: LOST_UNSENT,
  ok: OK,
  value: VALUE,
} = marks;
const FIRST_NUMBER = protocol.firstNumber;
/** A command's number stands above these bits of the head. */
const HEAD_BITS = 16;
const native = loadNative();
/** Slots from here on are no calls. */
const FIRST_TOLD = Math.min(pushed, ...Object.values(linkSlots));
/**
 * The calls of a tick cross when so many have gathered, and the next time when twice as many have: the server
 * works on the first while JavaScript still makes the others, and many callers still share few writes.
 */
const FIRST_BATCH = 8;
/** As many arguments cross on the stack, which costs a fraction of what reading an array's elements does. */
const SPREAD_ARGUMENTS = 2048;
/** Slot, head and number of arguments. */
const WORDS_A_CALL = 3;
/** For so many calls that are under way at once room is kept. */
const KEEP_SLOTS = 16_384;
/** A promise's functions are kept in parallel arrays by slot, which costs no object a call. */
const NO_READER = undefined;
/** Events that native code tells when the journal has become shorter, or has taken in what ended processes left. */
const REPLAY_NOTICES = ['replay', 'recovered', 'journal-read'];
/** The longest that a timer of Node waits. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The way into native code and back: calls of one tick cross together, outcomes that are ready come back
 * together. Opens on the first call; until then nothing is started.
 */
class Bridge {
  /**
   * The native client's number, as long as it is open.
   * @type {number | undefined}
   */
  #client;
  #options;
  #environment;
  #onNotice;
  #role;
  #hasJournal;
  #onPush;
  #link;
  #context;
  #term;
  /** @type {Set<HearNotice>} */
  #listeners = new Set();
  #isClosed = false;
  /**
   * Native code's last report of a client with a journal, once it was closed and its native part is gone.
   * @type {string | undefined}
   */
  #lastReport;
  #calls;
  #outcomes;
  #words = 0;
  /** @type {unknown[]} */
  #arguments = [];
  /** Whether bytes of these arguments are among the passing ones. */
  #hasPassing = false;
  #isScheduled = false;
  #usesRedis = true;
  /** Words at which the calls cross without waiting for the end of the tick. */
  #batchWords = WORDS_A_CALL * FIRST_BATCH;
  /** @type {(Resolve | undefined)[]} */
  #resolve = [];
  /** @type {(Reject | undefined)[]} */
  #reject = [];
  /**
   * Makes the caller's value of an outcome; or the name of a command, for its error.
   * @type {(Reader | string | undefined)[]}
   */
  #reader = [];
  /** @type {number[]} */
  #free = [];
  #outstanding = 0;
  /** @type {((nothing: void) => void)[]} */
  #whenIdle = [];
  /** @type {((nothing: void) => void)[]} */
  #whenReplayed = [];
  /** @type {Promise<ShutdownResult> | undefined} */
  #closing;
  #flush = () => {
    this.#isScheduled = false;
    this.#batchWords = WORDS_A_CALL * FIRST_BATCH;
    this.#submit();
  };

  /** Whether calls are answered at once, without a connection. Known once the bridge is open. */
  isEmbedded = false;
  /**
   * What `config` has answered, until whoever changes options takes it away.
   * @type {Configured | undefined}
   */
  knownConfig;

  /**
   * @param {object} options
   * @param {HearNotice} onNotice
   * @param {BridgeGiven} [given]
   */
  constructor(options, onNotice, given = {}) {
    const { role = roles.shared, hasJournal = true, onPush, link, term } = given;
    const { context = new Context(), environment = new Environment() } = given;
    this.#options = options;
    this.#environment = environment;
    this.#onNotice = onNotice;
    this.#role = role;
    this.#hasJournal = hasJournal;
    this.#onPush = onPush;
    this.#link = link;
    this.#context = context;
    this.#term = term;
    const page = pageOf(role, link !== undefined);
    this.#calls = new Uint32Array(WORDS_A_CALL * page);
    this.#outcomes = new Uint32Array(2 * page);
  }

  get isOpen() {
    return this.#client !== undefined && !this.#isClosed;
  }

  get isClosed() {
    return this.#isClosed || this.#term?.isOver === true;
  }

  /** The number of the native client, which is opened if it is not. */
  open() {
    if (this.isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    if (this.#client !== undefined) return this.#client;
    if (this.#link !== undefined) {
      this.#client = this.#openNative(native.openLink, this.#link.makeError, this.#link.target);
      return this.#client;
    }
    const client = this.#openNative(native.open, makeError, this.#role);
    this.#client = client;
    // Connections that come and go carry no calls of the cache, and a report is what would cost them most.
    this.isEmbedded = this.#hasJournal && this.report().driver === 'embedded';
    if (!this.#usesRedis) native.client.useRedis(client, false);
    this.#hear('connecting', '{}');
    return client;
  }

  /**
   * @template What
   * @param {OpenNative<What>} open
   * @param {MakeError} makeErrors
   * @param {What} what
   */
  #openNative(open, makeErrors, what) {
    return this.#context.run(
      open,
      makeErrors,
      makeArray,
      makeObject,
      extend,
      /** @type {Settle} */ ((count, ...values) => this.#settle(count, values)),
      /** @type {HearNotice} */ ((name, json) => this.#hear(name, json)),
      this.#calls,
      this.#outcomes,
      ...this.#settings(),
      what,
    );
  }

  /**
   * @param {string} name
   * @param {string} json
   */
  #hear(name, json) {
    this.#onNotice(name, json);
    for (const listener of this.#listeners) listener(name, json);
    if (REPLAY_NOTICES.includes(name)) for (const resume of this.#whenReplayed.splice(0)) resume();
  }

  /**
   * Everything the client knows about itself. Also after it was closed, where it has a journal.
   * @returns {Report}
   */
  report() {
    return JSON.parse(this.#lastReport ?? native.client.report(this.#client ?? this.open()));
  }

  /**
   * What is configured. Asking starts nothing. The environment is read once.
   * @returns {Configured}
   */
  config() {
    const isKnown = this.#client !== undefined || this.#lastReport !== undefined;
    /** @returns {Configured} */
    const read = () => JSON.parse(native.inspect(makeError, ...this.#settings()));
    this.knownConfig ??= isKnown ? this.report().config : read();
    return this.knownConfig;
  }

  /** Whether a call that names no organization is refused. */
  get requiresOrganization() {
    return (this.knownConfig ?? this.config()).requireOrganization;
  }

  /** Whether the configuration asks for a connection before the first call. Asking takes no variables yet. */
  get isEager() {
    const settings = /** @type {const} */ ([optionsText(this.#options), this.#environment.peek()]);
    return !JSON.parse(native.inspect(makeError, ...settings)).lazyConnect;
  }

  /**
   * Options and environment, as JSON.
   * @returns {[options: string, environment: string]}
   */
  #settings() {
    if (this.#link !== undefined) return [optionsText(this.#options), textForLinks()];
    if (this.#hasJournal) return [optionsText(this.#options), this.#environment.text()];
    const { journalDir: _own, ...options } = /** @type {{ journalDir?: unknown }} */ (this.#options);
    return [optionsText(options), this.#environment.text('CACHE_JOURNAL_DIR')];
  }

  /**
   * Calls `listener` with each notice of native code, a name and JSON. Answers what ends that.
   * @param {HearNotice} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Whether calls are meant for Redis: configured, and not turned off by the caller. */
  get usesRedis() {
    return this.#usesRedis && this.config().useRedis;
  }

  /** Whether the caller has turned Redis off that is configured: values then end with this process. */
  get isSetAside() {
    return !this.#usesRedis && this.config().useRedis;
  }

  set usesRedis(isOn) {
    this.#usesRedis = Boolean(isOn);
    if (this.#client !== undefined) native.client.useRedis(this.#client, this.#usesRedis);
  }

  /**
   * A call with one argument; `reader` makes the caller's value of the outcome.
   * @param {number} head
   * @param {unknown} a
   * @param {Reader} [reader]
   */
  call1(head, a, reader) {
    const slot = this.#begin(head, 1);
    this.#arguments.push(a);
    return this.#promise(slot, reader);
  }

  /**
   * @param {number} head
   * @param {unknown} a
   * @param {unknown} b
   * @param {Reader} [reader]
   */
  call2(head, a, b, reader) {
    const slot = this.#begin(head, 2);
    this.#arguments.push(a, b);
    return this.#promise(slot, reader);
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
   * The same, whose outcome goes to functions.
   * @param {number} head
   * @param {unknown[]} values
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {Reader} [reader]
   */
  callTo(head, values, resolve, reject, reader = NO_READER) {
    const slot = this.#begin(head, values.length);
    for (let i = 0; i < values.length; i++) this.#arguments.push(values[i]);
    this.#expect(slot, resolve, reject, reader);
  }

  /**
   * A command by its number in the head, or else by its name, and its words, which are texts, numbers and bytes; the
   * caller may change the bytes when this returns. Its outcome goes to functions: a promise each would cost a pipeline most.
   * @param {number} head
   * @param {string} name
   * @param {readonly Word[]} words
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  command(head, name, words, resolve, reject) {
    const isNamed = head >>> HEAD_BITS === 0;
    const slot = this.#begin(head, isNamed ? words.length + 1 : words.length);
    if (isNamed) this.#arguments.push(name);
    let mustCross = false;
    for (let i = 0; i < words.length; i++) {
      const word = words[i];
      if (typeof word === 'string') this.#arguments.push(word);
      else if (!ArrayBuffer.isView(word)) this.#arguments.push(String(word));
      else if (!this.#pass(bytesOf(word))) mustCross = true;
    }
    this.#expect(slot, resolve, reject, name);
    if (mustCross) this.#submit();
  }

  /**
   * Takes bytes in; false where they are still the caller's own, so that the call must cross before it returns.
   * @param {Uint8Array} bytes
   */
  #pass(bytes) {
    const place = passingBytes.place(bytes);
    this.#arguments.push(place ?? bytes);
    if (place === undefined) return false;
    if (!this.#hasPassing) {
      this.#hasPassing = true;
      passingBytes.enter();
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
    const slot = this.#free.length > 0 ? /** @type {number} */ (this.#free.pop()) : this.#resolve.length;
    // Holes in the arrays would make every access slower.
    if (slot === this.#resolve.length) {
      this.#resolve.push(undefined);
      this.#reject.push(undefined);
      this.#reader.push(NO_READER);
    }
    this.#calls[this.#words++] = slot;
    this.#calls[this.#words++] = head;
    this.#calls[this.#words++] = count;
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      nextTick(this.#flush);
    }
    return slot;
  }

  /**
   * @param {number} slot
   * @param {Reader | undefined} reader
   * @returns {Promise<any>}
   */
  #promise(slot, reader) {
    return new Promise((resolve, reject) => this.#expect(slot, resolve, reject, reader));
  }

  /**
   * @param {number} slot
   * @param {Resolve} resolve
   * @param {Reject} reject
   * @param {Reader | string | undefined} reader
   */
  #expect(slot, resolve, reject, reader) {
    this.#outstanding++;
    this.#resolve[slot] = resolve;
    this.#reject[slot] = reject;
    this.#reader[slot] = reader;
  }

  #submit() {
    const words = this.#words;
    if (words === 0) return;
    const values = this.#arguments;
    this.#words = 0;
    this.#arguments = [];
    const { room } = passingBytes;
    if (this.#hasPassing) passingBytes.leave();
    this.#hasPassing = false;
    try {
      // Closed by a caller who was told an outcome, after these were called for.
      if (this.#client === undefined) throw this.#link?.lost ?? closedEarly();
      if (values.length <= SPREAD_ARGUMENTS) native.client.submit(this.#client, words, room, ...values);
      else native.client.submitArray(this.#client, words, room, values);
      this.#link?.submitted?.();
    } catch (error) {
      for (let i = 0; i < words; i += WORDS_A_CALL) this.#giveUp(this.#calls[i], error);
    }
  }

  /**
   * Rejects a call. Its slot is not used again: native code may settle it all the same.
   * @param {number} slot
   * @param {unknown} error
   */
  #giveUp(slot, error) {
    const reject = this.#reject[slot];
    if (reject === undefined) return;
    const reader = this.#reader[slot];
    this.#take(slot);
    this.#outstanding--;
    reject(ofCall(error, reader));
  }

  /** @param {number} slot */
  #take(slot) {
    this.#resolve[slot] = undefined;
    this.#reject[slot] = undefined;
    this.#reader[slot] = NO_READER;
  }

  /**
   * @param {number} count
   * @param {unknown[]} values
   */
  #settle(count, values) {
    // A caller of a Link may call back in, and what is settled then is written where these outcomes stand.
    const isCopied = this.#link !== undefined && count > 1;
    const outcomes = isCopied ? this.#outcomes.slice(0, 2 * count) : this.#outcomes;
    const messages = [];
    let next = 0;
    for (let i = 0; i < count; i++) {
      const slot = outcomes[2 * i];
      const mark = outcomes[2 * i + 1];
      const value = hasValue(mark) ? values[next++] : undefined;
      if (slot >= FIRST_TOLD) {
        if (this.#link !== undefined) this.#link.told(slot, value);
        else messages.push(value);
        continue;
      }
      const resolve = this.#resolve[slot];
      const reject = /** @type {Reject} */ (this.#reject[slot]);
      const reader = this.#reader[slot];
      // Was given up.
      if (resolve === undefined) continue;
      this.#take(slot);
      this.#free.push(slot);
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
    // A listener may call back in, and what is settled then is written where these outcomes stand.
    for (const message of messages) this.#push(message);
    if (this.#outstanding === 0) this.#rest();
  }

  /** Nothing is under way. What a burst has taken is given back where every slot is free, so that none is used twice. */
  #rest() {
    const { length } = this.#resolve;
    if (length > KEEP_SLOTS && this.#free.length === length) {
      for (const slots of [this.#resolve, this.#reject, this.#reader, this.#free]) slots.length = 0;
    }
    if (this.#whenIdle.length > 0) for (const resume of this.#whenIdle.splice(0)) resume();
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
   * A stored text that is no JSON is a miss, and counted.
   * @param {string} text
   */
  parse(text) {
    try {
      return JSON.parse(text);
    } catch {
      if (this.#client !== undefined) native.client.corruptValue(this.#client);
      return null;
    }
  }

  /**
   * Fields and JSON texts in turn, as an object.
   * @param {string[]} texts
   */
  entries(texts) {
    const object = {};
    for (let i = 0; i < texts.length; i += 2) putField(object, texts[i], this.parse(texts[i + 1]));
    return object;
  }

  /** Lets the calls of this tick cross now. */
  submitNow() {
    this.#submit();
  }

  /** Lets go of a Link whose connection is gone and whose calls have settled. */
  closeLink() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    native.client.close(/** @type {number} */ (this.#client), false);
    this.#client = undefined;
  }

  /**
   * Lets what is under way settle and the journal become empty within `timeoutMs`, then closes; calls that are
   * left then fail with `E_CLOSED`. Answers what a shutdown does; the same promise every time.
   * @param {number} timeoutMs
   */
  close(timeoutMs) {
    this.#closing ??= this.#close(Math.min(timeoutMs, MAX_TIMER_MS));
    return this.#closing;
  }

  /**
   * @param {number} timeoutMs
   * @returns {Promise<ShutdownResult>}
   */
  async #close(timeoutMs) {
    this.#isClosed = true;
    if (this.#client === undefined) return { flushed: true, journalEntries: 0 };
    this.#submit();
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#quiet(), late]);
    clearTimeout(timer);
    const isQuiet = this.#outstanding === 0;
    withoutStacks(() => {
      for (const slot of this.#reject.keys()) if (this.#reject[slot]) this.#giveUp(slot, closedEarly());
    });
    // The connections of a duplicate come and go, and nobody asks for a report of those that went.
    this.#lastReport = native.client.close(this.#client, this.#hasJournal);
    this.#client = undefined;
    const { entries: journalEntries, isReading } = this.#journal();
    return { flushed: isQuiet && journalEntries === 0 && !isReading, journalEntries };
  }

  /** Closes at once, and opens again with the next call: options and environment are read anew then. */
  async reset() {
    await this.close(0);
    this.#lastReport = undefined;
    this.knownConfig = undefined;
    this.#environment.forget();
    this.#isClosed = false;
    this.#closing = undefined;
    this.#usesRedis = true;
    this.isEmbedded = false;
  }

  /** Settles when no call is under way and the journal is empty. */
  async #quiet() {
    while (this.#outstanding > 0) await new Promise((resolve) => this.#whenIdle.push(resolve));
    const isWaiting = () => {
      const { entries, isReading } = this.#journal();
      return entries > 0 || isReading;
    };
    while (isWaiting()) await new Promise((resolve) => this.#whenReplayed.push(resolve));
  }

  /** The journal's entries, and whether those of ended processes are still to come. */
  #journal() {
    if (!this.#hasJournal) return { entries: 0, isReading: false };
    const { entries, clears, reading } = this.report().journal;
    return { entries: entries + clears, isReading: reading };
  }
}

/**
 * The error of a call; that of a command names it.
 * @param {unknown} error
 * @param {Reader | string | undefined} reader
 */
function ofCall(error, reader) {
  return typeof reader === 'string' ? ofCommand(error, reader) : error;
}

module.exports = { Bridge };
