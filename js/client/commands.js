'use strict';

const { passOn } = require('../context.js');
const { protocol } = require('../protocol.js');

/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * @typedef {object} Command
 * @property {string} name The name on the wire.
 * @property {number} number 0 if the command crosses by its name.
 * @property {string} method
 * @property {number} arity
 * @property {boolean} blocks
 * @property {boolean} publishes
 * @property {boolean} isSpecial
 * @property {boolean} mayChange
 * @property {boolean} framesTransaction
 * @property {number} detail
 * @property {number | undefined} pairsFrom Where pairs begin among the arguments; undefined if the command takes
 * none.
 */

/** @typedef {Omit<Command, 'name' | 'detail' | 'pairsFrom'>} Traits */

/**
 * Runs the method of a command.
 * @template Receiver
 * @callback Run
 * @param {Receiver} receiver
 * @param {Command} command
 * @param {unknown[]} given
 * @param {number} flags
 * @returns {unknown}
 */

/** @type {{ buffers: number, flat: number }} */
const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;
/** Replies are texts: the form of a command's own name, without the ending `Buffer`. */
const TEXTS = 0;
/**
 * The commands that take a Map or an object for pairs, and the number of arguments before it.
 * @type {Record<string, number>}
 */
const PAIRS_FROM = { mset: 0, msetnx: 0, hset: 1, hmset: 1 };
/** Commands with a channel as first argument. It gets a prefix only if channels do. */
const PUBLISHING = ['publish', 'spublish'];
/** Commands that begin or end a transaction. */
const FRAMING = ['multi', 'exec', 'discard'];
/** Commands with their own way: see `Sender`. */
const DIVERTED = [
  'psubscribe',
  'punsubscribe',
  'quit',
  'select',
  'ssubscribe',
  'subscribe',
  'sunsubscribe',
  'unsubscribe',
];
/** Commands that change a connection for all later commands, and subcommands that do. */
const CHANGING = new Set(protocol.changing.map((/** @type {string} */ name) => name.toLowerCase()));
/** @type {Map<string, string[]>} */
const CHANGING_IN = new Map(
  Object.entries(protocol.changingIn).map(([name, args]) => [name.toLowerCase(), args]),
);
/** Commands that block only with the option BLOCK. */
const BLOCK_ON_REQUEST = ['xread', 'xreadgroup'];

/**
 * Every command by its name in lower case and in capitals. `method` is its name in clients. `detail` and `number`
 * go into the head of its calls; `number` is 0 if it crosses by its name. A command that `isSpecial` has a way of
 * its own. A command that `mayChange` may change the connection for the commands behind it. A name in mixed case
 * gets neither pairs nor objects, as with ioredis.
 * @type {Map<string, Command>}
 */
const known = new Map();
/**
 * Sentinels know this command, but servers do not list it.
 * @type {Record<string, { number: number, arity: number, flags: string[] }>}
 */
const SENTINEL = { sentinel: { number: 0, arity: -2, flags: [] } };
for (const [method, { number, arity, flags }] of Object.entries({ ...SENTINEL, ...protocol.commands })) {
  const blocks = flags.includes('blocking');
  const publishes = PUBLISHING.includes(method);
  const usual = {
    name: method,
    number,
    method,
    arity,
    blocks,
    publishes,
    isSpecial: blocks || publishes || DIVERTED.includes(method),
    mayChange: mayChange(method),
    framesTransaction: FRAMING.includes(method),
    detail: TEXTS,
    pairsFrom: PAIRS_FROM[method],
  };
  known.set(method, usual);
  known.set(method.toUpperCase(), inOtherLetters(usual, method.toUpperCase()));
}

/**
 * @param {string} method
 * @returns {Traits}
 */
function unknown(method) {
  return {
    number: 0,
    method,
    arity: -1,
    blocks: false,
    publishes: false,
    isSpecial: false,
    mayChange: mayChange(method),
    framesTransaction: FRAMING.includes(method),
  };
}

/**
 * Whether a command or one of its subcommands changes its connection.
 * @param {string} method
 */
function mayChange(method) {
  return CHANGING.has(method) || CHANGING_IN.has(method);
}

/**
 * @param {Traits} command
 * @param {string} name
 * @returns {Command}
 */
function inOtherLetters(command, name) {
  return { ...command, name, number: 0, detail: FLAT, pairsFrom: undefined };
}

/** Every command by the name of its method. */
const COMMANDS = Object.keys({ ...SENTINEL, ...protocol.commands }).map(
  (name) => /** @type {Command} */ (known.get(name)),
);

/**
 * The command of this name, in any case. A command that is not in the table is sent as it is.
 * @param {unknown} given
 * @returns {Command}
 */
