'use strict';

const { Console } = require('node:console');
const { EventEmitter } = require('node:events');
const { Context } = require('./context.js');
const { OrgCacheError } = require('./errors.js');
const { protocol } = require('./protocol.js');

/** @import { ErrorCode, Logger } from '../index.js' */
/** @import { EventName, OnEvent } from './native-types.js' */

/** @typedef {Record<string, ((line: string) => unknown) | undefined>} LogMethods by their level. */

const { events } = protocol;

/** Events and log lines of native code, for listeners and the logger. */
class NativeEvents {
  #context;
  /** @type {Logger | undefined} */
  #logger;
  /**
   * Details of every change of state. The instance assigns the function.
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
   * Receives an event of native code: a name and JSON.
   * @type {OnEvent}
   */
  take = (name, json) => {
    const detail = JSON.parse(json);
    if (name === events.log) this.log(detail.level, detail.message);
    else if (name === events.error) this.#fail(detail);
    else if (this.emitter.listenerCount(name) === 0) return;
    else if (name === events.replay) this.#emit(name, detail);
    else this.#emit(name, { ...this.describe(), ...detail });
  };

  /**
   * @param {EventName} name
   * @param {unknown} detail
   */
  #emit(name, detail) {
    this.#context.emit(this.emitter, name, detail);
  }

  /**
   * An error without a listener never ends the process.
   * @param {{ code: string, message: string }} detail
   */
  #fail({ code, message }) {
    if (this.emitter.listenerCount(events.error) === 0) return;
    const isOwn = code.startsWith('E_');
    const ownCode = isOwn ? /** @type {ErrorCode} */ (code) : 'E_REPLY';
    const error = new OrgCacheError(ownCode, message, isOwn ? {} : { redisCode: code });
    this.#emit(events.error, error);
  }

  /**
   * Logs a line. Without a logger it goes to standard error.
   * @param {string} level
   * @param {string} message
   */
  log(level, message) {
    if (this.#logger !== undefined) return this.#write(this.#logger, level, message);
    // A console ignores failed writes, for example to a closed pipe.
    this.#write(new Console(process.stderr), 'log', `orgcache ${level}: ${message}`);
  }

  /**
   * Prints a line that the caller asked for. Without a logger it goes to the console.
   * @param {string} level
   * @param {string} message
   */
  print(level, message) {
    this.#write(this.#logger ?? console, level, message);
  }

  /**
   * Writes a line. A logger that throws or rejects has no effect on the caller.
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
      // The caller goes on without the line.
    }
  }
}

module.exports = { NativeEvents };
