'use strict';

const { protocol } = require('../../protocol.js');
const { counter, each, gauge, info, oneOf, quantilesOf, summary } = require('../family.js');

/** @import { Family, Seen } from '../registry.js' */

const STATES = ['connecting', 'ready', 'degraded', 'recovering', 'closed'];
const BREAKER_STATES = ['closed', 'open', 'half-open'];

/**
 * The connection: its state, its sockets, its calls and their times.
 * @param {Seen} seen
 */
function connectionFamilies(seen) {
  return [...stateFamilies(seen), ...socketFamilies(seen), ...callFamilies(seen)];
}

/**
 * @param {Seen} seen
 * @returns {Family[]}
 */
function stateFamilies({ report: { state, nodes, breaker, driver } }) {
  return [
    info('orgcache_build', 'Version and driver of the package.', { version: protocol.version, driver }),
    gauge(
      'orgcache_state',
      'State of the connection to Redis: 1 for the state that it is in.',
      oneOf('state', STATES, state.state),
    ),
    gauge('orgcache_state_start_time_seconds', 'Unix time at which that state began.', state.since / 1000),
    gauge(
      'orgcache_breaker_state',
      'State of the circuit breaker: 1 for the state that it is in.',
      oneOf('state', BREAKER_STATES, breaker.state),
    ),
    gauge(
      'orgcache_node_state',
      'State of each primary of a cluster.',
      nodes.flatMap((node) => oneOf('state', STATES, node.state, { node: node.address })),
    ),
  ];
}

/**
 * @param {Seen} seen
 * @returns {Family[]}
 */
function socketFamilies({ report: { counters, pool }, dedicated }) {
  const open = {
    shared: pool.lanes,
    dedicated: dedicated.connections,
    subscriber: dedicated.subscribers,
  };
  return [
    counter(
      'orgcache_connection_attempts',
      'Attempts to connect, failed ones included.',
      counters.connectionAttempts,
    ),
    counter('orgcache_connections_lost', 'Connections that were lost.', counters.connectionLost),
    counter('orgcache_reconnects', 'Connections that replaced a lost one.', counters.reconnects),
    gauge(
      'orgcache_connections',
      'Open connections: shared by all calls, lent to one caller, or with subscriptions.',
      each('kind', open),
    ),
    gauge(
      'orgcache_connections_busy',
      'Connections in use.',
      each('kind', { shared: pool.busy, dedicated: dedicated.busy }),
    ),
    gauge(
      'orgcache_connections_max',
      'Upper limit of connections.',
      each('kind', { shared: pool.max, dedicated: pool.max }),
    ),
    gauge(
      'orgcache_connection_waiters',
      'Callers that wait for a connection of their own.',
      dedicated.waiting,
    ),
    counter('orgcache_sent_bytes', 'Bytes that went to the server.', counters.bytesSent),
    counter('orgcache_received_bytes', 'Bytes that came from the server.', counters.bytesReceived),
  ];
}

/**
 * @param {Seen} seen
 * @returns {Family[]}
 */
function callFamilies({ report: { counters, outstanding, latencies } }) {
  const times = /** @type {const} */ ([
    [{ call: 'read' }, latencies.reads],
    [{ call: 'write' }, latencies.writes],
    [{ call: 'command' }, latencies.commands],
  ]);
  return [
    gauge('orgcache_calls_in_flight', 'Calls that have no answer yet.', outstanding),
    counter('orgcache_calls', 'Calls that were answered, including with errors.', counters.operations),
    counter('orgcache_call_errors', 'Calls that failed.', counters.errors),
    counter('orgcache_call_timeouts', 'Calls whose deadline passed.', counters.timeouts),
    counter(
      'orgcache_calls_overloaded',
      'Calls that were refused because too many were waiting.',
      counters.overloaded,
    ),
    summary(
      'orgcache_call_duration_seconds',
      'Time from a call to its reply since the start: reads and writes of the cache, and commands.',
      times.flatMap(([labels, measured]) => quantilesOf(measured, labels)),
    ),
    gauge(
      'orgcache_call_duration_max_seconds',
      'The longest such time.',
      times.map(([labels, { maxUs }]) => ({ labels, value: maxUs / 1e6 })),
    ),
  ];
}

module.exports = { connectionFamilies };
