'use strict';

const { OrgCacheError } = require('../errors.js');
const { isCluster } = require('./endpoint.js');
const { passOn } = require('../context.js');
const { loadNative } = require('../native.js');
const { MAX_TIMER_MS, nextTick, setImmediate } = require('../time.js');

/** @import { ErrorCode, RedisStatus } from '../../index.js' */
/** @import { EventEmitter } from 'node:events' */
/** @import { Bridge } from '../bridge.js' */
/** @import { Context } from '../context.js' */

/** @typedef {InstanceType<typeof Bridge>} FollowedBridge */

/**
 * Milliseconds until the next attempt. An answer that is not a number ends the client, and so does null in place of
 * the function.
 * @typedef {((attempts: number) => unknown) | null} RetryStrategy
 */

/**
 * @typedef {object} LifecycleOptions
 * @property {InstanceType<typeof Context>} context
 * @property {RetryStrategy} [retryStrategy]
 * @property {() => void} onEnd
 */

const { client: native } = loadNative();

/**
 * ioredis's status for each state of a bridge.
 * @type {Record<string, RedisStatus>}
 */
const STATUS = {
  connecting: 'connecting',
  ready: 'ready',
  recovering: 'ready',
  degraded: 'reconnecting',
  closed: 'end',
};

/** The status of a client and the events of its connection, in ioredis's terms. */
class Lifecycle {
  #emitter;
  #context;
  /** @type {FollowedBridge | undefined} */
  #bridge;
  /** @type {RedisStatus | undefined} */
  #status;
  /** @type {(() => void) | undefined} */
  #unfollow;
  /**
   * The status that a user of the client has assigned, until the next change.
   * @type {RedisStatus | undefined}
   */
  #assigned;
  #retryStrategy;
  #onEnd;
  #attempts = 0;
  #hasGivenUp = false;

  /**
   * Events are emitted in `context`. `retryStrategy` is called for each lost connection and each failed attempt,
   * and answers the milliseconds until the next attempt. If it answers no number, or is no function, `onEnd` is
   * called. Without a strategy the connection retries for ever, by rules of its own.
   * @param {EventEmitter} emitter
   * @param {LifecycleOptions} options
   */
  constructor(emitter, { context, retryStrategy, onEnd }) {
    this.#emitter = emitter;
    this.#context = context;
    this.#retryStrategy = retryStrategy;
    this.#onEnd = onEnd;
  }

  /**
   * Emits the events of this bridge from now on.
   * @param {FollowedBridge} bridge
   */
  follow(bridge) {
    this.#unfollow?.();
    this.#bridge = bridge;
    this.#assigned = undefined;
    this.#attempts = 0;
    this.#hasGivenUp = false;
    this.#status = bridge.isOpen ? STATUS[bridge.report().state.state] : undefined;
    this.#unfollow = bridge.listen((name, json) => this.#handleEvent(name, json));
    if (this.#status === 'ready') {
      // A caller that has just received the client can still add listeners for a connection that exists already.
      setImmediate(() => {
        if (this.#bridge === bridge && this.#status === 'ready') this.#emit('connect', 'ready');
      });
    }
  }

  /**
   * The client has closed its connection, and uses this bridge next.
   * @param {FollowedBridge} bridge
   */
  restart(bridge) {
    nextTick(() => this.#emit('close', 'reconnecting'));
    this.follow(bridge);
  }

  /** @returns {RedisStatus} */
  get status() {
    if (this.#assigned !== undefined) return this.#assigned;
    if (this.#bridge === undefined) return 'end';
    if (this.#bridge.isClosed) return 'end';
    if (!this.#bridge.isOpen) return 'wait';
    return this.#status ?? 'connecting';
  }

  set status(status) {
    this.#assigned = status;
  }

  end() {
    this.#assigned = undefined;
    if (this.#bridge === undefined) return;
    this.#unfollow?.();
    this.#bridge = undefined;
    this.#status = undefined;
    nextTick(() => this.#emit('close', 'end'));
  }

  /**
   * An error without a listener never ends the process.
   * @param {unknown} error
   */
  tellError(error) {
    if (this.#emitter.listenerCount('error') > 0) this.#context.emit(this.#emitter, 'error', error);
  }

  /** @param {number} database */
  tellSelect(database) {
    this.#context.emit(this.#emitter, 'select', database);
  }

  /**
   * @param {string} name
   * @param {string} json
   */
  #handleEvent(name, json) {
    if (name === 'error') return this.#handleError(JSON.parse(json));
    if (name === 'connecting') return nextTick(() => this.#emit('connecting'));
    if (name === 'pausing') return this.#pause();
    const before = this.#status;
    if (name === 'ready' || name === 'recovering' || name === 'recovered') {
      this.#status = 'ready';
      this.#assigned = undefined;
      this.#attempts = 0;
      if (before !== 'ready') this.#emit('connect', 'ready');
    } else if (name === 'degraded') {
      this.#status = 'reconnecting';
      this.#assigned = undefined;
      if (before === 'ready') this.#emit('close');
      if (this.#emitsPause(before)) return;
      if (this.#retryStrategy !== undefined && this.#nextDelay() === undefined) return;
      this.#emit('reconnecting', 'connecting');
    } else if (name === 'closed') {
      this.end();
    }
  }

  /**
   * Whether native code emits the pause before the next attempt. It does not for a cluster whose nodes are lost,
   * because each node has its own pause.
   * @param {RedisStatus | undefined} before
   */
  #emitsPause(before) {
    if (typeof this.#retryStrategy !== 'function') return false;
    return before !== 'ready' || !isCluster(/** @type {FollowedBridge} */ (this.#bridge).config().settings);
  }

  /** The connection is lost, or an attempt has failed. The next attempt follows after the pause. */
  #pause() {
    const delay = this.#nextDelay();
    if (delay === undefined || !this.#bridge?.isOpen) return;
    native.retryIn(this.#bridge.open(), Math.min(Math.max(Math.ceil(delay) || 0, 0), MAX_TIMER_MS));
    this.#context.emit(this.#emitter, 'reconnecting', delay);
    this.#emit('connecting');
  }

  /**
   * The pause before the next attempt. Undefined if there is none: the client has ended then.
   * @returns {number | undefined}
   */
  #nextDelay() {
    if (this.#bridge === undefined || this.#hasGivenUp) return undefined;
    this.#attempts += 1;
    const delay = this.#answer();
    if (typeof delay === 'number') return delay;
    this.#hasGivenUp = true;
    // The error that caused this is emitted first.
    nextTick(this.#onEnd);
    return undefined;
  }

  #answer() {
    if (typeof this.#retryStrategy !== 'function') return undefined;
    try {
      return this.#context.run(this.#retryStrategy, this.#attempts);
    } catch (error) {
      passOn(error);
      return undefined;
    }
  }

  /** @param {{ code: string, message: string }} detail */
  #handleError({ code, message }) {
    const isOwn = code.startsWith('E_');
    this.tellError(
      new OrgCacheError(
        isOwn ? /** @type {ErrorCode} */ (code) : 'E_REPLY',
        message,
        isOwn ? {} : { redisCode: code },
      ),
    );
  }

  /** @param {...string} events */
  #emit(...events) {
    for (const event of events) this.#context.emit(this.#emitter, event);
  }
}

module.exports = { Lifecycle };
