'use strict';

const { AsyncResource } = require('node:async_hooks');
const { queueMicrotask } = require('./time.js');

const TYPE = 'orgcache';

/** @typedef {{ emit(event: string, ...details: unknown[]): unknown }} Emitter */

/**
 * The AsyncLocalStorage context in which an object was made. The object calls its listeners in it, and starts
 * timers and connections in it: never in the context of the request that came first.
 */
class Context {
  #resource = new AsyncResource(TYPE);

  /**
   * Answers the result of `work`, and throws its exception.
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
   * Calls a function of the application. If it throws, the caller goes on.
   * @template {unknown[]} Given
   * @param {(...given: Given) => unknown} listener
   * @param {Given} given
   */
  call(listener, ...given) {
    this.#resource.runInAsyncScope(callGuarded, undefined, listener, given);
  }

  /**
   * Emits an event. Node's rule holds for its listeners: after one that throws, later ones are not called.
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
 * Passes an exception of a listener on to `uncaughtException`, once, after the current work: no other event,
 * outcome or listener may be lost. It counts as uncaught, because the package does not handle it.
 * @param {unknown} error
 */
function passOn(error) {
  queueMicrotask(() => {
    throw error;
  });
}

module.exports = { Context, passOn };
