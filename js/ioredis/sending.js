'use strict';

const { protocol } = require('../protocol.js');
const { configuredTimeout, timeoutOf } = require('./blocking.js');
const { noop, throwLater } = require('./callback.js');
const { connectionClosed } = require('./errors.js');
const { BITS, bitsOf } = require('./flags.js');
const { clearTimeout, setTimeout } = require('../time.js');
const { areCommandsTraced, traceCommand } = require('./tracing.js');
const { isInt } = require('./url.js');

/**
 * @import { Command, LinkStream, Redis } from './classes.js'
 * @import { Connected } from './connecting.js'
 * @import { CommandError } from './errors.js'
 * @import { ClientOptions } from './options.js'
 *
 * @typedef {{ isPipeline: true }} PipelineMark Marks a command as part of a pipeline.
 * @typedef {object} Waiting A command that waits for a connection.
 * @property {Command} command
 * @property {PipelineMark} [stream]
 * @property {number} [select] The database in which it runs.
 */

const { stringNumbers: STRING_NUMBERS } = protocol.commandFlags;
const SUBSCRIBING = BITS.ENTER_SUBSCRIBER_MODE | BITS.EXIT_SUBSCRIBER_MODE;
const BEFORE_READY = BITS.WHILE_LOADING | BITS.HANDSHAKE_COMMANDS;
const { BLOCKING_COMMANDS, SELECT, VALID_IN_MONITOR_MODE, VALID_IN_SUBSCRIBER_MODE, WILL_DISCONNECT } = BITS;

/**
 * Sends a command now, or when the client is ready. `stream` is given for a command of a pipeline.
 * @param {Redis} redis
 * @param {Command} command
 * @param {PipelineMark} [stream]
 */
function sendCommand(redis, command, stream) {
  if (redis.status === 'wait') redis.connect().catch(noop);
  const bits = bitsOf(command.name);
  const refusal = refusalOf(redis, bits);
  if (refusal !== undefined) return refuse(command, refusal);
  const { commandTimeout } = redis.options;
  if (typeof commandTimeout === 'number') command.setTimeout(commandTimeout);

  let traced;
  if (isWritable(redis, bits, stream)) {
    write(redis, command, bits);
    if (areCommandsTraced()) traced = traceOnce(redis, command);
  } else if (!redis.options.enableOfflineQueue) {
    return refuse(command, new Error("Stream isn't writeable and enableOfflineQueue options is false"));
  } else if (bits & WILL_DISCONNECT && redis.offlineQueue.length === 0) {
    redis.disconnect();
    command.resolve(Buffer.from('OK'));
    return promiseOf(command);
  } else putOff(redis, command, bits, stream);

  if (bits & SELECT) noteDatabase(redis, command);
  return traced !== undefined && command.onSettled === undefined ? traced : promiseOf(command);
}

/**
 * A command is traced at its first write.
 * @param {Redis} redis
 * @param {Command} command
 */
function traceOnce(redis, command) {
  if (command.isTraced) return undefined;
  command.isTraced = true;
  return traceCommand(redis, command);
}

/**
 * @param {Redis} redis
 * @param {number} bits
 */
function refusalOf(redis, bits) {
  if (redis.status === 'end') return connectionClosed();
  if (redis.condition?.subscriber && !(bits & VALID_IN_SUBSCRIBER_MODE)) {
    return new Error('Connection in subscriber mode, only subscriber commands may be used');
  }
  if (redis._isMonitoring && !(bits & VALID_IN_MONITOR_MODE)) {
    return new Error("Connection is in monitoring mode, can't process commands.");
  }
  return undefined;
}

/**
 * @param {Command} command
 * @param {Error} error
 */
function refuse(command, error) {
  command.reject(error);
  return promiseOf(command);
}

/**
 * A pipeline gets the outcome of its commands itself. An unused promise would be an unhandled rejection.
 * @param {Command} command
 */
function promiseOf(command) {
  return command.onSettled === undefined ? command.promise : undefined;
}

/**
 * @param {Redis} redis
 * @param {number} bits
 * @param {PipelineMark} [stream]
 * @returns {redis is Connected}
 */
function isWritable(redis, bits, stream) {
  const isTime =
    redis.status === 'ready' || (redis.status === 'connect' && !stream && (bits & BEFORE_READY) !== 0);
  return isTime && redis.stream?.writable === true;
}

