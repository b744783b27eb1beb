'use strict';

const { noop, throwLater } = require('./callback.js');
const { MaxRetriesPerRequestError, aborted, connectionClosed } = require('./errors.js');
const { clearTimeout, setTimeout } = require('../time.js');

/**
 * @import { Command, Redis } from './classes.js'
 * @import { PipelineMark, Waiting } from './sending.js'
 *
 * @typedef {{ command: Command, wasSent: boolean }} Lost A command that a connection did not answer.
 */

/**
 * Handles a closed connection: settles or keeps its commands, and decides whether to reconnect.
 * @param {Redis} redis
 */
function closed(redis) {
  const { options, status } = redis;
  redis.setStatus('close');
  clearTimeout(redis._socketTimer);
  redis._socketTimer = undefined;
  if (redis.condition === null) redis.condition = { select: options.db, subscriber: false };
  takeLost(redis, status === 'ready');
  redis.offlineQueue = withoutTransactionRests(redis.offlineQueue);
  if (status === 'ready') redis.prevCondition ??= redis.condition;

  const delay = redis.manuallyClosing ? undefined : nextDelay(redis);
  redis.manuallyClosing = false;
  if (typeof delay !== 'number') {
    ended(redis);
    return;
  }
  redis.setStatus('reconnecting', delay);
  redis.reconnectTimeout = setTimeout(() => {
    redis.reconnectTimeout = null;
    redis.connect().catch(noop);
  }, delay);
  giveUpWaiting(redis, options.maxRetriesPerRequest);
}

/**
 * Handles the end: no further connection follows.
 * @param {Redis} redis
 */
function ended(redis) {
  redis.setStatus('end');
  redis.flushQueue(connectionClosed());
}

/** @param {Redis} redis */
function nextDelay(redis) {
  const { retryStrategy } = redis.options;
  if (typeof retryStrategy !== 'function') return undefined;
  redis.retryAttempts += 1;
  try {
    return retryStrategy(redis.retryAttempts);
  } catch (error) {
    throwLater(error);
    return undefined;
  }
}

/**
 * @param {Redis} redis
 * @param {number | null} [limit]
 */
function giveUpWaiting(redis, limit) {
  if (typeof limit !== 'number' || limit < 0) return;
  if (redis.retryAttempts % (limit + 1) === 0) redis.flushQueue(new MaxRetriesPerRequestError(limit));
}

/**
 * Takes the commands that the connection did not answer.
 * @param {Redis} redis
 * @param {boolean} wasReady
 */
function takeLost(redis, wasReady) {
  const lost = withoutPartlyAnsweredPipelines(redis._lost);
  redis._lost = [];
  /** @type {Waiting[]} */
  const again = [];
  for (const { command, wasSent } of lost) {
    const item = { command, stream: streamOf(command), select: command.database };
    if (redis._flushedWith) command.reject(redis._flushedWith);
    else if (command.isHandshake) command.reject(connectionClosed());
    else if (wasSent && !redis.options.autoResendUnfulfilledCommands) command.reject(aborted(command));
    else again.push(item);
  }
  redis._flushedWith = undefined;
  if (wasReady) redis._unanswered.push(...again);
  else redis.offlineQueue.unshift(...again);
}

/**
 * @param {Command} command
 * @returns {PipelineMark | undefined}
 */
function streamOf({ pipelineIndex }) {
  return pipelineIndex === undefined ? undefined : { isPipeline: true };
}

/**
 * A pipeline is sent again only as a whole. A pipeline with some answered commands is rejected.
 * @param {Lost[]} lost
 */
function withoutPartlyAnsweredPipelines(lost) {
  let expected = 0;
  return lost.filter(({ command }) => {
    const { pipelineIndex } = command;
    if (pipelineIndex === undefined || pipelineIndex === 0) expected = 0;
    if (pipelineIndex === undefined) return true;
    if (pipelineIndex === expected) {
      expected += 1;
      return true;
    }
    command.reject(aborted(command));
    return false;
  });
}

/**
 * Commands of a transaction without its MULTI must not run outside of it.
 * @param {Waiting[]} items
 */
function withoutTransactionRests(items) {
  /** @type {Waiting[]} */
  const kept = [];
  let isRest = true;
  for (const item of items) {
    const { command } = item;
    if (command.name === 'multi') isRest = false;
    if (isRest && (command.name === 'exec' || command.inTransaction)) {
      command.reject(aborted(command));
      if (command.name === 'exec') isRest = false;
    } else kept.push(item);
  }
  return kept;
}

module.exports = { closed, ended };
