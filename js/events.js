'use strict';

const { Console } = require('node:console');
const { EventEmitter } = require('node:events');
const { Context } = require('./context.js');
const { OrgCacheError } = require('./errors.js');

/** @import { ErrorCode, Logger } from '../index.js' */

/** @typedef {Record<string, ((line: string) => unknown) | undefined>} LogMethods by their level. */

/** Events and log lines of native code, for listeners and the logger. */
class NativeEvents {
  #context;
  /** @type {Logger | undefined} */
  #logger;
  /**
   * What every change of state is told with; set by who knows it.
   * @type {() => object}
   */
  describe = () => ({});
  emitter = new EventEmitter();

  /** Listeners and logger are called in `context`. */
  constructor(context = new Context()) {
    this.#context = context;
  }

  set logger(logger) {
    this.#logger = logger;
  }

  get logger() {
    return this.#logger;
  }

  /**
   * As native code tells them: a name and JSON.
   * @param {string} name
   * @param {string} json
   */
  take = (name, json) => {
    const detail = JSON.parse(json);
    if (name === 'log') this.log(detail.level, detail.message);
    else if (name === 'error') this.#fail(detail);
    else if (this.emitter.listenerCount(name) === 0) return;
    else if (name === 'replay') this.#emit(name, detail);
    else this.#emit(name, { ...this.describe(), ...detail });
  };

  /**
   * @param {string} name
   * @param {unknown} detail
   */
  #emit(name, detail) {
    this.#context.emit(this.emitter, name, detail);
  }

  /**
   * An error that nobody listens to never ends the process.
   * @param {{ code: string, message: string }} told
   */
  #fail({ code, message }) {
    if (this.emitter.listenerCount('error') === 0) return;
    const isOwn = code.startsWith('E_');
    const ownCode = isOwn ? /** @type {ErrorCode} */ (code) : 'E_REPLY';
    const error = new OrgCacheError(ownCode, message, isOwn ? {} : { redisCode: code });
    this.#emit('error', error);
  }

  /**
   * Without a logger lines go to standard error.
   * @param {string} level
   * @param {string} message
   */
  log(level, message) {
    if (this.#logger !== undefined) return this.#write(this.#logger, level, message);
    // A console passes over what writing fails with, also where the other end of a pipe is gone.
    this.#write(new Console(process.stderr), 'log', `orgcache ${level}: ${message}`);
  }

  /**
   * A line that was asked for: without a logger it goes to the console.
   * @param {string} level
   * @param {string} message
   */
  print(level, message) {
    this.#write(this.#logger ?? console, level, message);
  }

  /**
   * A line that cannot be written harms nobody, whether the logger throws or rejects.
   * @param {Logger | Console} logger
   * @param {string} level
   * @param {string} message
   */
  #write(logger, level, message) {
    const methods = /** @type {LogMethods} */ (/** @type {unknown} */ (logger));
    try {
      const written = /** @type {Promise<unknown> | undefined} */ (
        this.#context.run(() => (methods[level] ?? methods.log)?.call(logger, message))
      );
      if (typeof written?.then === 'function') Promise.resolve(written).then(undefined, () => {});
    } catch {
      // The server that wanted the line goes on without it.
    }
  }
}

module.exports = { NativeEvents };
