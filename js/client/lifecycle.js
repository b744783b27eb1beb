'use strict';

const { OrgCacheError } = require('../errors.js');
const { clearInterval, nextTick, setImmediate, setInterval } = require('../time.js');

/** How often it is looked for failed attempts to connect where somebody decides whether there is another. */
const LOOK_EVERY_MS = 20;

/** What a bridge's state is called where ioredis is known. */
const STATUS = {
  connecting: 'connecting',
  ready: 'ready',
  recovering: 'ready',
  degraded: 'reconnecting',
  closed: 'end',
};

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
   * Events are told in `context`. `retryStrategy` is asked with each attempt to connect that has failed; where it answers no number, or is no function,
   * `giveUp` is called. Without one it is tried for ever.
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
      if (this.#mustGiveUp()) return;
      this.#watchAttempts();
      this.#tell('reconnecting', 'connecting');
    } else if (name === 'closed') {
      this.end();
    }
  }

  /** Native code counts the attempts that fail; the first is told, and the others are looked for. */
  #watchAttempts() {
    if (typeof this.#retryStrategy !== 'function') return;
    const bridge = this.#bridge;
    const failed = () => bridge.report().counters.connectionAttempts;
    const before = failed() - 1;
    const look = () => {
      const isOver = this.#bridge !== bridge || this.#status === 'ready' || this.#hasGivenUp;
      if (isOver) return clearInterval(timer);
      while (this.#attempts < failed() - before && !this.#mustGiveUp());
    };
    const timer = this.#context.run(setInterval, look, LOOK_EVERY_MS);
    timer.unref();
  }

  /** Asks whether it is to be tried again. Answers whether it is not. */
  #mustGiveUp() {
    if (this.#retryStrategy === undefined || this.#bridge === undefined) return false;
    if (this.#hasGivenUp) return true;
    this.#attempts += 1;
    const isTriedAgain =
      typeof this.#retryStrategy === 'function' && typeof this.#retryStrategy(this.#attempts) === 'number';
    // The error that led here is told first.
    this.#hasGivenUp = !isTriedAgain;
    if (this.#hasGivenUp) nextTick(this.#giveUp);
    return this.#hasGivenUp;
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
