'use strict';

/** @import { QueuedCommand } from './queued-transaction.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * The database that SELECT with these arguments is about; undefined where the server is to refuse them.
 * @param {Argument[]} args
 */
function selectedBy(args) {
  const text = args.length === 1 ? String(args[0]) : '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * The database in which a transaction has left its connection; undefined where it selected none.
 * @param {QueuedCommand[]} commands
 * @param {unknown[] | null} replies
 */
function lastSelected(commands, replies) {
  if (replies === null) return undefined;
  /** @type {(sent: QueuedCommand, index: number) => boolean} */
  const isDone = ({ command }, index) => command.method === 'select' && !(replies[index] instanceof Error);
  const last = commands.findLast(isDone);
  return last && selectedBy(last.args);
}

module.exports = { lastSelected, selectedBy };
