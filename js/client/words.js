'use strict';

const { types } = require('node:util');
const { OrgCacheError } = require('../errors.js');

/**
 * The words of a command as they go over the wire, from what a caller gave: lists are spread, one level deep, and
 * Maps and objects of `command.pairsFrom` become their pairs. May change and give back what it was given.
 */
function wordsOf(command, given) {
  let hasOther = false;
  let hasList = false;
  for (let i = 0; i < given.length; i++) {
    if (typeof given[i] === 'string') continue;
    hasOther = true;
    if (Array.isArray(given[i])) hasList = true;
  }
  if (!hasOther) return given;
  let words = hasList ? given.flat() : given;
  if (command.pairsFrom !== undefined) words = withPairs(words, command.pairsFrom);
  for (let i = 0; i < words.length; i++) {
    if (typeof words[i] !== 'string') words[i] = wordOf(words[i], command.name, i);
  }
  return words;
}

/** A Map or an object counts as pairs where it is the last of the words and stands where pairs begin. */
function withPairs(words, position) {
  const last = words[position];
  if (words.length !== position + 1 || typeof last !== 'object' || last === null) return words;
  if (ArrayBuffer.isView(last)) return words;
  const spread = words.slice(0, position);
  for (const [field, value] of types.isMap(last) ? last : Object.entries(last)) spread.push(field, value);
  return spread;
}

/** Texts and bytes as they are, nothing as the empty text, all else as JavaScript writes it. */
function wordOf(given, name, position) {
  if (Buffer.isBuffer(given)) return given;
  if (ArrayBuffer.isView(given)) return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  if (given === null || given === undefined) return '';
  try {
    return String(given);
  } catch (cause) {
    throw new OrgCacheError(
      'E_SERIALIZE',
      `argument ${position + 1} of ${name} cannot be made text; give a string, a number or a Buffer`,
      { cause },
    );
  }
}

module.exports = { wordOf, wordsOf };
