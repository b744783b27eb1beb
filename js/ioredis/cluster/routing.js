'use strict';

const { noop } = require('../callback.js');
const { AbortError, connectionClosed } = require('../errors.js');
const { BITS, bitsOf } = require('../flags.js');
const utils = require('../utils.js');
const { natMapped } = require('./topology.js');

/**
 * @import { Cluster, Command, Redis } from '../classes.js'
 * @import { NodeRole } from '../../../types/ioredis/options.js'
 * @import { PipelineMark } from '../sending.js'
 * @import { ClusterClientOptions } from './options.js'
 *
 * @typedef {{ slot: number, redis: Redis | undefined }} PipelineNode The node for all commands of a pipeline.
 * @typedef {ClusterClientOptions['scaleReads']} Readers
 *
 * @typedef {object} Route
 * @property {Readers} to
 * @property {number | null} slot
 * @property {PipelineMark} [stream]
 * @property {PipelineNode} [node]
 */

/** In these states no node is made: it would never end, and the cluster waits for its last node. */
const ENDING = ['disconnecting', 'close', 'end'];
const SUBSCRIBING = BITS.ENTER_SUBSCRIBER_MODE | BITS.EXIT_SUBSCRIBER_MODE;
/**
 * Commands whose errors are handled here first.
 * @type {WeakSet<Command>}
 */
const followed = new WeakSet();

/**
 * Sends a command to the node that serves its key, and again if that node redirects it. `stream` and `node` are
 * given for a command of a pipeline, which follows redirections as a whole.
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {PipelineMark} [stream]
 * @param {PipelineNode} [node]
 */
function sendCommand(cluster, command, stream, node) {
  if (cluster.status === 'wait') cluster.connect().catch(noop);
  if (cluster.status === 'end') {
    command.reject(connectionClosed());
    return promiseOf(command);
  }
  /** @type {Route} */
  const route = { to: rolesFor(cluster, command), slot: node ? node.slot : command.getSlot(), stream, node };
  if (!node && !followed.has(command)) follow(cluster, command, route);
  attempt(cluster, command, route);
  return promiseOf(command);
}

/** @param {Command} command */
function promiseOf(command) {
  return command.onSettled === undefined ? command.promise : undefined;
}

/**
 * The roles that may answer a command. Replicas only read.
 * @param {Cluster} cluster
 * @param {Command} command
 * @returns {Readers}
 */
function rolesFor({ options: { scaleReads } }, command) {
  if (scaleReads === 'master') return 'master';
  return command.isReadOnly || bitsOf(command.name) & BITS.READONLY ? scaleReads : 'master';
}

/**
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {Route} route
 */
function follow(cluster, command, route) {
  followed.add(command);
  const { reject } = command;
  const attempts = {};
  const anywhere = () => attempt(cluster, command, route, { isAnyNode: true });
  command.reject = (error) =>
    cluster.handleError(error, attempts, {
      moved: (slot, key) => {
        route.slot = Number(slot);
        cluster._topology.moved(route.slot, key);
        nodeAt(cluster, key);
        attempt(cluster, command, route);
        cluster.refreshSlotsCache();
      },
      ask: (_slot, key) => {
        const { host, port } = nodeAt(cluster, key);
        attempt(cluster, command, route, { asking: `${host}:${port}` });
      },
      tryagain: anywhere,
      clusterDown: anywhere,
      connectionClosed: anywhere,
      maxRedirections: (tooMany) => reject.call(command, tooMany),
      defaults: () => reject.call(command, error),
    });
}

/**
 * The address of a node that a redirection names. The node belongs to the cluster from then on, unless the cluster
 * is ending.
 * @param {Cluster} cluster
 * @param {string} key
 */
function nodeAt(cluster, key) {
  const address = natMapped(cluster.options.natMap, key);
  if (!ENDING.includes(cluster.status)) cluster.connectionPool.findOrCreate(address);
  return address;
}

/**
 * Another attempt: at the node of the slot, at any node, or at the one that a redirection names.
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {Route} route
 * @param {{ isAnyNode?: boolean, asking?: string }} [how]
 */
