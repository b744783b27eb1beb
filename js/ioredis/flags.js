'use strict';

const { protocol } = require('../protocol.js');

/** @typedef {keyof typeof FLAGS | 'WHILE_LOADING' | 'READONLY' | 'SELECT'} Flag */

/** The flags of commands in ioredis, under ioredis's names. */
const FLAGS = {
  VALID_IN_SUBSCRIBER_MODE: [
    ...['subscribe', 'psubscribe', 'unsubscribe', 'punsubscribe', 'ssubscribe', 'sunsubscribe'],
    ...['ping', 'quit'],
  ],
  VALID_IN_MONITOR_MODE: ['monitor', 'auth'],
  ENTER_SUBSCRIBER_MODE: ['subscribe', 'psubscribe', 'ssubscribe'],
  EXIT_SUBSCRIBER_MODE: ['unsubscribe', 'punsubscribe', 'sunsubscribe'],
  WILL_DISCONNECT: ['quit'],
  HANDSHAKE_COMMANDS: ['auth', 'select', 'client', 'readonly', 'info'],
  IGNORE_RECONNECT_ON_ERROR: ['client'],
  BLOCKING_COMMANDS: [
    ...['blpop', 'brpop', 'brpoplpush', 'blmove', 'bzpopmin', 'bzpopmax', 'bzmpop', 'blmpop'],
    ...['xread', 'xreadgroup'],
  ],
  LAST_ARG_TIMEOUT_COMMANDS: ['blpop', 'brpop', 'brpoplpush', 'blmove', 'bzpopmin', 'bzpopmax'],
  FIRST_ARG_TIMEOUT_COMMANDS: ['bzmpop', 'blmpop'],
  BLOCK_OPTION_COMMANDS: ['xread', 'xreadgroup'],
};

/** Commands that a server answers while it loads its data. They do not wait until it is ready. */
const WHILE_LOADING = [
  ...['auth', 'command', 'debug', 'discard', 'exec', 'hello', 'info', 'lastsave', 'monitor', 'multi'],
  ...['psubscribe', 'publish', 'punsubscribe', 'quit', 'readonly', 'readwrite', 'replconf', 'reset', 'role'],
  ...['select', 'shutdown', 'spublish', 'ssubscribe', 'subscribe', 'sunsubscribe', 'time', 'unsubscribe'],
  ...['unwatch', 'watch'],
];

/** One bit for each flag, so that a command without flags costs one lookup. */
const BITS = /** @type {Record<Flag, number>} */ ({});
/** Bits by name in lower case. */
const bitsByName = new Map(Object.keys(protocol.commands).map((name) => [name, 0]));

const READONLY = Object.keys(protocol.commands).filter((name) =>
  protocol.commands[name].flags.includes('readonly'),
);

let nextBit = 1;
/** @type {Record<Flag, string[]>} */
const namesByFlag = { ...FLAGS, WHILE_LOADING, READONLY, SELECT: ['select'] };
for (const [flag, names] of /** @type {[Flag, string[]][]} */ (Object.entries(namesByFlag))) {
  BITS[flag] = nextBit;
  for (const name of names) bitsByName.set(name, (bitsByName.get(name) ?? 0) | nextBit);
  nextBit <<= 1;
}

/**
 * The bits of a command. Its name may be in any case.
 * @param {string} name
 */
function bitsOf(name) {
  return bitsByName.get(name) ?? bitsByName.get(name.toLowerCase()) ?? 0;
}

/**
 * @param {Flag} flag
 * @param {string} name
 */
function checkFlag(flag, name) {
  return (bitsOf(String(name)) & BITS[flag]) !== 0;
}

module.exports = { BITS, FLAGS, bitsOf, checkFlag };
