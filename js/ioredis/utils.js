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
const { decoded } = require('./words.js');

/** The functions that applications take from `ioredis/built/utils`, under its names. */
const calculateSlot = slotOf;
const convertBufferToString = decoded;
const generateMultiSlot = slotOfAll;
const optimizeErrorStack = friendlyStack;
const wrapMultiResult = resultsOf;

function packObject(list) {
  const object = {};
  for (let i = 1; i < list.length; i += 2) object[list[i - 1]] = list[i];
  return object;
}

/** A callback that is called once: with its outcome, or with an error after so many milliseconds. */
function timeout(callback, milliseconds) {
  let timer = setTimeout(() => run(new Error('timeout')), milliseconds);
  const run = function (...outcome) {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    callback.apply(this, outcome);
  };
  return run;
}

function convertObjectToArray(object) {
  return Object.entries(object).flat(1);
}

function convertMapToArray(map) {
  return [...map].flat(1);
}

function toArg(arg) {
  return arg === null || arg === undefined ? '' : String(arg);
}

function sample(list, from = 0) {
  if (from >= list.length) return null;
  return list[from + Math.floor(Math.random() * (list.length - from))];
}

/** In place. */
function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    [list[i], list[other]] = [list[other], list[i]];
  }
  return list;
}

function zipMap(keys, values) {
  return new Map(keys.map((key, i) => [key, values[i]]));
}

// Names alone, which Node finds for those who import them.
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
