'use strict';

const { protocol } = require('../protocol.js');
const { BUFFERS, TEXTS, commandNamed } = require('./commands.js');

/** @import { RedisCommandObject } from '../../index.js' */
/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { Command } from './commands.js' */

/** @typedef {{ command: Command, args: unknown[], flags: number, settle?: RedisCallback<unknown> }} GivenCommand */

/** @type {{ flat: number }} */
const { flat: FLAT } = protocol.commandFlags;

/**
 * Reads a command object with `name` and `args`. An object of ioredis's class decodes the reply itself from the
 * server's bytes and has a promise that waits for it: `settle` is the callback for that promise.
 * @param {RedisCommandObject} given
 * @returns {GivenCommand}
 */
function commandOf({ name, args: given = [], resolve, reject }) {
  const command = commandNamed(name);
  const args = [...given];
  if (typeof resolve !== 'function') return { command, args, flags: TEXTS };
  /** @type {RedisCallback<unknown>} */
  const settle = (error, reply) => (error ? reject?.(error) : resolve(reply));
  return { command, args, flags: BUFFERS | FLAT, settle };
}

module.exports = { commandOf };
