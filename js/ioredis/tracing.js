'use strict';

const { tracingChannel } = require('node:diagnostics_channel');
const { noop } = require('./callback.js');

/**
 * @import { TracingChannel } from 'node:diagnostics_channel'
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

/**
 * Number of arguments of a command that may be shown: the first ones are keys or subcommands, the others are values
 * or secrets. The first row with a prefix of the command's name counts. All other commands show nothing.
 * @type {[number, string[]][]}
 */
const SHOWN = [
  [0, ['echo']],
  [1, ['lpush', 'mset', 'pfa', 'publish', 'rpush', 'sadd', 'set', 'spublish', 'xadd', 'zadd']],
  [2, ['acl', 'config', 'hset', 'hmset', 'lset', 'linsert']],
  [
    Number.POSITIVE_INFINITY,
    [
      ...['bit', 'bl', 'br', 'bz', 'client', 'cluster', 'command', 'decr', 'del', 'eval', 'ex'],
      ...[
        'function',
        'geo',
        'get',
        'hincr',
        'hmget',
        'hscan',
        'incr',
        'lt',
        'lr',
        'll',
        'lm',
        'memory',
        'pe',
        'pf',
      ],
      ...[
        'pi',
        'ps',
        'pt',
        'pu',
        'rpop',
        'sc',
        'sd',
        'si',
        'sm',
        'so',
        'sr',
        'ss',
        'su',
        'xack',
        'xc',
        'xd',
        'xg',
      ],
      ...['xi', 'xl', 'xp', 'xr', 'xt', 'zc', 'zd', 'zi', 'zl', 'zm', 'zp', 'zr', 'zs'],
    ],
  ],
];
const HIDDEN = '?';
/**
 * Numbers by the command's name.
 * @type {Map<string, number>}
 */
const shownWords = new Map();

/** @param {string} command */
function shownOf(command) {
  let shown = shownWords.get(command);
  if (shown === undefined) {
    const name = command.toLowerCase();
    shown = SHOWN.find(([, prefixes]) => prefixes.some((prefix) => name.startsWith(prefix)))?.[0] ?? 0;
    // Names of scripts come from the application, and there may be many.
    if (shown > 0) shownWords.set(command, shown);
  }
  return shown;
}

/**
 * The arguments of a command for tracers. Values and secrets are question marks.
 * @param {string} command
 * @param {unknown[]} args
 */
function sanitizeArgs(command, args) {
  const shown = shownOf(command);
  return args.map((arg, position) => (position < shown ? String(arg) : HIDDEN));
}

/**
 * Whether a channel has a subscriber. Node versions without one question for all five events are asked for each.
 * @type {(channel: TracingChannel & { hasSubscribers?: boolean }) => boolean}
 */
const isTraced =
  'hasSubscribers' in commands ? (channel) => channel.hasSubscribers : (channel) => hasAnySubscriber(channel);

/** @param {TracingChannel} channel */
function hasAnySubscriber({ start, end, asyncStart, asyncEnd, error }) {
  return [start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers);
}

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
