'use strict';

const { types } = require('node:util');

/**
 * @typedef {string | Buffer} Argument
 * @typedef {(args: unknown[]) => unknown[]} ArgumentTransformer
 * @typedef {(reply: unknown) => unknown} ReplyTransformer
 */

/**
 * Encodes the arguments of a command. Lists are spread, one level deep, then the transformer is applied. Each
 * argument becomes a text or a Buffer. Buffers are copied, so later changes by the caller have no effect.
 * @param {unknown[]} given
 * @param {ArgumentTransformer} [transformer]
 * @returns {Argument[]}
 */
function encodeArguments(given, transformer) {
  let args = flattened(given);
  if (transformer !== undefined) args = transformer(args);
  for (let i = 0; i < args.length; i++) {
    if (typeof args[i] !== 'string') args[i] = encodeArgument(args[i]);
  }
  return /** @type {Argument[]} */ (args);
}

/**
 * Always a new list: the caller may use its own again.
 * @param {unknown[]} given
 * @returns {unknown[]}
 */
function flattened(given) {
  for (let i = 0; i < given.length; i++) {
    if (Array.isArray(given[i])) return given.flat();
  }
  return given.slice();
}

/**
 * @param {unknown} given
 * @returns {Argument}
 */
function encodeArgument(given) {
  if (typeof given === 'number') return String(given);
  if (given === null || given === undefined) return '';
  if (Buffer.isBuffer(given)) return Buffer.from(given);
  if (ArrayBuffer.isView(given)) {
    return Buffer.from(new Uint8Array(given.buffer, given.byteOffset, given.byteLength));
  }
  return String(given);
}

/**
 * A Map or an object that is the only argument from `from` on becomes its pairs.
 * @param {number} from
 * @returns {ArgumentTransformer}
 */
function pairsFrom(from) {
  return (args) => {
    const last = args[from];
    if (args.length !== from + 1 || typeof last !== 'object' || last === null) return args;
    if (ArrayBuffer.isView(last)) return args;
    const spread = args.slice(0, from);
    for (const [field, value] of types.isMap(last) ? last : Object.entries(last)) spread.push(field, value);
    return spread;
  };
}

/**
 * Makes an object of the pairs of HGETALL. A field may have any name, `__proto__` too.
 * @param {unknown} reply
 */
function objectOfPairs(reply) {
  if (!Array.isArray(reply)) return reply;
  /** @type {Record<string, unknown>} */
  const object = {};
  for (let i = 0; i < reply.length; i += 2) {
    const field = reply[i];
    if (field in object) {
      const descriptor = { value: reply[i + 1], configurable: true, enumerable: true, writable: true };
      Object.defineProperty(object, field, descriptor);
    } else object[field] = reply[i + 1];
  }
  return object;
}

const ARGUMENT_TRANSFORMERS = {
  mset: pairsFrom(0),
  msetnx: pairsFrom(0),
  hset: pairsFrom(1),
  hmset: pairsFrom(1),
};
const REPLY_TRANSFORMERS = { hgetall: objectOfPairs };

/**
 * Decodes the Buffers anywhere in a reply.
 * @param {unknown} reply
 * @param {BufferEncoding} [encoding]
 * @returns {unknown}
 */
function decoded(reply, encoding) {
  if (Buffer.isBuffer(reply)) return reply.toString(encoding);
  if (!Array.isArray(reply)) return reply;
  const texts = new Array(reply.length);
  for (let i = 0; i < reply.length; i++) texts[i] = decoded(reply[i], encoding);
  return texts;
}

module.exports = { ARGUMENT_TRANSFORMERS, REPLY_TRANSFORMERS, decoded, encodeArguments };
