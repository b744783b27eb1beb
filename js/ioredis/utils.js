'use strict';

const { noop } = require('./callback.js');
const { CONNECTION_CLOSED_ERROR_MSG } = require('./errors.js');
const { friendlyStack } = require('./friendly-stack.js');
const { defaults } = require('./options.js');
const { slotOf, slotOfAll } = require('./slots.js');
const { clearTimeout, setTimeout } = require('../time.js');
const { resolveTLSProfile } = require('./tls-profiles.js');
const { resultsOf } = require('./transaction.js');
const { isInt, parseURL } = require('./url.js');
const { decoded } = require('./encode-arguments.js');

/** @import { Callback } from '../../types/ioredis/calls.js' */

/** The functions of `ioredis/built/utils` that applications use, under its names. */
const calculateSlot = slotOf;
const convertBufferToString = decoded;
const generateMultiSlot = slotOfAll;
const optimizeErrorStack = friendlyStack;
const wrapMultiResult = resultsOf;

/** @param {any[]} list */
function packObject(list) {
  /** @type {Record<string, any>} */
  const object = {};
  for (let i = 1; i < list.length; i += 2) object[list[i - 1]] = list[i];
  return object;
}

/**
 * A callback that runs once: with its outcome, or with an error after this many milliseconds.
 * @template T
 * @param {Callback<T>} callback
 * @param {number} milliseconds
 * @returns {Callback<T>}
 */
function timeout(callback, milliseconds) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer = setTimeout(() => run(new Error('timeout')), milliseconds);
  /**
   * @this {unknown}
   * @param {Parameters<Callback<T>>} outcome
   */
  const run = function (...outcome) {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    callback.apply(this, outcome);
  };
  return run;
}

/**
 * @template T
 * @param {Record<string, T>} object
 * @returns {(string | T)[]}
 */
function convertObjectToArray(object) {
  return Object.entries(object).flat(1);
}

/**
 * @template K, V
 * @param {Map<K, V>} map
 * @returns {(K | V)[]}
 */
function convertMapToArray(map) {
  return [...map].flat(1);
}

/** @param {unknown} arg */
function toArg(arg) {
  return arg === null || arg === undefined ? '' : String(arg);
}

/**
 * @template T
 * @param {T[]} list
 * @returns {T | null}
 */
function sample(list, from = 0) {
  if (from >= list.length) return null;
  return list[from + Math.floor(Math.random() * (list.length - from))];
}

/**
 * In place.
 * @template T
 * @param {T[]} list
 */
function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    [list[i], list[other]] = [list[other], list[i]];
  }
  return list;
}

/**
 * @template K, V
 * @param {K[]} keys
 * @param {V[]} values
 * @returns {Map<K, V>}
 */
function zipMap(keys, values) {
  return new Map(keys.map((key, i) => [key, values[i]]));
}

// Plain names, which Node finds for `import`.
module.exports = {
  CONNECTION_CLOSED_ERROR_MSG,
  calculateSlot,
  convertBufferToString,
  convertMapToArray,
  convertObjectToArray,
  defaults,
  generateMultiSlot,
  isInt,
  noop,
  optimizeErrorStack,
  packObject,
  parseURL,
  resolveTLSProfile,
  sample,
  shuffle,
  timeout,
  toArg,
  wrapMultiResult,
  zipMap,
};
