'use strict';

const { setTimeout } = require('../time.js');

/** @import { Callback } from '../../types/ioredis/calls.js' */

/**
 * Adds a callback to `promise`, and answers the promise. The callback runs as a reaction of the promise: in the
 * order in which reactions were added, and in the context of the call. Its exceptions go to the process.
 * @template T
 * @param {Promise<T>} promise
 * @param {Callback<T>} [callback]
 * @returns {Promise<T>}
 */
function asCallback(promise, callback) {
  if (typeof callback !== 'function') return promise;
  promise.then(
    (value) => {
      try {
        if (value === undefined) callback(null);
        else callback(null, value);
      } catch (error) {
        throwLater(error);
      }
    },
    (reason) => {
      try {
        callback(reason || Object.assign(new Error(String(reason)), { cause: reason }));
      } catch (error) {
        throwLater(error);
      }
    },
  );
  return promise;
}

/**
 * Throws with nothing of the package on the stack. The error ends the process unless the application handles it.
 * @param {unknown} error
 * @returns {void}
 */
function throwLater(error) {
  setTimeout(() => {
    throw error;
  }, 0);
}

function noop() {}

module.exports = { asCallback, noop, throwLater };
