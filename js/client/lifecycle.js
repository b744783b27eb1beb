'use strict';

const { OrgCacheError } = require('../errors.js');
const { isCluster } = require('./endpoint.js');
const { passOn } = require('../context.js');
const { loadNative } = require('../native.js');
const { nextTick, setImmediate } = require('../time.js');

/** @import { ErrorCode, RedisStatus } from '../../index.js' */
/** @import { EventEmitter } from 'node:events' */
/** @import { Bridge } from '../bridge.js' */
/** @import { Context } from '../context.js' */

/** @typedef {InstanceType<typeof Bridge>} FollowedBridge */

/**
 * How many milliseconds later the next attempt follows. An answer that is no number gives up, and so does null in place of
 * the function.
 * @typedef {((attempts: number) => unknown) | null} RetryStrategy
 */

/**
 * @typedef {object} LifecycleOptions
 * @property {InstanceType<typeof Context>} context
 * @property {RetryStrategy} [retryStrategy]
 * @property {() => void} giveUp
 */

const { client: native } = loadNative();

/**
 * What a bridge's state is called where ioredis is known.
 * @type {Record<string, RedisStatus>}
 */
const STATUS = {
  connecting: 'connecting',
  ready: 'ready',
  recovering: 'ready',
  degraded: 'reconnecting',
  closed: 'end',
};

/** The longest that a timer of Node waits. */
const MAX_PAUSE_MS = 2 ** 31 - 1;

/** The status of a client and the events of its connection, in the words of ioredis. */
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
   * What a user of the client has said that the status is, until the next change.
   * @type {RedisStatus | undefined}
   */
  #assigned;
  #retryStrategy;
  #giveUp;
  #attempts = 0;
  #hasGivenUp = false;

  /**
   * Events are told in `context`. `retryStrategy` is asked with each connection that is lost and each attempt that fails: it
   * answers how many milliseconds later the next one follows. Where it answers no number, or is no function, `giveUp` is called.
   * Without one it is tried for ever, by rules of the connection's own.
   * @param {EventEmitter} emitter
   * @param {LifecycleOptions} options
   */
  constructor(emitter, { context, retryStrategy, giveUp }) {
    this.#emitter = emitter;
    this.#context = context;
    this.#retryStrategy = retryStrategy;
    this.#giveUp = giveUp;
  }

  /**
   * Tells from now on how it stands with this bridge.
   * @param {FollowedBridge} bridge
   */
  follow(bridge) {
    this.#unfollow?.();
    this.#bridge = bridge;
    this.#assigned = undefined;
    this.#attempts = 0;
    this.#hasGivenUp = false;
    this.#status = bridge.isOpen ? STATUS[bridge.report().state.state] : undefined;
    this.#unfollow = bridge.listen((name, json) => this.#hear(name, json));
    if (this.#status === 'ready') {
      // Who has just been given the client wants to hear of a connection that stands already.
      setImmediate(() => {
        if (this.#bridge === bridge && this.#status === 'ready') this.#tell('connect', 'ready');
      });
    }
  }

  /**
   * The client has let go of its connection, and this bridge is to be its next.
   * @param {FollowedBridge} bridge
   */
  restart(bridge) {
    nextTick(() => this.#tell('close', 'reconnecting'));
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
    nextTick(() => this.#tell('close', 'end'));
  }

  /**
   * An error that nobody listens to never ends the process.
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
  #hear(name, json) {
    if (name === 'error') return this.#hearError(JSON.parse(json));
    if (name === 'connecting') return nextTick(() => this.#tell('connecting'));
    if (name === 'pausing') return this.#pause();
    const before = this.#status;
    if (name === 'ready' || name === 'recovering' || name === 'recovered') {
      this.#status = 'ready';
      this.#assigned = undefined;
      this.#attempts = 0;
      if (before !== 'ready') this.#tell('connect', 'ready');
    } else if (name === 'degraded') {
      this.#status = 'reconnecting';
      this.#assigned = undefined;
      if (before === 'ready') this.#tell('close');
      if (this.#isTold(before)) return;
      if (this.#retryStrategy !== undefined && this.#nextDelay() === undefined) return;
      this.#tell('reconnecting', 'connecting');
    } else if (name === 'closed') {
      this.end();
    }
  }

  /**
   * Whether native code tells of the pause before the next attempt. Of a lost cluster it does not: its nodes have their own.
   * @param {RedisStatus | undefined} before
   */
  #isTold(before) {
    if (typeof this.#retryStrategy !== 'function') return false;
    return before !== 'ready' || !isCluster(/** @type {FollowedBridge} */ (this.#bridge).config().settings);
  }

  /** The connection is lost, or an attempt has failed: the next one is made when it is time. */
  #pause() {
    const delay = this.#nextDelay();
    if (delay === undefined || !this.#bridge?.isOpen) return;
    native.retryIn(this.#bridge.open(), Math.min(Math.max(Math.ceil(delay) || 0, 0), MAX_PAUSE_MS));
    this.#context.emit(this.#emitter, 'reconnecting', delay);
    this.#tell('connecting');
  }

  /**
   * Asks how long it is waited for the next attempt. Undefined where there is none: the client has given up then.
   * @returns {number | undefined}
   */
  #nextDelay() {
    if (this.#bridge === undefined || this.#hasGivenUp) return undefined;
    this.#attempts += 1;
    const delay = this.#answer();
    if (typeof delay === 'number') return delay;
    this.#hasGivenUp = true;
    // The error that led here is told first.
    nextTick(this.#giveUp);
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

  /** @param {{ code: string, message: string }} told */
  #hearError({ code, message }) {
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
  #tell(...events) {
    for (const event of events) this.#context.emit(this.#emitter, event);
  }
}

module.exports = { Lifecycle };
