'use strict';

const { Command } = require('../command.js');
const { BITS, bitsOf } = require('../flags.js');
const { slotOf, slotOfAll } = require('../slots.js');

/**
 * @import { Cluster, Pipeline } from '../classes.js'
 * @import { PipelineNode } from './routing.js'
 */

const SLOTS = 16384;
const DISCARDED = 'EXECABORT Transaction discarded because of previous errors.';

/**
 * Sends a pipeline to the node that has all of its keys. Rejects it if there is no such node.
 * @param {Pipeline} pipeline
 */
function sendInCluster(pipeline) {
  const { _queue: queue } = pipeline;
  const cluster = /** @type {Cluster} */ (pipeline.redis);
  const slot = slotOfPipeline(pipeline);
  if (slot instanceof Error) {
    pipeline.reject(slot);
    return;
  }
  /** @type {PipelineNode} */
  const node = { slot, redis: cluster.connectionPool.getInstanceByKey(pipeline.preferKey) };
  pipeline.replyPending = queue.length;
  for (const command of [...queue]) cluster.sendCommand(command, pipeline._stream, node);
}

/** @param {Pipeline} pipeline */
function slotOfPipeline({ redis, _queue: queue }) {
  const cluster = /** @type {Cluster} */ (redis);
  /** @type {number[]} */
  const first = [];
  for (const command of queue) {
    const keys = command.getKeys();
    if (keys.length === 0) continue;
    if (slotOfAll(keys) < 0) {
      return new Error('All the keys in a pipeline command should belong to the same slot');
    }
    first.push(slotOf(keys[0]));
  }
  if (first.length === 0) return Math.floor(Math.random() * SLOTS);
  const group = cluster._groupsBySlot[first[0]];
  if (first.every((slot) => cluster._groupsBySlot[slot] === group)) return first[0];
  return new Error('All keys in the pipeline should belong to the same slots allocation group');
}

/**
 * Sends a pipeline again that was redirected as a whole. Answers false if it was not, or is not sent again.
 * @param {Pipeline} pipeline
 */
function sendAgainInCluster(pipeline) {
  const error = commonError(pipeline);
  if (error === undefined) return false;
  const cluster = /** @type {Cluster} */ (pipeline.redis);
  const [word, slot] = error.message.split(' ');
  const queue = pipeline._queue;
  pipeline._queue = [];
  let isInTransaction = false;
  queue.forEach((command, i) => {
    const isAsked = command.name === 'asking' || queue[i - 1]?.name === 'asking';
    if (word === 'ASK' && !isInTransaction && !isAsked) {
      const asking = new Command('asking');
      asking.ignore = true;
      pipeline.sendCommand(asking);
    }
    command.initPromise();
    const { inTransaction } = command;
    pipeline.sendCommand(command);
    isInTransaction = inTransaction;
  });
  /** @param {string} key */
  const prefer = (key) => {
    pipeline.preferKey = key;
  };
  const again = () => pipeline.exec();
  let isAgain = true;
  const givenUp = () => {
    isAgain = false;
  };
  pipeline.leftRedirections ??= {};
  cluster.handleError(error, pipeline.leftRedirections, {
    moved: (_slot, key) => {
      prefer(key);
      cluster._topology.moved(Number(slot), key);
      cluster.refreshSlotsCache();
      again();
    },
    ask: (_slot, key) => {
      prefer(key);
      again();
    },
    tryagain: again,
    clusterDown: again,
    connectionClosed: again,
    maxRedirections: givenUp,
    defaults: givenUp,
  });
  return isAgain;
}

/**
 * The error with which all commands of a pipeline were answered. None if some commands changed data.
 * @param {Pipeline} pipeline
 * @returns {Error | undefined}
 */
function commonError({ _queue: queue, _result: results }) {
  /** @type {Error | undefined} */
  let common;
  for (const [i, [error]] of results.entries()) {
    const command = queue[i];
    if (!error) {
      if (!command.inTransaction && !(bitsOf(command.name) & BITS.READONLY)) return undefined;
    } else if (command.name !== 'exec' || error.message !== DISCARDED) {
      if (common !== undefined && (common.name !== error.name || common.message !== error.message)) {
        return undefined;
      }
      common ??= error;
    }
  }
  return common;
}

module.exports = { sendAgainInCluster, sendInCluster };
