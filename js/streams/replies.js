'use strict';

const { now } = require('../time.js');

/** @import { StreamEntry } from '../../index.js' */
/** @import { Failure } from '../errors.js' */

/**
 * An entry as the server answers it: its id, and its fields and values in turn.
 * @typedef {[id: string, fieldsAndValues: string[]]} EntryReply
 */

/**
 * An entry that this consumer has. `heldSinceMs` is a time of the process's own clock.
 * @typedef {{ entry: StreamEntry, id: string, deliveries: number, heldSinceMs: number }} Held
 */

/** Refusals that pass by themselves: a server that starts, changes its role, or is full or slow for a while. */
const PASSING = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'TRYAGAIN',
]);

/**
 * The first word of the server's error, or undefined where the server answered none.
 * @param {unknown} thrown
 */
function refusalOf(thrown) {
  const error = /** @type {Failure | undefined} */ (thrown);
  if (error?.code === 'E_REPLY') return error.redisCode;
  return error?.name === 'ReplyError' ? String(error.message).split(' ', 1)[0] : undefined;
}

/**
 * Whether the same command will fail again: the server refuses it, or Redis is turned off.
 * @param {unknown} thrown
 */
function isFinal(thrown) {
  const error = /** @type {Failure | undefined} */ (thrown);
  if (error?.code === 'E_CONNECT') return error.retryable === false;
  const word = refusalOf(error);
  return word !== undefined && !PASSING.has(word);
}

/**
 * Whether the group is not there; a read that was blocked on a deleted stream ends with UNBLOCKED.
 * @param {unknown} error
 */
function isGroupMissing(error) {
  const word = refusalOf(error);
  return word === 'NOGROUP' || word === 'UNBLOCKED';
}

/**
 * @param {string} id
 * @param {string} other
 */
function isBefore(id, other) {
  const [ms, sequence] = numbersOf(id);
  const [otherMs, otherSequence] = numbersOf(other);
  return ms < otherMs || (ms === otherMs && sequence < otherSequence);
}

/** @param {string} id */
function numbersOf(id) {
  const [ms, sequence = '0'] = id.split('-');
  return [BigInt(ms), BigInt(sequence)];
}

/**
 * An object of a reply that lists names and values in turn.
 * @param {unknown[]} words
 */
function objectOf(words) {
  /** @type {Record<string, unknown>} */
  const object = {};
  for (let index = 0; index < words.length; index += 2) object[String(words[index])] = words[index + 1];
  return object;
}

/**
 * What a handler is given. A field that comes twice has its last value in `fields`.
 * @param {EntryReply} reply
 * @param {number} deliveries
 * @returns {Held}
 */
function entryOf([id, fieldsAndValues], deliveries) {
  /** @type {[string, string][]} */
  const pairs = [];
  for (let index = 0; index < fieldsAndValues.length; index += 2) {
    pairs.push([fieldsAndValues[index], fieldsAndValues[index + 1]]);
  }
  return {
    // As data, also where a field is named like something of every object.
    entry: { id, fields: Object.fromEntries(pairs), fieldsAndValues, deliveries },
    id,
    deliveries,
    heldSinceMs: now(),
  };
}

module.exports = { entryOf, isBefore, isFinal, isGroupMissing, objectOf, refusalOf };
