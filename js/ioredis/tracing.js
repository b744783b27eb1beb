'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { isTraced } = require('../tracing/channels.js');
const { sanitizeArgs } = require('../tracing/shown-arguments.js');
const { noop } = require('./callback.js');

/**
 * @import { Command, Redis } from './classes.js'
 * @import { ClientOptions } from './options.js'
 */

/**
 * Tracing in ioredis's form for tools: channels `ioredis:command`, `ioredis:batch` and `ioredis:connect`. Without a
 * subscriber the only cost is `isTraced`.
 */
const [commands, batches, connects] = ['command', 'batch', 'connect'].map((name) =>
  tracingChannel(`ioredis:${name}`),
);

function areCommandsTraced() {
  return isTraced(commands);
}

/**
 * The server of a client, as far as its options say.
 * @param {ClientOptions} options
 */
function serverOf({ path, host, port }) {
  if (path) return { serverAddress: path, serverPort: undefined };
  return { serverAddress: host || 'localhost', serverPort: port || 6379 };
}

/** @param {Redis} redis */
function databaseOf(redis) {
  return redis.condition?.select ?? redis.options.db ?? 0;
}

/**
 * Traces a command once, however often it is sent.
 * @param {Redis} redis
 * @param {Command} command
 */
function traceCommand(redis, command) {
  const context = {
    command: command.name,
    args: sanitizeArgs(command.name, command.args),
    database: databaseOf(redis),
    ...serverOf(redis.options),
  };
  const traced = commands.tracePromise(() => command.promise, context);
  // Callers get the failure of the command through another promise.
  traced.catch(noop);
  return traced;
}

/**
 * Traces a transaction of `batchSize` commands, which `run` sends.
 * @template T
 * @param {Redis} redis
 * @param {() => Promise<T>} run
 * @param {number} batchSize
 * @returns {Promise<T>}
 */
function traceBatch(redis, run, batchSize) {
  if (!isTraced(batches)) return run();
  const context = {
    batchMode: 'MULTI',
    batchSize,
    database: databaseOf(redis),
    ...serverOf(redis.options),
  };
  const traced = batches.tracePromise(run, context);
  traced.catch(noop);
  return traced;
}

/**
 * @template T
 * @param {Redis} redis
 * @param {() => Promise<T>} run
 * @returns {Promise<T>}
 */
function traceConnect(redis, run) {
  if (!isTraced(connects)) return run();
  return connects.tracePromise(run, {
    ...serverOf(redis.options),
    connectionEpoch: redis.connectionEpoch,
  });
}

module.exports = { areCommandsTraced, sanitizeArgs, traceBatch, traceCommand, traceConnect };
