'use strict';

const { protocol } = require('../../protocol.js');
const { counter, each } = require('../family.js');

/** @import { Foundation } from '../../surface.js' */
/** @import { Source } from '../registry.js' */

const { leases, log, ...events } = protocol.events;
/** Lines for the log are no events of the connection, and leases are those of others. */
const COUNTED = Object.values(events);

/**
 * Counts the events of native code from now on.
 * @param {Pick<Foundation, 'bridge'>} foundation
 * @returns {Source}
 */
function eventSource({ bridge }) {
  /** @type {Record<string, number>} */
  const counts = Object.fromEntries(COUNTED.map((name) => [name, 0]));
  bridge.listen((name) => {
    if (name in counts) counts[name] += 1;
  });
  return () => [
    counter('orgcache_events', 'Events of the connection by their names.', each('event', counts)),
  ];
}

module.exports = { eventSource };
