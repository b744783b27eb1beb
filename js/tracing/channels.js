'use strict';

const { tracingChannel } = require('node:diagnostics_channel');

/** @import { TracingChannel } from 'node:diagnostics_channel' */

/**
 * Whether a channel has a subscriber. Node versions without one question for all five events are asked for each.
 * @type {(channel: TracingChannel & { hasSubscribers?: boolean }) => boolean}
 */
const isTraced =
  'hasSubscribers' in tracingChannel('orgcache:command')
    ? (channel) => channel.hasSubscribers
    : (channel) => hasAnySubscriber(channel);

/** @param {TracingChannel} channel */
function hasAnySubscriber({ start, end, asyncStart, asyncEnd, error }) {
  return [start, end, asyncStart, asyncEnd, error].some(({ hasSubscribers }) => hasSubscribers);
}

module.exports = { isTraced };
