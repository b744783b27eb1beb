'use strict';

const { setTimeout } = require('../time.js');

/** @import { Callback } from './own-types.js' */

/**
 * Tells a callback the outcome of `promise` too, and answers the promise. It runs as a reaction of the promise, in
 * the order in which reactions were added and in the context of the call; what it throws is the process's to hear.
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
 * Thrown where nothing of the package is on the stack: it ends the process unless the application takes it.
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