/**
 * @param {Redis} redis
 * @param {Command} command
 * @param {number} bits
 * @param {PipelineMark} [stream]
 */
function putOff(redis, command, bits, stream) {
  redis.offlineQueue.push({ command, stream, select: redis.condition?.select });
  if (!(bits & BLOCKING_COMMANDS)) return;
  const timeout = configuredTimeout(redis.options);
  if (timeout !== undefined) command.setBlockingTimeout(timeout);
}

/**
 * @param {Connected} redis
 * @param {Command} command
 * @param {number} bits
 */
function write(redis, command, bits) {
  const { options, stream } = redis;
  command.beforeSend(stream);
  command.database = redis.condition.select;
  command.isHandshake = redis._isShakingHands;
  stream.inFlight += 1;
  stream.link.send(
    command.name,
    command.args,
    options.stringNumbers ? command.replyFlags | STRING_NUMBERS : command.replyFlags,
    (reply) => {
      stream.inFlight -= 1;
      if (redis._socketTimer !== undefined) endWatch(redis, stream);
      try {
        command.replied(bits & SUBSCRIBING && Array.isArray(reply) ? confirmed(redis, reply) : reply);
        stream.heard();
      } catch (error) {
        throwLater(error);
      }
    },
    (error, wasSent) => {
      stream.inFlight -= 1;
      if (redis._socketTimer !== undefined) endWatch(redis, stream);
      try {
        failed(redis, command, error, wasSent);
      } catch (thrown) {
        command.refuse(error);
        throwLater(thrown);
      }
    },
  );
  if (bits & BLOCKING_COMMANDS) awaitBlocking(command, options);
  if (bits & WILL_DISCONNECT) redis.manuallyClosing = true;
  if (options.socketTimeout !== undefined) watchSilence(redis);
}

/**
 * The last confirmation of a subscription has the number of subscriptions. Fake servers in tests may omit it.
 * @param {Redis} redis
 * @param {unknown[]} reply
 */
function confirmed(redis, reply) {
  if (reply.length < 3) redis._subscriber.take(reply);
  return reply[2];
}

/**
 * @param {Command} command
 * @param {ClientOptions} options
 */
function awaitBlocking(command, options) {
  const timeout = timeoutOf(command, options);
  if (timeout !== undefined) command.setBlockingTimeout(timeout);
}

/**
 * Handles the server's error, or a lost connection, which later decides about the command.
 * @param {Connected} redis
 * @param {Command} command
 * @param {CommandError} error
 * @param {boolean} [wasSent] Undefined for an error of the server.
 */
function failed(redis, command, error, wasSent) {
  if (wasSent !== undefined) {
    redis._lost.push({ command, wasSent });
    return;
  }
  redis.stream.heard();
  error.command = { name: command.name, args: command.args };
  if (command.name === 'ssubscribe' && error.message.includes('MOVED')) redis.emit('moved');
  redis.handleReconnection(error, command);
}

/**
 * @param {Redis} redis
 * @param {Command} command
 */
function noteDatabase(redis, { args }) {
  if (!isInt(args[0])) return;
  const database = Number.parseInt(/** @type {string} */ (args[0]), 10);
  const { condition } = redis;
  if (condition === null || condition.select === database) return;
  condition.select = database;
  redis.emit('select', database);
}

/**
 * The option `socketTimeout`: closes a connection that owes replies after this long without a byte.
 * @param {Connected} redis
 * @param {number} [milliseconds]
 */
function watchSilence(redis, milliseconds = redis.options.socketTimeout) {
  if (redis._socketTimer !== undefined) return;
  const { stream } = redis;
  const socketTimeout = /** @type {number} */ (redis.options.socketTimeout);
  redis._socketTimer = setTimeout(() => {
    redis._socketTimer = undefined;
    // A long reply in progress is not silence, although it was not delivered yet.
    const left = socketTimeout - (stream.link.traffic()?.idleMs ?? socketTimeout);
    if (left > 0) watchSilence(redis, left);
    else {
      stream.destroy(
        new Error(`Socket timeout. Expecting data, but didn't receive any in ${socketTimeout}ms.`),
      );
    }
  }, milliseconds);
}

/**
 * A connection that owes no reply may be silent.
 * @param {Redis} redis
 * @param {LinkStream} stream
 */
function endWatch(redis, stream) {
  if (stream.inFlight > 0) return;
  clearTimeout(redis._socketTimer);
  redis._socketTimer = undefined;
}

module.exports = { sendCommand };
