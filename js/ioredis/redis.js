'use strict';

const { AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const { asCallback, noop } = require('./callback.js');
const { closed, ended } = require('./closing.js');
const { Command } = require('./command.js');
const { Commander } = require('./commander.js');
const { connect } = require('./connecting.js');
const { StandaloneConnector } = require('./connector.js');
const { CONNECTION_CLOSED_ERROR_MSG } = require('./errors.js');
const { checkFlag } = require('./flags.js');
const { DEFAULT_REDIS_OPTIONS, parseOptions } = require('./options.js');
const { addScanStreams } = require('./scan-stream.js');
const { sendCommand } = require('./sending.js');
const { SentinelConnector } = require('./sentinel/connector.js');
const { Subscriber } = require('./subscriber.js');
const { clearTimeout, nextTick, setTimeout } = require('../time.js');
const { traceBatch, traceConnect } = require('./tracing.js');
const { addTransactionSupport } = require('./transaction.js');

/**
 * @import { LinkStream, Pipeline, Script } from './classes.js'
 * @import { Lost } from './closing.js'
 * @import { ClientBase } from './commander.js'
 * @import { Condition } from './connecting.js'
 * @import { Connector, ServerInfo } from './connector.js'
 * @import { ClientOptions, GivenOptions } from './options.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { PipelineMark, Waiting } from './sending.js'
 * @import { RedisStatus } from '../../types/ioredis/classes.js'
 *
 * @typedef {InstanceType<typeof Command>} Command
 *
 * @typedef {{ offlineQueue?: boolean, commandQueue?: boolean }} Flushed Which commands are rejected; all by
 * default.
 */

/** Errors of a connection that is closed on purpose are ignored. */
const CALLS_OF_ENDING = ['connect', 'read'];

/**
 * A client of one server on one connection, with ioredis's rules: commands go in the order of the calls, wait while
 * the server is away, and are sent again if a lost connection did not answer them.
 */
class Redis extends /** @type {ClientBase} */ (/** @type {unknown} */ (EventEmitter)) {
  static Command = Command;
  static defaultOptions = DEFAULT_REDIS_OPTIONS;

  /** @param {unknown[]} args */
  static createClient(...args) {
    return new Redis(...args);
  }

  /** Events are emitted in the context in which the client was made, never in that of a request. */
  #context = new AsyncResource('Redis');

  /** @type {ClientOptions} */
  options;
  /** @type {RedisStatus} */
  status = 'wait';
  /** @type {false} */
  isCluster = false;
  /**
   * State of the connection: database, credentials, and its subscriptions or `false`.
   * @type {Condition | null}
   */
  condition = null;
  /** @type {LinkStream | undefined} */
  stream = undefined;
  /** @type {Connector} */
  connector;
  /** @type {Record<string, Script>} */
  scriptsSet = {};
  /** @type {Set<string>} */
  addedBuiltinSet = new Set();
  /** @type {Waiting[]} */
  offlineQueue = [];
  connectionEpoch = 0;
  retryAttempts = 0;
  manuallyClosing = false;
  /** @type {NodeJS.Timeout | null} */
  reconnectTimeout = null;
  /** @type {Condition | null} */
  prevCondition = null;
  /** @type {Map<string, Pipeline>} */
  _autoPipelines = new Map();
  /** @type {Set<string>} */
  _runningAutoPipelines = new Set();
  _subscriber = new Subscriber(this);
  /**
   * Commands that a lost connection did not answer; then those to send again on the next one.
   * @type {Lost[]}
   */
  _lost = [];
  /** @type {Waiting[]} */
  _unanswered = [];
  /** @type {Error | undefined} */
  _flushedWith = undefined;
  _isShakingHands = false;
  _isRefused = false;
  _isMonitoring = false;
  /** @type {NodeJS.Timeout | undefined} */
  _socketTimer = undefined;

  /** @param {unknown[]} args A port, a host, a path, a URL or options, in any order. */
  constructor(...args) {
    super();
    this.options = parseOptions(args.slice(0, 3));
    this.connector = this.#connector();
    for (const [name, definition] of Object.entries(this.options.scripts ?? {})) {
      this.defineCommand(name, definition);
    }
    if (this.options.lazyConnect) this.setStatus('wait');
    else this.connect().catch(noop);
  }

  /** @returns {Connector} */
  #connector() {
    const { Connector, sentinels } = this.options;
    if (Connector) return new Connector(this.options);
    if (!sentinels) return new StandaloneConnector(this.options);
    return Object.assign(new SentinelConnector(this.options), { emitter: this });
  }

  get autoPipelineQueueSize() {
    let size = 0;
    for (const pipeline of this._autoPipelines.values()) size += pipeline.length;
    return size;
  }

  /** Number of commands that wait for a reply. */
  get commandQueue() {
    return { length: (this.stream?.inFlight ?? 0) + this._unanswered.length };
  }

  get mode() {
    if (this.options.monitor) return 'monitor';
    return this.condition?.subscriber ? 'subscriber' : 'normal';
  }

  /** @param {Callback<void>} [callback] */
  connect(callback) {
    return asCallback(
      traceConnect(this, () => connect(this)),
      callback,
    );
  }

  /**
   * @template T
   * @param {() => Promise<T>} run
   * @param {number} batchSize
   */
  _traceBatch(run, batchSize) {
    return traceBatch(this, run, batchSize);
  }

  /** Closes the connection. With `reconnect` another one follows at once, whatever an earlier call asked for. */
  disconnect(reconnect = false) {
    if (!reconnect) {
      this.manuallyClosing = true;
      clearTimeout(this.reconnectTimeout ?? undefined);
      const wasWaiting = this.reconnectTimeout !== null;
      this.reconnectTimeout = null;
      // There is no connection whose end would be reported.
      if (wasWaiting && this.status === 'reconnecting') {
        this.manuallyClosing = false;
        ended(this);
        return;
      }
    }
    if (this.status === 'wait') closed(this);
    else this.connector.disconnect();
  }

  end() {
    this.disconnect();
  }

  /** @param {GivenOptions} [override] */
  duplicate(override) {
    return new Redis({ ...this.options, ...override });
  }

  /**
   * A client that emits every command of the server as event `monitor`.
   * @param {Callback<Redis>} [callback]
   * @returns {Promise<Redis>}
   */
  monitor(callback) {
    const monitor = this.duplicate({ monitor: true, lazyConnect: false });
    const promise = new Promise((resolve, reject) => {
      monitor.once('error', reject);
      monitor.once('monitoring', () => resolve(monitor));
    });
    return asCallback(promise, callback);
  }

  /**
   * @param {Command} command
   * @param {PipelineMark} [stream]
   */
  sendCommand(command, stream) {
    return sendCommand(this, command, stream);
  }

  /**
   * @param {[event: string | symbol, ...details: any[]]} args
   * @returns {boolean}
   */
  emit(...args) {
    // The emitter's constructor emits before the context exists.
    if (this.#context === undefined) return super.emit(...args);
    return this.#context.runInAsyncScope(super.emit, this, ...args);
  }

  /**
   * @param {RedisStatus} status
   * @param {unknown} [arg]
   */
  setStatus(status, arg) {
    this.status = status;
    nextTick(() => this.emit(status, arg));
  }

  /**
   * Emits an event that needs no listener. An error without a listener goes to stderr.
   * @param {string} event
   * @param {unknown} [arg]
   */
  silentEmit(event, arg) {
    if (event === 'error') {
      if (this.status === 'end') return false;
      if (this.manuallyClosing && isOfEnding(arg)) return false;
    }
    if (this.listenerCount(event) > 0) return this.emit(event, arg);
    if (event === 'error' && arg instanceof Error) {
      console.error('[ioredis] Unhandled error event:', arg.stack);
    }
    return false;
  }

  /**
   * Rejects all waiting commands with an error, then closes the connection.
   * @param {Error} _commandError
   * @param {Error} error
   * @param {Flushed} [options]
   */
  recoverFromFatalError(_commandError, error, options) {
    this.flushQueue(error, options);
    this.silentEmit('error', error);
    this.disconnect(true);
  }

  /**
   * Rejects commands that wait: for the connection, for a reply, or both.
   * @param {Error} error
   * @param {Flushed} [options]
   */
  flushQueue(error, { offlineQueue = true, commandQueue = true } = {}) {
    if (offlineQueue) for (const { command } of this._takeOfflineQueue()) command.reject(error);
    if (!commandQueue) return;
    for (const { command } of this._takeUnanswered()) command.reject(error);
    if (this.stream !== undefined && this.stream.inFlight > 0) {
      this._flushedWith = error;
      this.stream.destroy();
    }
  }

  _takeOfflineQueue() {
    const waiting = this.offlineQueue;
    this.offlineQueue = [];
    return waiting;
  }

  _takeUnanswered() {
    const unanswered = this._unanswered;
    this._unanswered = [];
    return unanswered;
  }

  /**
   * Handles an error reply: `reconnectOnError` decides whether to reconnect.
   * @param {Error} error
   * @param {Command} command
   */
  handleReconnection(error, command) {
    const { reconnectOnError } = this.options;
    const isAsked = reconnectOnError && !checkFlag('IGNORE_RECONNECT_ON_ERROR', command.name);
    const answer = isAsked ? reconnectOnError(error) : false;
    if (answer !== true && answer !== 1 && answer !== 2) {
      command.failed(error);
      return;
    }
    if (this.status !== 'reconnecting') this.disconnect(true);
    if (answer !== 2) {
      command.failed(error);
      return;
    }
    if (this.condition?.select !== command.database && command.name !== 'select') {
      this.select(/** @type {number} */ (command.database)).catch(noop);
    }
    this.sendCommand(command);
  }

  /**
   * Waits until the server has loaded its data.
   * @param {(error: Error | null, info?: ServerInfo) => void} callback
   */
  _readyCheck(callback) {
    this.info((error, text) => {
      if (error) {
        if (!error.message?.includes('NOPERM')) {
          callback(error);
          return;
        }
        console.warn(
          `Skipping the ready check because INFO command fails: "${error.message}". You can disable ready check with "enableReadyCheck".`,
        );
        callback(null, {});
        return;
      }
      const info = typeof text === 'string' ? fieldsOf(text) : text;
      if (!info?.loading || info.loading === '0') callback(null, info);
      else setTimeout(() => this._readyCheck(callback), this.#loadingMs(info));
    })?.catch?.(noop);
  }

  /** @param {ServerInfo} info */
  #loadingMs(info) {
    const etaMs = Number(info.loading_eta_seconds || 1) * 1000;
    const { maxLoadingRetryTime } = this.options;
    return maxLoadingRetryTime && maxLoadingRetryTime < etaMs ? maxLoadingRetryTime : etaMs;
  }
}

/** @param {unknown} error */
function isOfEnding(error) {
  if (!(error instanceof Error)) return false;
  const { message, syscall = '' } = /** @type {NodeJS.ErrnoException} */ (error);
  return message === CONNECTION_CLOSED_ERROR_MSG || CALLS_OF_ENDING.includes(syscall);
}

/**
 * Parses the lines `name:value` of INFO.
 * @param {string} text
 * @returns {ServerInfo}
 */
function fieldsOf(text) {
  /** @type {ServerInfo} */
  const fields = {};
  for (const line of text.split('\r\n')) {
    const at = line.indexOf(':');
    if (at > 0 && at + 1 < line.length) fields[line.slice(0, at)] = line.slice(at + 1);
  }
  return fields;
}

/** The methods of commands. Pipelines have them too. */
for (const name of Reflect.ownKeys(Commander.prototype)) {
  if (Object.hasOwn(Redis.prototype, name)) continue;
  const own = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Commander.prototype, name));
  Object.defineProperty(Redis.prototype, name, own);
}
addTransactionSupport(Redis.prototype);
addScanStreams(Redis.prototype);

module.exports = { Redis };
