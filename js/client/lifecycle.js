'use strict';

const { OrgCacheError } = require('../errors.js');
const { isCluster } = require('./endpoint.js');
const { passOn } = require('../context.js');
const { loadNative } = require('../native.js');
const { nextTick, setImmediate } = require('../time.js');

const { client: native } = loadNative();

/** What a bridge's state is called where ioredis is known. */
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
  #bridge;
  #status;
  #unfollow;
  /** What a user of the client has said that the status is, until the next change. */
  #assigned;
  #retryStrategy;
  #giveUp;
  #attempts = 0;
  #hasGivenUp = false;

  /**
   * Events are told in `context`. `retryStrategy` is asked with each connection that is lost and each attempt that fails: it
   * answers how many milliseconds later the next one follows. Where it answers no number, or is no function, `giveUp` is called.
   * Without one it is tried for ever, by rules of the connection's own.
   */
  constructor(emitter, { context, retryStrategy, giveUp }) {
    this.#emitter = emitter;
    this.#context = context;
    this.#retryStrategy = retryStrategy;
    this.#giveUp = giveUp;
  }

  /** Tells from now on how it stands with this bridge. */
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

  /** The client has let go of its connection, and this bridge is to be its next. */
  restart(bridge) {
    nextTick(() => this.#tell('close', 'reconnecting'));
    this.follow(bridge);
  }

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

  /** An error that nobody listens to never ends the process. */
  tellError(error) {
    if (this.#emitter.listenerCount('error') > 0) this.#context.emit(this.#emitter, 'error', error);
  }

  tellSelect(database) {
    this.#context.emit(this.#emitter, 'select', database);
  }

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

  /** Whether native code tells of the pause before the next attempt. Of a lost cluster it does not: its nodes have their own. */
  #isTold(before) {
    if (typeof this.#retryStrategy !== 'function') return false;
    return before !== 'ready' || !isCluster(this.#bridge.config().settings);
  }

  /** The connection is lost, or an attempt has failed: the next one is made when it is time. */
  #pause() {
    const delay = this.#nextDelay();
    if (delay === undefined || !this.#bridge?.isOpen) return;
    native.retryIn(this.#bridge.open(), Math.min(Math.max(Math.ceil(delay) || 0, 0), MAX_PAUSE_MS));
    this.#context.emit(this.#emitter, 'reconnecting', delay);
    this.#tell('connecting');
  }

  /** Asks how long it is waited for the next attempt. Undefined where there is none: the client has given up then. */
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

  #hearError({ code, message }) {
    const isOwn = code.startsWith('E_');
    this.tellError(new OrgCacheError(isOwn ? code : 'E_REPLY', message, isOwn ? {} : { redisCode: code }));
  }

  #tell(...events) {
    for (const event of events) this.#context.emit(this.#emitter, event);
  }
}

module.exports = { Lifecycle };
