'use strict';

const { BITS, bitsOf } = require('./flags.js');

/**
 * @import { Command } from './classes.js'
 * @import { ClientOptions } from './options.js'
 * @import { Argument } from './encode-arguments.js'
 */

/**
 * @param {unknown} word
 * @returns {number | undefined}
 */
function numberOf(word) {
  if (typeof word === 'number') return word;
  if (Buffer.isBuffer(word)) return numberOf(word.toString());
  if (typeof word !== 'string') return undefined;
  const number = Number(word);
  return Number.isFinite(number) ? number : undefined;
}

/**
 * The longest wait in milliseconds that the command asks the server for: 0 for ever, null if it names none.
 * @param {string} name
 * @param {Argument[]} args
 * @returns {number | null | undefined} Undefined if the command does not block, or names no number.
 */
function ownTimeout(name, args) {
  if (args.length === 0) return undefined;
  const bits = bitsOf(name);
  if (bits & BITS.LAST_ARG_TIMEOUT_COMMANDS) return secondsOf(args[args.length - 1]);
  if (bits & BITS.FIRST_ARG_TIMEOUT_COMMANDS) return secondsOf(args[0]);
  if (bits & BITS.BLOCK_OPTION_COMMANDS) return behindBlock(args);
  return undefined;
}

/** @param {Argument} word */
function secondsOf(word) {
  const seconds = numberOf(word);
  return seconds === undefined ? undefined : Math.max(seconds, 0) * 1000;
}

/** @param {Argument[]} args */
function behindBlock(args) {
  for (let i = 0; i < args.length; i++) {
    if (String(args[i]).toLowerCase() !== 'block') continue;
    const milliseconds = numberOf(args[i + 1]);
    return milliseconds === undefined ? undefined : Math.max(milliseconds, 0);
  }
  return null;
}

/**
 * The option `blockingTimeout` in milliseconds, if it is set.
 * @param {Pick<ClientOptions, 'blockingTimeout'>} options
 */
function configuredTimeout({ blockingTimeout }) {
  return typeof blockingTimeout === 'number' && blockingTimeout > 0 ? blockingTimeout : undefined;
}

/**
 * Milliseconds after which a blocking command counts as having found nothing.
 * @param {Command} command
 * @param {ClientOptions} options
 */
function timeoutOf(command, options) {
  const configured = configuredTimeout(options);
  if (configured === undefined) return undefined;
  const own = command.extractBlockingTimeout();
  if (own === undefined) return undefined;
  return own !== null && own > 0 ? own + (options.blockingTimeoutGrace ?? 100) : configured;
}

module.exports = { configuredTimeout, ownTimeout, timeoutOf };
