'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { protocol } = require('../protocol.js');
const { isTraced } = require('./channels.js');
const { isObserved, observeCall } = require('./open-telemetry.js');
const { sanitizeArgs } = require('./shown-arguments.js');

/** @import { Argument } from '../bridge-types.js' */
/** @import { Server } from './open-telemetry.js' */

/** A channel in the form of `ioredis:command`. Calls of rooms are on it too, by the names of their verbs. */
const commands = tracingChannel('orgcache:command');
const VERB_BITS = 0xff;
/** @type {Map<number, string>} */
const verbNames = new Map(
  Object.entries(protocol.verbs).flatMap(([room, verbs]) =>
    typeof verbs === 'number'
      ? []
      : Object.entries(verbs).map(([verb, number]) => /** @type {const} */ ([number, `${room}.${verb}`])),
  ),
);

const calls = new Set(verbNames.values());

/** Whether anybody wants to know of calls. This is all that a call costs if nobody does. */
function areCallsTraced() {
  return isTraced(commands) || isObserved();
}

/**
 * Tells of a call while `send` makes it and until it has settled.
 * @template Answer
 * @param {string} command
 * @param {readonly Argument[]} args
 * @param {Server} server
 * @param {() => Promise<Answer>} send
 * @returns {Promise<Answer>}
 */
function traceCall(command, args, server, send) {
  const operation = calls.has(command) ? command : command.toUpperCase();
  const observed = () => observeCall(operation, server, send);
  if (!isTraced(commands)) return observed();
  const context = { command, args: sanitizeArgs(command, [...args]), ...server };
  return commands.tracePromise(observed, context);
}

/**
 * The name of the call of a room.
 * @param {number} head
 */
function verbName(head) {
  return verbNames.get(head & VERB_BITS) ?? 'transaction';
}

module.exports = { areCallsTraced, traceCall, verbName };