function commandNamed(given) {
  const name = String(given);
  const found = known.get(name);
  if (found !== undefined) return found;
  const method = name.toLowerCase();
  return inOtherLetters(known.get(method) ?? unknown(method), name);
}

/**
 * Whether the server may delay the reply until something happens.
 * @param {Command} command
 * @param {Argument[]} args
 */
function isBlocking(command, args) {
  if (!command.blocks) return false;
  if (!BLOCK_ON_REQUEST.includes(command.method)) return true;
  for (const word of args) {
    const text = String(word).toUpperCase();
    if (text === 'BLOCK') return true;
    if (text === 'STREAMS') return false;
  }
  return false;
}

/**
 * Where an XREAD reads a stream from its end: the positions of its key and of the `$`.
 * @param {Argument[]} args
 */
function newestOf(args) {
  const streams = args.findIndex((word) => String(word).toUpperCase() === 'STREAMS') + 1;
  const count = (args.length - streams) / 2;
  if (streams === 0 || !Number.isInteger(count)) return [];
  const newest = [];
  for (let stream = streams; stream < streams + count; stream += 1) {
    if (String(args[stream + count]) === '$') newest.push({ stream, id: stream + count });
  }
  return newest;
}

/**
 * Adds to `prototype` a method for each command, one for its replies as Buffers, `call` and `callBuffer`.
 * @template Receiver
 * @param {any} prototype
 * @param {Run<Receiver>} run
 */
function defineCommands(prototype, run) {
  for (const command of COMMANDS) defineCommand(prototype, command, run);
  define(prototype, 'call', function (name, ...given) {
    return run(this, commandNamed(name), given, TEXTS);
  });
  define(prototype, 'callBuffer', function (name, ...given) {
    return run(this, commandNamed(name), given, BUFFERS);
  });
  define(prototype, 'send_command', prototype.call);
}

/**
 * Adds the methods of one command to `prototype`.
 * @template Receiver
 * @param {any} prototype
 * @param {Command} command
 * @param {Run<Receiver>} run
 */
function defineCommand(prototype, command, run) {
  for (const [name, flags] of /** @type {const} */ ([
    [command.name, TEXTS],
    [`${command.name}Buffer`, BUFFERS],
  ])) {
    define(prototype, name, function (...given) {
      return run(this, command, given, flags);
    });
  }
}

/**
 * Defines a method that is not enumerable.
 * @param {object} object
 * @param {string} name
 * @param {(this: any, ...given: unknown[]) => unknown} value
 */
function define(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/**
 * Removes the callback from the end of the arguments.
 * @param {unknown[]} given
 * @returns {RedisCallback<unknown> | undefined}
 */
function takeCallback(given) {
  return typeof given[given.length - 1] === 'function'
    ? /** @type {RedisCallback<unknown>} */ (given.pop())
    : undefined;
}

/**
 * Adds a callback to a promise. The callback runs before handlers that are added to the promise from now on.
 * Anything but a function is ignored, as with ioredis.
 * @template Reply
 * @param {Promise<Reply>} promise
 * @param {RedisCallback<Reply>} [callback]
 * @returns {Promise<Reply>}
 */
function withCallback(promise, callback) {
  if (typeof callback !== 'function') return promise;
  promise.then(
    (value) => invoke(callback, null, value),
    (error) => invoke(callback, error),
  );
  return promise;
}

/**
 * @template Reply
 * @param {RedisCallback<Reply>} callback
 * @param {Parameters<RedisCallback<Reply>>} outcome
 */
function invoke(callback, ...outcome) {
  try {
    callback(...outcome);
  } catch (error) {
    passOn(error);
  }
}

/**
 * A promise of the result or exception of `work`.
 * @template Answer
 * @param {() => Answer | Promise<Answer>} work
 */
async function attempt(work) {
  return work();
}

/**
 * Why a command cannot go on a shared connection; undefined if it can.
 * @param {Command} command
 * @param {Argument[]} args
 * @returns {string | undefined}
 */
function changeOf(command, args) {
  if (!command.mayChange) return undefined;
  if (CHANGING.has(command.method)) return command.method.toUpperCase();
  const subcommand = String(args[0]).toUpperCase();
  const isChanging = CHANGING_IN.get(command.method)?.includes(subcommand);
  return isChanging ? `${command.method.toUpperCase()} ${subcommand}` : undefined;
}

module.exports = {
  BUFFERS,
  COMMANDS,
  FRAMING,
  TEXTS,
  attempt,
  changeOf,
  commandNamed,
  define,
  defineCommand,
  defineCommands,
  isBlocking,
  newestOf,
  takeCallback,
  withCallback,
};
