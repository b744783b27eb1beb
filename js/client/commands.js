'use strict';

const { protocol } = require('../protocol.js');
const { nextTick } = require('../time.js');

const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;
/** The reply is texts: what a command's own name gives, without the ending `Buffer`. */
const TEXTS = 0;
/** Of which commands a Map or an object is taken for pairs, and how many words stand in front of it. */
const PAIRS_FROM = { mset: 0, msetnx: 0, hset: 1, hmset: 1 };
/** Their first word is a channel, which gets a prefix only where channels do. */
const PUBLISHING = ['publish', 'spublish'];
/** They block only with the option BLOCK. */
const BLOCK_ON_REQUEST = ['xread', 'xreadgroup'];

/**
 * Every command by its name, and by its name in capitals: `method` is what clients call it, `detail` goes into the
 * head of its calls. Who gives a name in other letters gets neither pairs nor objects, as with ioredis.
 */
const known = new Map();
for (const [method, { arity, flags }] of Object.entries(protocol.commands)) {
  const blocks = flags.includes('blocking');
  const publishes = PUBLISHING.includes(method);
  const usual = {
    name: method,
    method,
    arity,
    blocks,
    publishes,
    detail: TEXTS,
    pairsFrom: PAIRS_FROM[method],
  };
  known.set(method, usual);
  known.set(method.toUpperCase(), inOtherLetters(usual, method.toUpperCase()));
}

function inOtherLetters(command, name) {
  return { ...command, name, detail: FLAT, pairsFrom: undefined };
}

/** Every command by its method's name. */
const COMMANDS = Object.keys(protocol.commands).map((name) => known.get(name));

/** The command of this name, in any letters; one that the table does not have is sent as it is. */
function commandNamed(given) {
  const name = String(given);
  const found = known.get(name);
  if (found !== undefined) return found;
  const method = name.toLowerCase();
  const same = known.get(method) ?? { method, arity: -1, blocks: false, publishes: false };
  return inOtherLetters(same, name);
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
  for (const command of COMMANDS) {
    define(prototype, command.name, function (...given) {
      return run(this, command, given, TEXTS);
    });
    define(prototype, `${command.name}Buffer`, function (...given) {
      return run(this, command, given, BUFFERS);
    });
  }
  define(prototype, 'call', function (name, ...given) {
    return run(this, commandNamed(name), given, TEXTS);
  });
  define(prototype, 'callBuffer', function (name, ...given) {
    return run(this, commandNamed(name), given, BUFFERS);
  });
}

/** A method that stays out of the way of whoever lists an object's members. */
function define(object, name, value) {
  Object.defineProperty(object, name, { value, writable: true, configurable: true });
}

/** Takes the callback off the end of what a caller gave. */
function takeCallback(given) {
  return typeof given[given.length - 1] === 'function' ? given.pop() : undefined;
}

/** The same promise, whose outcome a callback is told too. What is no function is none, as with ioredis. */
function withCallback(promise, callback) {
  if (typeof callback !== 'function') return promise;
  promise.then(
    (value) => nextTick(callback, null, value),
    (error) => nextTick(callback, error),
  );
  return promise;
}

module.exports = {
  BUFFERS,
  COMMANDS,
  TEXTS,
  commandNamed,
  define,
  defineCommands,
  isBlocking,
  takeCallback,
  withCallback,
};
