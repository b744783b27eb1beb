'use strict';

/** @import { QueuedCommand } from './queued-transaction.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * The database of a SELECT with these arguments; undefined if the server will refuse them.
 * @param {Argument[]} args
 */
function selectedBy(args) {
  const text = args.length === 1 ? String(args[0]) : '';
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/**
 * The database in which a transaction has left its connection; undefined if it selected none.
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
