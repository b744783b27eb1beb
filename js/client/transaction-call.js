'use strict';

const { ofCommand } = require('../errors.js');
const { protocol } = require('../protocol.js');
const { putField } = require('../realm.js');
const { textOf } = require('../texts.js');

/** @import { QueuedCommand } from './queued-transaction.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * @typedef {object} TransactionCall
 * @property {number} detail
 * @property {(number | Argument)[]} values
 * @property {(replies: unknown[] | null) => unknown[] | null} repliesOf
 */

/** @type {{ buffers: number, flat: number }} */
const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;

/**
 * Encodes commands (`{ command, args, flags }`) as one call: the detail of its head, its values, and `repliesOf`,
 * which gives each reply the form that its command asked for. One detail applies to all commands of a call. So if
 * they differ, replies come in a form that loses nothing.
 * @param {QueuedCommand[]} commands
 * @param {number} detail
 * @returns {TransactionCall}
 */
function transactionOf(commands, detail) {
  const details = commands.map(({ command, flags }) => command.detail | flags);
  const isMixed = details.some((one) => one !== details[0]);
  const common = isMixed ? BUFFERS | FLAT : (details[0] ?? 0);
  /** @type {(number | Argument)[]} */
  const values = [];
  for (const { command, args } of commands) {
    values.push(args.length + 1, command.name);
    for (const word of args) values.push(word);
  }
  /** @type {TransactionCall['repliesOf']} */
  const repliesOf = (replies) => {
    if (replies === null) return null;
    const formed = isMixed
      ? replies.map((reply, index) => formedOf(reply, details[index], commands[index].command.method))
      : replies;
    formed.forEach((reply, index) => {
      if (reply instanceof Error) ofCommand(reply, commands[index].command.name);
    });
    return formed;
  };
  return { detail: detail | common, values, repliesOf };
}

/**
 * If a reply cannot have the form, it becomes the error of its command.
 * @param {unknown} reply
 * @param {number} detail
 * @param {string} method
 */
function formedOf(reply, detail, method) {
  try {
    return inForm(reply, detail, method);
  } catch (error) {
    return error;
  }
}

/**
 * @param {unknown} reply
 * @param {number} detail
 * @param {string} method
 */
function inForm(reply, detail, method) {
  const isObject = method === 'hgetall' && (detail & FLAT) === 0 && Array.isArray(reply);
  const value = (detail & BUFFERS) === 0 ? asText(reply) : reply;
  return isObject ? objectOf(/** @type {unknown[]} */ (value)) : value;
}

/**
 * @param {unknown} reply
 * @returns {unknown}
 */
function asText(reply) {
  if (Buffer.isBuffer(reply)) return textOf(reply);
  return Array.isArray(reply) ? reply.map(asText) : reply;
}

/** @param {unknown[]} pairs */
function objectOf(pairs) {
  /** @type {Record<string, unknown>} */
  const object = {};
  for (let i = 0; i < pairs.length; i += 2) putField(object, String(pairs[i]), pairs[i + 1]);
  return object;
}

module.exports = { transactionOf };
