'use strict';

const { EventEmitter } = require('node:events');
const { makeReplyError } = require('./errors.js');
const { Link } = require('./link.js');
const { clearTimeout, setTimeout } = require('../time.js');

/** @import { LinkOptions } from './link.js' */

const NO_BYTES = Buffer.alloc(0);

/**
 * One connection in ioredis's form: the value of `redis.stream`. It has the events and methods of a socket that
 * applications use. The bytes stay in native code, so `data` says only that a reply came.
 */
class LinkStream extends EventEmitter {
  #link;
  /** @type {Error | undefined} */
  #error;
  #hasEnded = false;
  #idleMs = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #idleTimer;

  connecting = true;
  destroyed = false;
  writable = true;
  /** Whether each reply must be reported. */
  isHeard = false;
  /** Commands without a reply. */
  inFlight = 0;
  /**
   * Messages of subscriptions and lines of MONITOR.
   * @type {(message: unknown) => void}
   */
  onPush = () => {};

  /**
   * Dials `{ host, port, path, family, tls, connectTimeout, keepAlive, noDelay }` at once.
   * @param {LinkOptions} target
   */
  constructor(target) {
    super();
    this.on('newListener', (name) => {
      if (name === 'data') this.isHeard = true;
    });
    this.#link = new Link(
      { ...target, makeReplyError },
      {
        onConnect: () => this.#connected(target.tls),
        onClose: (error) => this.#closed(this.#error ?? error),
        onPush: (message) => {
          this.onPush(message);
          this.heard();
        },
      },
    );
  }

  get link() {
    return this.#link;
  }

  get localAddress() {
    return this.#link.localAddress;
  }

  get localPort() {
    return this.#link.localPort;
  }

  get remoteAddress() {
    return this.#link.remoteAddress;
  }

  get remotePort() {
    return this.#link.remotePort;
  }

  /** @param {unknown} tls */
  #connected(tls) {
    if (this.destroyed) return;
    this.connecting = false;
    this.emit('connect');
    if (tls) this.emit('secureConnect');
  }

  /** Called for each reply or message. */
  heard() {
    if (this.#idleMs > 0) this.#waitForSilence();
    if (this.isHeard) this.emit('data', NO_BYTES);
  }

  /** @param {Error} [error] */
  #closed(error) {
    this.connecting = false;
    this.destroyed = true;
    this.writable = false;
    clearTimeout(this.#idleTimer);
    try {
      if (error !== undefined && this.listenerCount('error') > 0) this.emit('error', error);
      else if (error === undefined) this.emit('end');
    } finally {
      this.emit('close', error !== undefined);
    }
  }

  /** Takes no more commands. The server sends its remaining replies and closes. */
  end() {
    if (this.#hasEnded) return this;
    this.#hasEnded = true;
    this.writable = false;
    if (this.connecting) this.#link.destroy();
    else this.#link.end();
    return this;
  }

  /** @param {Error} [error] */
  destroy(error) {
    if (this.destroyed) return this;
    this.#error = error;
    this.#hasEnded = true;
    this.destroyed = true;
    this.writable = false;
    this.#link.destroy();
    return this;
  }

  /**
   * Emits `timeout` after this many milliseconds without a reply or a message. 0 turns it off.
   * @param {number} milliseconds
   * @param {() => void} [listener]
   */
  setTimeout(milliseconds, listener) {
    this.#idleMs = milliseconds;
    clearTimeout(this.#idleTimer);
    if (milliseconds > 0) this.#waitForSilence();
    if (listener !== undefined && milliseconds > 0) this.once('timeout', listener);
    else if (listener !== undefined) this.removeListener('timeout', listener);
    return this;
  }

  #waitForSilence() {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = setTimeout(() => this.emit('timeout'), this.#idleMs).unref();
  }

  /** A socket's method without effect: the options of the dialling count. */
  setKeepAlive(_isOn = false, _milliseconds = 0) {
    return this;
  }

  /** A socket's method without effect: the options of the dialling count. */
  setNoDelay(_isOn = true) {
    return this;
  }

  ref() {
    this.#link.ref();
    return this;
  }

  unref() {
    this.#link.unref();
    return this;
  }
}

module.exports = { LinkStream };
