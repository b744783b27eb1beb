'use strict';

const { OrgCacheError } = require('../errors.js');
const { nextTick, setImmediate } = require('../time.js');

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

  /** Events are told in `context`. */
  constructor(emitter, context) {
    this.#emitter = emitter;
    this.#context = context;
  }

  /** Tells from now on how it stands with this bridge. */
  follow(bridge) {
    this.#unfollow?.();
    this.#bridge = bridge;
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
    if (this.#bridge === undefined) return 'end';
    if (this.#bridge.isClosed) return 'end';
    if (!this.#bridge.isOpen) return 'wait';
    return this.#status ?? 'connecting';
  }

  end() {
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
    const before = this.#status;
    if (name === 'ready' || name === 'recovering' || name === 'recovered') {
      this.#status = 'ready';
      if (before !== 'ready') this.#tell('connect', 'ready');
    } else if (name === 'degraded') {
      this.#status = 'reconnecting';
      if (before === 'ready') this.#tell('close');
      this.#tell('reconnecting');
    } else if (name === 'closed') {
      this.end();
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
