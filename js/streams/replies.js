'use strict';

const { protocol } = require('../protocol.js');
const { now } = require('../time.js');

/** @import { StreamEntry } from '../../index.js' */
/** @import { Failure } from '../errors.js' */

/**
 * An entry in the server's form: its id, and alternating fields and values.
 * @typedef {[id: string, fieldsAndValues: string[]]} EntryReply
 */

/**
 * An entry of this consumer. `heldSinceMs` is a time on the process's monotonic clock.
 * @typedef {{ entry: StreamEntry, id: string, deliveries: number, heldSinceMs: number }} Held
 */

/** Temporary errors: the server starts, changes its role, or is full or slow for a while. */
const PASSING = new Set(protocol.passingErrors);

/**
 * The first word of the server's error; undefined if it is no error of the server.
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
 * Whether the group is missing. A read that was blocked on a deleted stream ends with UNBLOCKED.
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
 * An object from a list of alternating names and values.
 * @param {unknown[]} words
 */
function objectOf(words) {
  /** @type {Record<string, unknown>} */
  const object = {};
  for (let index = 0; index < words.length; index += 2) object[String(words[index])] = words[index + 1];
  return object;
}

/**
 * The handler's form of an entry. If a field occurs twice, `fields` has its last value.
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
    // Own properties, even if a field is named like a member of every object.
    entry: { id, fields: Object.fromEntries(pairs), fieldsAndValues, deliveries },
    id,
    deliveries,
    heldSinceMs: now(),
  };
}

module.exports = { entryOf, isBefore, isFinal, isGroupMissing, objectOf, refusalOf };
