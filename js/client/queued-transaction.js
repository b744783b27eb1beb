'use strict';

const { replyError } = require('../errors.js');

/** @import { Failure } from '../errors.js' */
/** @import { Command } from './commands.js' */
/** @import { Reject, Resolve } from './sender-types.js' */
/** @import { Argument } from './encode-arguments.js' */

/** @typedef {{ command: Command, args: Argument[], flags: number }} QueuedCommand */

/**
 * The error of EXEC, with the errors of the refused commands.
 * @typedef {Failure & { previousErrors: Error[] }} Refusal
 */

/** Commands that wait for EXEC. They are refused just as the server would refuse them. */
class QueuedTransaction {
  /** @type {QueuedCommand[]} */
  commands = [];
  /**
   * The error of EXEC if one of the commands was refused.
   * @type {Refusal | undefined}
   */
  refusal;

  /**
   * @param {QueuedCommand} entry
   * @param {Resolve} resolve
   * @param {Reject} reject
   */
  add(entry, resolve, reject) {
    const { command, args } = entry;
    const count = args.length + 1;
    if (command.arity < 0 ? count >= -command.arity : count === command.arity) {
      this.commands.push(entry);
      resolve('QUEUED');
      return;
    }
    const error = replyError(`ERR wrong number of arguments for '${command.method}' command`);
    this.refusal ??= abortedBy([], 'EXECABORT Transaction discarded because of previous errors.');
    this.refusal.previousErrors.push(error);
    reject(error);
  }
}

/**
 * The error of EXEC, with the reasons in the property that users of ioredis know.
 * @param {Error[]} previousErrors
 * @param {string} line
 * @returns {Refusal}
 */
function abortedBy(previousErrors, line) {
  return Object.assign(replyError(line), { previousErrors });
}

exports.QueuedTransaction = QueuedTransaction;
