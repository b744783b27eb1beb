'use strict';

const { passOn } = require('../context.js');
const { protocol } = require('../protocol.js');

const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;
/** The reply is texts: what a command's own name gives, without the ending `Buffer`. */
const TEXTS = 0;
/** Of which commands a Map or an object is taken for pairs, and how many words stand in front of it. */
const PAIRS_FROM = { mset: 0, msetnx: 0, hset: 1, hmset: 1 };
/** Their first word is a channel, which gets a prefix only where channels do. */
const PUBLISHING = ['publish', 'spublish'];
/** They begin or end a transaction. */
const FRAMING = ['multi', 'exec', 'discard'];
/** They have a way of their own: see `Sender`. */
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
/** What changes a connection for all that follows: commands, and subcommands of others. */
const CHANGING = new Set(protocol.changing.map((name) => name.toLowerCase()));
const CHANGING_IN = new Map(
  Object.entries(protocol.changingIn).map(([name, words]) => [name.toLowerCase(), words]),
);
/** They block only with the option BLOCK. */
const BLOCK_ON_REQUEST = ['xread', 'xreadgroup'];

/**
 * Every command by its name, and by its name in capitals: `method` is what clients call it, `detail` and `number` go
 * into the head of its calls (0 where it goes by its name), and one that `isSpecial` may not go as others do, and one that
 * `mayChange` may mean something else for those behind it. Who gives a name in other letters gets neither pairs nor objects, as with ioredis.
 */
const known = new Map();
/** Sentinels have it, and servers do not tell of it. */
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

/** Whether a command changes its connection, or has subcommands that do. */
function mayChange(method) {
  return CHANGING.has(method) || CHANGING_IN.has(method);
}

function inOtherLetters(command, name) {
  return { ...command, name, number: 0, detail: FLAT, pairsFrom: undefined };
}

/** Every command by its method's name. */
const COMMANDS = Object.keys({ ...SENTINEL, ...protocol.commands }).map((name) => known.get(name));

/** The command of this name, in any letters; one that the table does not have is sent as it is. */
function commandNamed(given) {
  const name = String(given);
  const found = known.get(name);
  if (found !== undefined) return found;
  const method = name.toLowerCase();
  return inOtherLetters(known.get(method) ?? unknown(method), name);
}

/** Whether the server may keep its answer until something happens. */
function isBlocking(command, words) {
  if (!command.blocks) return false;
  if (!BLOCK_ON_REQUEST.includes(command.method)) return true;
  for (const word of words) {
    const text = String(word).toUpperCase();
    if (text === 'BLOCK') return true;
    if (text === 'STREAMS') return false;
  }
  return false;
}

/**
 * Gives `prototype` a method for each command, one for its replies as Buffers, `call` and `callBuffer`.
 * `run(receiver, command, given, flags)` does what such a method does.
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

/** Gives `prototype` the methods of one command. */
function defineCommand(prototype, command, run) {
  for (const [name, flags] of [
    [command.name, TEXTS],
    [`${command.name}Buffer`, BUFFERS],
  ]) {
    define(prototype, name, function (...given) {
      return run(this, command, given, flags);
    });
  }
}

/** A method that stays out of the way of whoever lists an object's members. */
function define(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/** Takes the callback off the end of what a caller gave. */
function takeCallback(given) {
  return typeof given[given.length - 1] === 'function' ? given.pop() : undefined;
}

/**
 * The same promise, whose outcome a callback is told too, before anybody who waits for the promise from now on. What
 * is no function is none, as with ioredis.
 */
function withCallback(promise, callback) {
  if (typeof callback !== 'function') return promise;
  promise.then(
    (value) => tell(callback, null, value),
    (error) => tell(callback, error),
  );
  return promise;
}

function tell(callback, ...outcome) {
  try {
    callback(...outcome);
  } catch (error) {
    passOn(error);
  }
}

/** What makes a command one that a connection which others use too cannot carry; undefined where nothing does. */
function changeOf(command, words) {
  if (!command.mayChange) return undefined;
  if (CHANGING.has(command.method)) return command.method.toUpperCase();
  const subcommand = String(words[0]).toUpperCase();
  const isChanging = CHANGING_IN.get(command.method)?.includes(subcommand);
  return isChanging ? `${command.method.toUpperCase()} ${subcommand}` : undefined;
}

module.exports = {
  BUFFERS,
  COMMANDS,
  FRAMING,
  TEXTS,
  changeOf,
  commandNamed,
  define,
  defineCommand,
  defineCommands,
  isBlocking,
  takeCallback,
  withCallback,
};
