'use strict';

const { Context } = require('./context.js');
const { endpointOf } = require('./client/endpoint.js');
const { Environment, textForLinks } = require('./environment.js');
const { OrgCacheError, makeError } = require('./errors.js');
const { loadNative } = require('./native.js');
const { optionsText } = require('./options.js');
const { pageOf } = require('./pages.js');
const { protocol } = require('./protocol.js');
const { extend, makeArray, makeObject } = require('./realm.js');
const { MAX_TIMER_MS, clearTimeout, setTimeout } = require('./time.js');
const { TracedCalls } = require('./traced-calls.js');
const { showCopies } = require('./tracing/copies.js');

/** @import { BridgeGiven } from './bridge-types.js' */
/** @import { EventName, OnEvent, MakeError, OpenNative } from './native-types.js' */
/** @import { Configured, Report, Settings } from './report-types.js' */
/** @import { Server } from './tracing/open-telemetry.js' */
/** @import { ShutdownResult } from '../index.js' */

/**
 * Forgets what a room of JavaScript keeps of an organization. Answers the name of the place and how much that was.
 * @typedef {(organization: unknown) => { name: string, entries: number }} Forget
 */
/**
 * What a room hears of an erasure: each command that a script has answered and that was sent, and that keys are erased.
 * @typedef {{ sent: (words: string[]) => void, erased: () => Promise<unknown> }} ErasureListener
 */

const { events, roles } = protocol;
const native = loadNative();
/**
 * Events after which the journal is shorter, or holds the entries that ended processes left.
 * @type {EventName[]}
 */
const REPLAY_EVENTS = [events.replay, events.recovered, events.journalRead];

/** The way into native code and back. The first call opens it; nothing is started before. */
class Bridge extends TracedCalls {
  #options;
  #environment;
  #onEvent;
  #role;
  #hasJournal;
  #link;
  #context;
  #term;
  /** @type {Set<OnEvent>} */
  #listeners = new Set();
  /** @type {Set<() => void>} */
  #beforeReport = new Set();
  /** @type {Set<Forget>} */
  #forgetters = new Set();
  /** @type {Set<ErasureListener>} */
  #erasureListeners = new Set();
  /** @type {Set<() => void>} */
  #whenClosing = new Set();
  #isClosed = false;
  /**
   * The last report of a client with a journal, kept after it was closed and its native part freed.
   * @type {string | undefined}
   */
  #lastReport;
  #usesRedis = true;
  /** @type {((nothing: void) => void)[]} */
  #whenReplayed = [];
  /** @type {{ settings: Settings, server: Server } | undefined} */
  #server;
  /** @type {(() => void) | undefined} */
  #hideCopies;
  /** @type {Promise<ShutdownResult> | undefined} */
  #closing;

  /** Whether calls are answered at once, without a connection. Known after the bridge was opened. */
  isEmbedded = false;
  /**
   * The cached answer of `config`. Code that changes options resets it.
   * @type {Configured | undefined}
   */
  knownConfig;

  /**
   * @param {object} options
   * @param {OnEvent} onEvent
   * @param {BridgeGiven} [given]
   */
  constructor(options, onEvent, given = {}) {
    const { role = roles.shared, hasJournal = true, onPush, link, term } = given;
    const { context = new Context(), environment = new Environment() } = given;
    super(pageOf(role, link !== undefined), link, onPush, hasJournal && link === undefined);
    this.#options = options;
    this.#environment = environment;
    this.#onEvent = onEvent;
    this.#role = role;
    this.#hasJournal = hasJournal;
    this.#link = link;
    this.#context = context;
    this.#term = term;
  }

  get isOpen() {
    return this.client !== undefined && !this.#isClosed;
  }

  get isClosed() {
    return this.#isClosed || this.#term?.isOver === true;
  }

