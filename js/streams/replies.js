'use strict';

const { now } = require('../time.js');

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

/** The first word of the server's error, or undefined where the server answered none. */
function refusalOf(error) {
  if (error?.code === 'E_REPLY') return error.redisCode;
  return error?.name === 'ReplyError' ? String(error.message).split(' ', 1)[0] : undefined;
}

/** Whether the same command will fail again: the server refuses it, or Redis is turned off. */
function isFinal(error) {
  if (error?.code === 'E_CONNECT') return error.retryable === false;
  const word = refusalOf(error);
  return word !== undefined && !PASSING.has(word);
}

/** Whether the group is not there; a read that was blocked on a deleted stream ends with UNBLOCKED. */
function isGroupMissing(error) {
  return ['NOGROUP', 'UNBLOCKED'].includes(refusalOf(error));
}

function isBefore(id, other) {
  const [ms, sequence] = numbersOf(id);
  const [otherMs, otherSequence] = numbersOf(other);
  return ms < otherMs || (ms === otherMs && sequence < otherSequence);
}

function numbersOf(id) {
  const [ms, sequence = '0'] = id.split('-');
  return [BigInt(ms), BigInt(sequence)];
}

/** An object of a reply that lists names and values in turn. */
function objectOf(words) {
  const object = {};
  for (let index = 0; index < words.length; index += 2) object[words[index]] = words[index + 1];
  return object;
}

/** What a handler is given. A field that comes twice has its last value in `fields`. */
function entryOf([id, fieldsAndValues], deliveries) {
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