function attempt(cluster, command, route, { isAnyNode = false, asking = undefined } = {}) {
  if (cluster.status === 'end') {
    command.reject(new AbortError('Cluster is ended.'));
    return;
  }
  const { stream, node } = route;
  /** @type {Redis | undefined} */
  let redis;
  if (cluster.status === 'ready' || command.name === 'cluster') {
    const found = clientFor(cluster, command, route, isAnyNode, asking);
    if (found instanceof Error) {
      command.reject(found);
      return;
    }
    redis = found;
    if (node && !node.redis) node.redis = redis;
  }
  if (redis) redis.sendCommand(command, stream);
  else if (cluster.options.enableOfflineQueue) cluster._offlineQueue.push({ command, stream, node });
  else command.reject(new Error("Cluster isn't ready and enableOfflineQueue options is false"));
}

/**
 * The client to use, an error if none is allowed, or undefined if there is none.
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {Route} route
 * @param {boolean} isAnyNode
 * @param {string} [asking]
 * @returns {Redis | Error | undefined}
 */
function clientFor(cluster, command, route, isAnyNode, asking) {
  if (route.node?.redis) return route.node.redis;
  if (bitsOf(command.name) & SUBSCRIBING) return subscriberFor(cluster, command, route);
  let redis;
  if (!isAnyNode) redis = asking === undefined ? ownerOf(cluster, command, route) : askingAt(cluster, asking);
  redis ??= anyNode(cluster, route.to);
  const isUsable = cluster.options.enableOfflineQueue || !redis || ['ready', 'wait'].includes(redis.status);
  return isUsable ? redis : connectionClosed();
}

/**
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {Route} route
 * @returns {Redis | undefined}
 */
function ownerOf(cluster, command, { to, slot }) {
  const keys = typeof slot === 'number' ? cluster.slots[slot] : undefined;
  if (keys === undefined) return undefined;
  const pool = cluster.connectionPool;
  if (typeof to !== 'function') return pool.getInstanceByKey(keyFor(to, keys));
  const clients = keys.map((key) => pool.getInstanceByKey(key));
  const chosen = to(clients, command);
  return (Array.isArray(chosen) ? utils.sample(chosen) : chosen) || clients[0];
}

/**
 * Tests of applications replace `sample` in the utilities, to control which node reads.
 * @param {NodeRole} role
 * @param {string[]} keys
 */
function keyFor(role, keys) {
  if (role === 'all') return utils.sample(keys);
  return role === 'slave' && keys.length > 1 ? utils.sample(keys, 1) : keys[0];
}

/**
 * @param {Cluster} cluster
 * @param {string} key
 */
function askingAt(cluster, key) {
  const redis = cluster.connectionPool.getInstanceByKey(key);
  // If its connection ends, the command behind it says so.
  redis?.asking().catch(noop);
  return redis;
}

/**
 * @param {Cluster} cluster
 * @param {Readers} role
 */
function anyNode({ connectionPool }, role) {
  const preferred = typeof role === 'function' ? undefined : connectionPool.getSampleInstance(role);
  return preferred ?? connectionPool.getSampleInstance('all');
}

/**
 * @param {Cluster} cluster
 * @param {Command} command
 * @param {Route} route
 */
function subscriberFor(cluster, command, { slot }) {
  const { shardedSubscribers } = cluster;
  if (shardedSubscribers === undefined || !command.name.startsWith('s') || command.name === 'subscribe') {
    return cluster.subscriber.getInstance() ?? new AbortError('No subscriber for the cluster');
  }
  const subscriber = shardedSubscribers.subscriberOf(slot);
  if (subscriber === undefined) return new AbortError(`No sharded subscriber for slot: ${slot}`);
  const isNoted =
    command.name === 'ssubscribe'
      ? shardedSubscribers.addChannels(command.getKeys())
      : shardedSubscribers.removeChannels(command.getKeys());
  if (!isNoted) {
    return new AbortError('Possible CROSSSLOT error: All channels must hash to the same slot');
  }
  return subscriber.redis ?? new AbortError('No subscriber for the cluster');
}

module.exports = { sendCommand };
