'use strict';

const { loadNative } = require('../native.js');

/** @import { Argument } from './encode-arguments.js' */

/**
 * Keys begin at a position or after a keyword. From there on they follow each other, or are counted.
 *
 * @typedef {{ at: number, behind?: undefined, from?: undefined }} BeginAt
 * @typedef {{ at?: undefined, behind: string, from: number }} BeginBehind
 * @typedef {BeginAt | BeginBehind} Begin
 * @typedef {{ last: number, step: number, limit: number, numberAt?: undefined }} RangeOfKeys
 * @typedef {{ numberAt: number, first: number, step: number }} CountOfKeys
 * @typedef {Begin & (RangeOfKeys | CountOfKeys)} KeySpec
 */

/**
 * Places of keys by the name of a command or of a subcommand `container|name`. Native code has the table.
 * @type {Map<string, KeySpec[]> | undefined}
 */
let specs;

/**
 * @param {string} name
 * @returns {KeySpec[] | undefined}
 */
function specsOf(name) {
  specs ??= new Map(Object.entries(JSON.parse(loadNative().commandKeys())));
  return specs.get(name);
}

/**
 * The positions of keys among `args`. A position may occur once for each place that names it.
 * @param {string} name
 * @param {unknown[]} args
 */
function keyPositions(name, args) {
  const command = name.toLowerCase();
  const subcommand = args.length > 0 ? specsOf(`${command}|${String(args[0]).toLowerCase()}`) : undefined;
  return positionsOf(command, subcommand ?? specsOf(command), args);
}

/**
 * @param {string} command In lower case.
 * @param {KeySpec[] | undefined} specs
 * @param {unknown[]} args
 */
function positionsOf(command, specs = [], args) {
  /** @type {number[]} */
  const found = [];
  for (const spec of specs) {
    const begin = beginOf(spec, args);
    if (begin === undefined || begin >= args.length) continue;
    if (spec.numberAt === undefined) ofRange(spec, args, begin, found);
    else ofCount(spec, args, begin, found);
  }
  if (command === 'sort' || command === 'sort_ro') furtherOfSort(args, found);
  // MIGRATE has an empty argument there if its keys follow KEYS.
  return command === 'migrate' ? found.filter((position) => String(args[position]) !== '') : found;
}

/**
 * Positions in the table count the name, which is not among the arguments.
 * @param {Begin} spec
 * @param {unknown[]} args
 */
function beginOf({ at, behind, from }, args) {
  if (behind === undefined) return at - 1;
  /** @param {unknown} word */
  const isIt = (word) => String(word).toUpperCase() === behind;
  if (from >= 0) {
    const found = args.findIndex((word, position) => position >= from - 1 && isIt(word));
    return found === -1 ? undefined : found + 1;
  }
  for (let position = args.length + from; position >= 0; position--) {
    if (isIt(args[position])) return position + 1;
  }
  return undefined;
}

/**
 * @param {RangeOfKeys} spec
 * @param {unknown[]} args
 * @param {number} begin
 * @param {number[]} found
 */
function ofRange({ last, step, limit }, args, begin, found) {
  const end =
    last >= 0
      ? begin + last
      : limit >= 2
        ? begin + Math.floor((args.length - begin) / limit) - 1
        : args.length + last;
  for (let position = begin; position <= Math.min(end, args.length - 1); position += step)
    found.push(position);
}

/**
 * @param {CountOfKeys} spec
 * @param {unknown[]} args
 * @param {number} begin
 * @param {number[]} found
 */
function ofCount({ numberAt, first, step }, args, begin, found) {
  const text = String(args[begin + numberAt]);
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  for (let i = 0; i < count; i++) {
    const position = begin + first + i * step;
    if (position >= args.length) return;
    found.push(position);
  }
}

/**
 * Patterns of further keys after BY and GET, and the key after STORE. COMMAND does not list them.
 * @param {unknown[]} args
 * @param {number[]} found
 */
function furtherOfSort(args, found) {
  for (let position = 1; position + 1 < args.length; position++) {
    const word = String(args[position]).toUpperCase();
    if (!['BY', 'GET', 'STORE'].includes(word)) continue;
    position += 1;
    // GET # stands for the element itself.
    if (word !== 'GET' || String(args[position]) !== '#') found.push(position);
  }
}

/**
 * Adds `prefix`, a text or a Buffer, to every key of the command itself. Keys of subcommands, such as the stream of
 * XGROUP CREATE, stay as they are, as with ioredis: applications prefix them.
 * @param {string} name
 * @param {Argument[]} args
 * @param {Argument} prefix
 */
function prefixKeys(name, args, prefix) {
  const command = name.toLowerCase();
  for (const position of positionsOf(command, specsOf(command), args)) {
    args[position] = joined(prefix, args[position]);
  }
}

/**
 * @param {Argument} prefix
 * @param {Argument} key
 */
function joined(prefix, key) {
  if (!Buffer.isBuffer(prefix) && !Buffer.isBuffer(key)) return prefix + key;
  return Buffer.concat([Buffer.from(prefix), Buffer.from(key)]);
}

module.exports = { keyPositions, prefixKeys };
