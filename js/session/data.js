'use strict';

const { OrgCacheError } = require('../errors.js');

/**
 * The JSON text of a session's data. Throws `E_SERIALIZE` for what is no object of JSON.
 * @param {unknown} data
 */
function textOf(data) {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    throw new OrgCacheError('E_SERIALIZE', 'the data of a session must be an object');
  }
  let text;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw new OrgCacheError('E_SERIALIZE', 'the data of a session must be JSON: no BigInt, no cycle', {
      cause,
    });
  }
  if (typeof text !== 'string' || !text.startsWith('{')) {
    throw new OrgCacheError('E_SERIALIZE', 'the data of a session must become an object of JSON');
  }
  return text;
}

/**
 * The data after a change: an object replaces its keys, and `undefined` removes one; a function gets the data and answers
 * the new one.
 * @param {any} data It may be changed.
 * @param {any} change
 * @returns {any}
 */
function changed(data, change) {
  if (typeof change === 'function') return answered(change(data));
  const merged = { ...data, ...change };
  for (const key of Object.keys(change)) if (change[key] === undefined) delete merged[key];
  return merged;
}

/** @param {any} next */
function answered(next) {
  if (typeof next?.then === 'function') {
    throw new OrgCacheError('E_SERIALIZE', 'the function of an update must answer the data, not a promise');
  }
  return next;
}

/**
 * Throws `E_ARGUMENT` for what is neither.
 * @param {unknown} change
 */
function checkChange(change) {
  if (
    typeof change === 'function' ||
    (typeof change === 'object' && change !== null && !Array.isArray(change))
  ) {
    return;
  }
  throw new OrgCacheError('E_ARGUMENT', 'update() takes an object with the keys that change, or a function');
}

module.exports = { changed, checkChange, textOf };
