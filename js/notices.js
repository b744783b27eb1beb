'use strict';

const { EventEmitter } = require('node:events');
const { OrgCacheError } = require('./errors.js');

/** Events and log lines of native code, for listeners and the logger. */
class Notices {
  #logger;
  /** What every change of state is told with; set by who knows it. */
  describe = () => ({});
  events = new EventEmitter();

  set logger(logger) {
    this.#logger = logger;
  }

  get logger() {
    return this.#logger;
  }

  /** As native code tells them: a name and JSON. */
  take = (name, json) => {
    const detail = JSON.parse(json);
    try {
      if (name === 'log') this.log(detail.level, detail.message);
      else if (name === 'error') this.#fail(detail);
      else if (name === 'replay') this.events.emit(name, detail);
      else if (this.events.listenerCount(name) > 0) this.events.emit(name, { ...this.describe(), ...detail });
    } catch (error) {
      // A listener's own failure is its process's to hear of, as with any emitter.
      queueMicrotask(() => {
        throw error;
      });
    }
  };

  /** An error that nobody listens to never ends the process. */
  #fail({ code, message }) {
    if (this.events.listenerCount('error') === 0) return;
    const isOwn = code.startsWith('E_');
    const error = new OrgCacheError(isOwn ? code : 'E_REPLY', message, isOwn ? {} : { redisCode: code });
    this.events.emit('error', error);
  }

  log(level, message) {
    if (this.#logger === undefined) {
      process.stderr.write(`orgcache ${level}: ${message}\n`);
      return;
    }
    try {
      (this.#logger[level] ?? this.#logger.log)?.call(this.#logger, message);
    } catch {
      // A log line that cannot be written must not end the server that wanted it.
    }
  }
}

module.exports = { Notices };
