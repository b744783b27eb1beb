'use strict';

const { types } = require('node:util');
const { OrgCacheError } = require('../errors.js');
const { bytesOf, ownBytes } = require('../argument-arena.js');

/** @import { Command } from './commands.js' */

/**
 * An argument as a bridge takes it.
 * @typedef {string | Uint8Array} Argument
 */

/** @typedef {(view: ArrayBufferView) => Uint8Array} TakeBytes */

/**
 * Encodes the arguments of a command for the wire. Lists are spread, one level deep. Maps and objects at
 * `command.pairsFrom` become their pairs. The result is a copy: later changes by the caller do not reach the
 * command. May change and return the list `given`.
 * @param {Command} command
 * @param {unknown[]} given
 */
function encodeArguments(command, given) {
  return encode(command, given, /** @type {TakeBytes} */ (ownBytes));
}

/**
 * Encodes arguments without copies of bytes, for a bridge that takes them before the caller goes on.
 * @param {Command} command
 * @param {unknown[]} given
 */
function encodeBorrowedArguments(command, given) {
  return encode(command, given, bytesOf);
}

/**
 * @param {Command} command
 * @param {unknown[]} given
 * @param {TakeBytes} takeBytes
 * @returns {Argument[]}
 */
function encode(command, given, takeBytes) {
  let hasOther = false;
  let hasList = false;
  for (let i = 0; i < given.length; i++) {
    if (typeof given[i] === 'string') continue;
    hasOther = true;
    if (Array.isArray(given[i])) hasList = true;
  }
  if (!hasOther) return /** @type {string[]} */ (given);
  let spread = hasList ? given.flat() : given;
  if (command.pairsFrom !== undefined) spread = withPairs(spread, command.pairsFrom);
  for (let i = 0; i < spread.length; i++) {
    if (typeof spread[i] !== 'string') spread[i] = encodeArgument(spread[i], command.name, i, takeBytes);
  }
  return /** @type {Argument[]} */ (spread);
}

/**
 * A Map or an object counts as pairs if it is the last argument and stands where pairs begin.
 * @param {unknown[]} args
 * @param {number} position
 */
function withPairs(args, position) {
  const last = args[position];
  if (args.length !== position + 1 || typeof last !== 'object' || last === null) return args;
  if (ArrayBuffer.isView(last)) return args;
  const spread = args.slice(0, position);
  for (const [field, value] of types.isMap(last) ? last : Object.entries(last)) spread.push(field, value);
  return spread;
}

/**
 * Encodes one argument. A text stays as it is. Bytes are copied, or become what `takeBytes` makes of them. null and
 * undefined become the empty text. Anything else becomes its text in JavaScript.
 * @param {unknown} given
 * @param {string} name The name of the command, for the error.
 * @param {number} position
 * @param {TakeBytes} [takeBytes]
 * @returns {Argument}
 */
function encodeArgument(given, name, position, takeBytes = /** @type {TakeBytes} */ (ownBytes)) {
  if (given === null || given === undefined) return '';
  try {
    return ArrayBuffer.isView(given) ? takeBytes(given) : String(given);
  } catch (cause) {
    throw new OrgCacheError(
      'E_SERIALIZE',
      `argument ${position + 1} of ${name} cannot be made text; give a string, a number or a Buffer`,
      { cause },
    );
  }
}

module.exports = { encodeBorrowedArguments, encodeArgument, encodeArguments };
