'use strict';

const { noop } = require('./callback.js');

/**
 * @import { Redis, SubscriptionSet } from './classes.js'
 * @import { Connected } from './connecting.js'
 * @import { Waiting } from './sending.js'
 */

/**
 * Handles a server that answers: restores its subscriptions, then sends unanswered and delayed commands, in this
 * order.
 * @param {Connected} redis
 */
function becomeReady(redis) {
  redis.setStatus('ready');
  redis.retryAttempts = 0;
  if (redis.options.monitor) {
    beginMonitoring(redis);
    return;
  }
  const before = redis.prevCondition;
  const database = (before ?? redis.condition).select;
  redis.prevCondition = null;
  if (redis.options.readOnly) redis.readonly().catch(noop);
  if (before?.subscriber && redis.options.autoResubscribe) resubscribe(redis, before.subscriber, database);
  sendAgain(redis, redis._takeUnanswered());
  sendAgain(redis, redis._takeOfflineQueue());
  selectDatabase(redis, database);
}

/** @param {Redis} redis */
function beginMonitoring(redis) {
  redis.call('monitor').then(
    () => redis.setStatus('monitoring'),
    (error) => redis.emit('error', error),
  );
  redis._isMonitoring = true;
  redis.once('close', () => {
    redis._isMonitoring = false;
  });
}

/**
 * @param {Connected} redis
 * @param {SubscriptionSet} subscriber
 * @param {number} [database]
 */
function resubscribe(redis, subscriber, database) {
  // A subscribed connection refuses SELECT.
  selectDatabase(redis, database);
  const channels = subscriber.channels('subscribe');
  if (channels.length > 0) redis.subscribe(channels)?.catch(noop);
  const patterns = subscriber.channels('psubscribe');
  if (patterns.length > 0) redis.psubscribe(patterns)?.catch(noop);
  // One by one: in a cluster, channels in different slots cannot be named together.
  for (const channel of subscriber.channels('ssubscribe')) redis.ssubscribe(channel)?.catch(noop);
}

/**
 * @param {Connected} redis
 * @param {Waiting[]} items
 */
function sendAgain(redis, items) {
  for (const { command, stream, select } of items) {
    // Its caller already has an outcome. A command of a pipeline is sent for the sake of the others.
    if (command.isSettled && command.pipelineIndex === undefined) continue;
    if (command.name !== 'select') selectDatabase(redis, select);
    redis.sendCommand(command, stream);
  }
}

/**
 * @param {Connected} redis
 * @param {number} [database]
 */
function selectDatabase(redis, database) {
  if (database !== undefined && redis.condition.select !== database) redis.select(database)?.catch(noop);
}

module.exports = { becomeReady };
