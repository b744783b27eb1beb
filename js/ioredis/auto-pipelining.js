'use strict';

const { asCallback, noop } = require('./callback.js');
const { keyPositions } = require('./keys.js');
const { slotOf } = require('./slots.js');
const { BITS, bitsOf } = require('./flags.js');
const { nextTick, setImmediate } = require('../time.js');

/**
 * @import { Client, Cluster, Pipeline } from './classes.js'
 * @import { Methods } from './commander.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { Outcome } from './pipeline.js'
 */

/** Commands that change or describe the connection. They are never delayed. */
const NEVER = [
  ...['auth', 'info', 'script', 'quit', 'cluster', 'pipeline', 'multi', 'select', 'client'],
  ...['subscribe', 'psubscribe', 'unsubscribe', 'unpsubscribe'],
];
/**
 * The pipeline of one group of calls: whether its execution is scheduled, and who waits for which result.
 * @type {WeakMap<Pipeline, ((error: Error | null, value?: unknown) => void)[]>}
 */
const lots = new WeakMap();

/**
 * Whether a call goes into a pipeline. Used only with `enableAutoPipelining`.
 * @param {Client | Pipeline} client
 * @param {string | null} functionName
 * @param {string} commandName
 * @returns {client is Client}
 */
function shouldUseAutoPipelining(client, functionName, commandName) {
  return (
    functionName !== null &&
    !client.isPipeline &&
    !NEVER.includes(commandName) &&
    !client.options.autoPipeliningIgnoredCommands.includes(commandName)
  );
}

/**
 * Adds the call to the pipeline that runs at the end of this turn of the event loop.
 * @param {Client} client
 * @param {string} functionName
 * @param {string} commandName
 * @param {unknown[]} args
 * @param {Callback} [callback]
 * @returns {Promise<unknown>}
 */
function executeWithAutoPipelining(client, functionName, commandName, args, callback) {
  if (client.isCluster && client.slots.length === 0) {
    return asCallback(onceReady(client, functionName, commandName, args), callback);
  }
  const lotName = lotOf(client, commandName, args);
  let pipeline = client._autoPipelines.get(lotName);
  if (pipeline === undefined) {
    pipeline = client.pipeline();
    lots.set(pipeline, []);
    client._autoPipelines.set(lotName, pipeline);
    setImmediate(executeLot, client, lotName);
  }
  const waiting = lots.get(pipeline);
  const methods = /** @type {Methods} */ (/** @type {unknown} */ (pipeline));
  const promise = new Promise((resolve, reject) => {
    waiting?.push((error, value) => (error ? reject(error) : resolve(value)));
    if (functionName === 'call' || functionName === 'callBuffer') methods[functionName](commandName, ...args);
    else methods[functionName](...args);
  });
  return asCallback(promise, callback);
}

/**
 * @param {Cluster} client
 * @param {string} functionName
 * @param {string} commandName
 * @param {unknown[]} args
 */
function onceReady(client, functionName, commandName, args) {
  if (client.status === 'wait') client.connect().catch(noop);
  return new Promise((resolve, reject) => {
    client.delayUntilReady((error) => {
      if (error) reject(error);
      else executeWithAutoPipelining(client, functionName, commandName, args).then(resolve, reject);
    });
  });
}

/**
 * The group of a call. Calls of one group go to the same node.
 * @param {Client} client
 * @param {string} commandName
 * @param {unknown[]} args
 */
function lotOf(client, commandName, args) {
  if (!client.isCluster) return 'main';
  const nodes =
    client.slots[slotOf(`${client.options.keyPrefix || ''}${firstKey(commandName, args)}`)].join(',');
  if (client.options.scaleReads === 'master') return nodes;
  return `${nodes}:${bitsOf(commandName) & BITS.READONLY ? 'read' : 'write'}`;
}

/**
 * @param {string} commandName
 * @param {unknown[]} given
 */
function firstKey(commandName, given) {
  const args = given.flat();
  const [position] = keyPositions(commandName, args);
  return position === undefined ? args[0] : args[position];
}

/**
 * @param {Client} client
 * @param {string} lotName
 */
function executeLot(client, lotName) {
  // Two pipelines of one group never run at once. Calls that arrive meanwhile go with the next.
  if (client._runningAutoPipelines.has(lotName)) return;
  const pipeline = client._autoPipelines.get(lotName);
  if (pipeline === undefined) return;
  client._runningAutoPipelines.add(lotName);
  client._autoPipelines.delete(lotName);
  const waiting = lots.get(pipeline) ?? [];
  pipeline.exec((error, results) => {
    client._runningAutoPipelines.delete(lotName);
    // Each callback runs in its own tick, so that an exception of one does not affect the others.
    waiting.forEach((settle, i) => {
      if (error) nextTick(settle, error);
      else nextTick(settle, .../** @type {Outcome[]} */ (results)[i]);
    });
    if (client._autoPipelines.has(lotName)) executeLot(client, lotName);
  });
}

module.exports = { executeWithAutoPipelining, shouldUseAutoPipelining };
