'use strict';

const { createHash } = require('node:crypto');

// A written value is an array, since a conversation has to be one: the number, which no other write has, and a text of any
// length, in which damaged bytes show themselves.

/** One thread writes less than this many values. */
const VALUES_PER_THREAD = 2 ** 32;
const LONGEST_TEXT = 32 * 1024;
const TEXT = textOf(LONGEST_TEXT);

/** Text that all processes share and that no codec makes much shorter. */
function textOf(length) {
  let text = '';
  while (text.length < length) text += createHash('sha512').update(text).digest('base64');
  return text.slice(0, length);
}

/** Numbers for the values of one thread; threads have numbers from 1. */
function numbersOf(thread) {
  let next = thread * VALUES_PER_THREAD;
  return () => ++next;
}

function writtenValue(number, length) {
  return [number, TEXT.slice(0, length)];
}

/** The number that an answer stands for: 0 for nothing, -1 for no value of the load. */
function numberIn(answer) {
  if (answer === null || answer === undefined) return 0;
  if (!Array.isArray(answer) || answer.length !== 2) return -1;
  const [number, text] = answer;
  return Number.isSafeInteger(number) && number > 0 && TEXT.startsWith(text) ? number : -1;
}

module.exports = { numbersOf, writtenValue, numberIn };
