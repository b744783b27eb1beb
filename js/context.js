'use strict';

const { AsyncResource } = require('node:async_hooks');
const { queueMicrotask } = require('./time.js');

const TYPE = 'orgcache';

/** @typedef {{ emit(event: string, ...details: unknown[]): unknown }} Emitter */

/**
 * The AsyncLocalStorage context in which it was made. What an object tells its listeners is told there, and what it
 * starts for later (a timer, a connection) is started there: never in the context of the request that came first.
 */
class Context {
  #resource = new AsyncResource(TYPE);

  /**
   * Answers what `work` answers, and throws what it throws.
   * @template {unknown[]} Given
   * @template Answer
   * @param {(...given: Given) => Answer} work
   * @param {Given} given
   * @returns {Answer}
   */
  run(work, ...given) {
    return this.#resource.runInAsyncScope(work, undefined, ...given);
  }

  /**
   * Calls a function of the application's. Whoever calls goes on where it throws.
   * @template {unknown[]} Given
   * @param {(...given: Given) => unknown} listener
   * @param {Given} given
   */
  call(listener, ...given) {
    this.#resource.runInAsyncScope(callGuarded, undefined, listener, given);
  }

  /**
   * Tells an event. Among its listeners Node's rule holds: one that throws keeps it from those behind.
   * @param {Emitter} emitter
   * @param {string} event
   * @param {unknown[]} details
   */
  emit(emitter, event, ...details) {
    this.#resource.runInAsyncScope(emitGuarded, undefined, emitter, event, details);
  }
}

/**
 * @param {(...given: unknown[]) => unknown} listener
 * @param {unknown[]} given
 */
function callGuarded(listener, given) {
  try {
    listener(...given);
  } catch (error) {
    passOn(error);
  }
}

/**
 * @param {Emitter} emitter
 * @param {string} event
 * @param {unknown[]} details
 */
function emitGuarded(emitter, event, details) {
  try {
    emitter.emit(event, ...details);
  } catch (error) {
    passOn(error);
  }
}

/**
 * Passes what a listener threw on to `uncaughtException`, once, when the work that told it is done: other events,
 * outcomes and listeners are nobody's to lose. It counts as uncaught, since we do not handle it.
 * @param {unknown} error
 */
function passOn(error) {
  queueMicrotask(() => {
    throw error;
  });
}

module.exports = { Context, passOn };
