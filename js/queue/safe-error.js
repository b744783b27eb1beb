'use strict';

const { makeError } = require('../errors.js');

/** @import { JobError } from '../../types/queue.js' */

/** Characters of a text that cross. Native code keeps fewer bytes of the whole. */
const MOST_CHARACTERS = 8192;

/**
 * The JSON of what a handler threw. Nothing that it threw makes this fail: a getter that throws, a proxy, a message that is
 * no text or has megabytes.
 * @param {unknown} thrown
 */
function errorText(thrown) {
  return JSON.stringify(errorOf(thrown));
}

/**
 * @param {unknown} thrown
 * @returns {JobError}
 */
function errorOf(thrown) {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) {
    return { name: 'Error', message: `the handler threw ${shown(thrown)}` };
  }
  const name = textOf(() => /** @type {any} */ (thrown).name) ?? 'Error';
  const message =
    textOf(() => /** @type {any} */ (thrown).message) ?? 'the handler threw an object without a message';
  const code = textOf(() => /** @type {any} */ (thrown).code);
  const stack = textOf(() => /** @type {any} */ (thrown).stack);
  return {
    name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(stack === undefined ? {} : { stack }),
  };
}

/**
 * A text that is not too long; undefined if there is none.
 * @param {() => unknown} read
 */
function textOf(read) {
  try {
    const value = read();
    if (typeof value === 'string') return value.slice(0, MOST_CHARACTERS);
    return typeof value === 'number' ? String(value) : undefined;
  } catch {
    return undefined;
  }
}

/** @param {unknown} primitive */
function shown(primitive) {
  const text = String(primitive);
  return typeof primitive === 'string'
    ? `the text ${text.slice(0, MOST_CHARACTERS)}`
    : text.slice(0, MOST_CHARACTERS);
}

/**
 * An error of native code's JSON.
 * @param {{ code: any, message: string, retryable?: boolean, redisCode?: string }} told
 */
function toldError({ code, message, retryable = false, redisCode }) {
  return makeError(code, message, retryable, redisCode);
}

/**
 * The error that a handler threw, made again of what was kept of it.
 * @param {JobError} kept
 */
function keptError({ name, message, code, stack }) {
  const error = /** @type {import('../errors.js').Failure} */ (new Error(message));
  error.name = name;
  if (code !== undefined) error.code = code;
  if (stack !== undefined) error.stack = stack;
  return error;
}

module.exports = { errorText, keptError, toldError };
