'use strict';

/** The place in front of every message of a stream. */
const START = '0-0';
const ID = /^(\d{1,20})-(\d{1,20})$/;

/**
 * Negative where `one` comes before `other`, positive where it comes after. Numbers of ids have no leading zeros, and may be
 * larger than a number of JavaScript is exact.
 * @param {string} one
 * @param {string} other
 */
function compare(one, other) {
  if (one === other) return 0;
  const [ms, number] = one.split('-');
  const [otherMs, otherNumber] = other.split('-');
  return compareDigits(ms, otherMs) || compareDigits(number, otherNumber);
}

/**
 * @param {string} one
 * @param {string} other
 */
function compareDigits(one, other) {
  if (one.length !== other.length) return one.length - other.length;
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/**
 * The time of an id by the server's clock, in milliseconds since 1970.
 * @param {string} id
 */
function msOf(id) {
  return Number.parseInt(id, 10);
}

/** @param {unknown} id */
function isPosition(id) {
  return typeof id === 'string' && ID.test(id);
}

module.exports = { START, compare, isPosition, msOf };