  /** The number of the native client. Opens the client if necessary. */
  open() {
    if (this.isClosed) throw new OrgCacheError('E_CLOSED', 'the cache was shut down');
    if (this.client !== undefined) return this.client;
    if (this.#link !== undefined) {
      this.client = this.#openNative(native.openLink, this.#link.makeError, this.#link.target);
      return this.client;
    }
    const client = this.#openNative(native.open, makeError, this.#role);
    this.client = client;
    // Short-lived connections carry no calls of the cache, and a report would be most of their cost.
    this.isEmbedded = this.#hasJournal && this.report().driver === 'embedded';
    if (!this.#usesRedis) native.client.useRedis(client, false);
    if (this.#hasJournal) this.#hideCopies = showCopies(this);
    this.#handleEvent(events.connecting, '{}');
    return client;
  }

  /**
   * @template What
   * @param {OpenNative<What>} open
   * @param {MakeError} makeErrors
   * @param {What} what
   */
  #openNative(open, makeErrors, what) {
    const { settle, calls, outcomes, nearFirst } = this.lent;
    return this.#context.run(
      open,
      makeErrors,
      makeArray,
      makeObject,
      extend,
      settle,
      /** @type {OnEvent} */ ((name, json) => this.#handleEvent(name, json)),
      calls,
      outcomes,
      nearFirst,
      ...this.#settings(),
      what,
    );
  }

  /**
   * @param {EventName} name
   * @param {string} json
   */
  #handleEvent(name, json) {
    this.#onEvent(name, json);
    for (const listener of this.#listeners) listener(name, json);
    if (REPLAY_EVENTS.includes(name)) for (const resume of this.#whenReplayed.splice(0)) resume();
  }

  /**
   * Everything that the client knows about itself. Also available after the close of a client with a journal.
   * @returns {Report}
   */
  report() {
    for (const tell of this.#beforeReport) tell();
    return JSON.parse(this.#lastReport ?? native.client.report(this.client ?? this.open()));
  }

  /**
   * The configuration. Asking starts nothing. The environment is read once.
   * @returns {Configured}
   */
  config() {
    const isKnown = this.client !== undefined || this.#lastReport !== undefined;
    /** @returns {Configured} */
    const read = () => JSON.parse(native.inspect(makeError, ...this.#settings()));
    this.knownConfig ??= isKnown ? this.report().config : read();
    return this.knownConfig;
  }

  /** @returns {Server} */
  get server() {
    const { settings } = this.knownConfig ?? this.config();
    if (this.#server?.settings !== settings) {
      const { host, port } = endpointOf(settings);
      const database = settings.db.inForce ?? settings.db.value;
      const server = { database: Number(database), serverAddress: host, serverPort: port || undefined };
      this.#server = { settings, server };
    }
    return this.#server.server;
  }

  /** Whether a call that names no organization is refused. */
  get requiresOrganization() {
    return (this.knownConfig ?? this.config()).requireOrganization;
  }

  /** Whether the configuration asks for a connection before the first call. Asking does not fix the variables yet. */
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
   * Calls `listener` with each event of native code, a name and JSON. Answers a function that removes the listener.
   * @param {OnEvent} listener
   */
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Calls `tell` before each report: a room tells native code then what it has counted itself. Answers a function that
   * ends that.
   * @param {() => void} tell
   */
  onReport(tell) {
    this.#beforeReport.add(tell);
    return () => this.#beforeReport.delete(tell);
  }

  /**
   * Calls `forget` when an organization is erased: a room of JavaScript then forgets what it keeps of it. Answers a function
   * that ends that.
   * @param {Forget} forget
   */
  onErase(forget) {
    this.#forgetters.add(forget);
    return () => this.#forgetters.delete(forget);
  }

  /**
   * Lets a room of JavaScript hear what an erasure does in Redis. Answers a function that ends that.
   * @param {ErasureListener} listener
   */
  onErasing(listener) {
    this.#erasureListeners.add(listener);
    return () => this.#erasureListeners.delete(listener);
  }

  /** What an erasure tells the rooms of JavaScript. */
  get erasureListeners() {
    return [...this.#erasureListeners];
  }

  /**
   * Calls `forget` when the client closes: a room lets go of native memory then, and may make last calls. Answers a function
   * that ends that.
   * @param {() => void} forget
   */
  onClose(forget) {
    this.#whenClosing.add(forget);
    return () => this.#whenClosing.delete(forget);
  }

  /**
   * Lets the rooms of JavaScript forget an organization. Answers what each has forgotten.
   * @param {unknown} organization
   */
  forgetOrganization(organization) {
    /** @type {Map<string, { entries: number, bytes: number }>} */
    const forgotten = new Map();
    for (const forget of this.#forgetters) {
      const { name, entries } = forget(organization);
      forgotten.set(name, { entries: (forgotten.get(name)?.entries ?? 0) + entries, bytes: 0 });
    }
    return forgotten;
  }

  /** Whether calls go to Redis: it is configured and not disabled by the caller. */
  get usesRedis() {
    return this.#usesRedis && this.config().useRedis;
  }

  /** Whether the caller has disabled a configured Redis. Values then end with this process. */
  get isRedisDisabled() {
    return !this.#usesRedis && this.config().useRedis;
  }

  set usesRedis(isOn) {
    this.#usesRedis = Boolean(isOn);
    if (this.client !== undefined) native.client.useRedis(this.client, this.#usesRedis);
  }

  /** Whether copies may answer that JavaScript itself keeps: every write of the cache has been heard of. */
  get mayReadCopies() {
    return !this.#isClosed && this.#usesRedis && !this.hasUncrossedWrites;
  }

  /** Frees a Link whose connection is closed and whose calls have settled. */
  closeLink() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    native.client.close(/** @type {number} */ (this.client), false);
    this.client = undefined;
  }

  /**
   * Lets calls in flight settle and the journal become empty within `timeoutMs`, then closes. Calls that are left
   * then fail with `E_CLOSED`. Answers the result of `shutdown`, always with the same promise.
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
    for (const tell of this.#beforeReport) tell();
    this.#hideCopies?.();
    this.#isClosed = true;
    for (const forget of this.#whenClosing) forget();
    if (this.client === undefined) return { flushed: true, journalEntries: 0 };
    this.submitNow();
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#quiet(), late]);
    clearTimeout(timer);
    const isQuiet = this.isIdle;
    this.rejectAll();
    // The connections of a duplicate are short-lived, and no report of a closed one is asked for.
    this.#lastReport = native.client.close(this.client, this.#hasJournal);
    this.client = undefined;
    const { entries: journalEntries, isReading } = this.#journal();
    return { flushed: isQuiet && journalEntries === 0 && !isReading, journalEntries };
  }

  /** Closes at once. The next call opens the bridge again, and reads options and environment anew. */
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

  /** Settles when no call is in flight and the journal is empty. */
  async #quiet() {
    while (!this.isIdle) await this.nextIdle();
    const isWaiting = () => {
      const { entries, isReading } = this.#journal();
      return entries > 0 || isReading;
    };
    while (isWaiting()) await new Promise((resolve) => this.#whenReplayed.push(resolve));
  }

  /** The number of journal entries, and whether entries of ended processes are still being read. */
  #journal() {
    if (!this.#hasJournal) return { entries: 0, isReading: false };
    const { entries, clears, reading } = this.report().journal;
    return { entries: entries + clears, isReading: reading };
  }
}

module.exports = { Bridge };
