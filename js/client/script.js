'use strict';

const { createHash } = require('node:crypto');
const { OrgCacheError } = require('../errors.js');
const { commandNamed } = require('./commands.js');
const { encodeArguments } = require('./encode-arguments.js');

/** @import { Failure } from '../errors.js' */
/** @import { Command } from './commands.js' */
/** @import { CommandSender, Reject, Resolve } from './sender-types.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * A caller's definition of a script. Its values are checked.
 * @typedef {{ lua?: string, numberOfKeys?: number, readOnly?: boolean }} ScriptDefinition
 */

const EVAL = commandNamed('eval');
const EVALSHA = commandNamed('evalsha');

/** A Lua script that is a method of clients. */
class Script {
  #lua;
  #sha;
  #numberOfKeys;

  /**
   * @param {string} name
   * @param {ScriptDefinition} definition
   */
  constructor(name, { lua, numberOfKeys }) {
    if (typeof lua !== 'string') {
      throw new OrgCacheError('E_CONFIG', `the script ${name} needs its Lua code as the text lua`);
    }
    if (numberOfKeys !== undefined && !(Number.isInteger(numberOfKeys) && numberOfKeys >= 0)) {
      throw new OrgCacheError('E_CONFIG', `numberOfKeys of the script ${name} must be a number of 0 or more`);
    }
    this.#lua = lua;
    this.#sha = createHash('sha1').update(lua).digest('hex');
    this.#numberOfKeys = numberOfKeys;
  }

  /**
   * Encodes the arguments of a call, without the script itself.
   * @param {unknown[]} given
   */
  encode(given) {
    const args = this.#numberOfKeys === undefined ? given : [this.#numberOfKeys, ...given];
    return encodeArguments(EVAL, args);
  }

  /**
   * The call as one command. The digest alone is enough only if the code was sent just before.
   * @param {Argument[]} args
   * @returns {{ command: Command, args: Argument[] }}
   */
  asCommand(args, isKnown = false) {
    if (isKnown) return { command: EVALSHA, args: [this.#sha, ...args] };
    return { command: EVAL, args: [this.#lua, ...args] };
  }

  /**
   * Runs the script with a caller's arguments.
   * @param {CommandSender} sender
   * @param {unknown[]} given
   * @param {number} flags
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  run(sender, given, flags, resolve, reject) {
    const args = this.encode(given);
    if (!sender.isQueueing) return this.send(sender, args, flags, resolve, reject);
    const whole = this.asCommand(args);
    sender.send(whole.command, whole.args, flags, resolve, reject);
  }

  /**
   * Sends EVALSHA, and EVAL if the server does not know the script.
   * @param {CommandSender} sender
   * @param {Argument[]} args
   * @param {number} flags
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  send(sender, args, flags, resolve, reject) {
    sender.send(EVALSHA, [this.#sha, ...args], flags, resolve, (error) => {
      const { redisCode } = /** @type {Failure} */ (error);
      if (redisCode === 'NOSCRIPT') sender.send(EVAL, [this.#lua, ...args], flags, resolve, reject);
      else reject(error);
    });
  }
}

exports.Script = Script;
