'use strict';

const { channel } = require('node:diagnostics_channel');

/** What happens to jobs. Subscribers get no data, no result, no error and no organization. */
const happenings = channel('orgcache:queue');
const EVENTS = ['completed', 'dead', 'lost', 'released', 'retrying', 'stalled', 'started', 'unhandled'];

/** Whether anybody wants to know. */
function isObserved() {
  return happenings.hasSubscribers;
}

/**
 * @param {string} event
 * @param {string} queue
 * @param {any} job
 */
function publish(event, queue, { id, type, attempt, fence, delayMs, isDead }) {
  if (!happenings.hasSubscribers || !EVENTS.includes(event)) return;
  const told = { event, queue, id, type, attempt, fence, delayMs, isDead };
  const known = Object.entries(told).filter(([, value]) => value !== undefined);
  happenings.publish(Object.fromEntries(known));
}

module.exports = { isObserved, publish };
