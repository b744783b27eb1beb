'use strict';

const { OrgCacheError } = require('../errors.js');
const { hostsOf } = require('./endpoint.js');

/** @import { Bridge } from '../bridge.js' */
/** @import { RedisClient } from './client.js' */
/** @import { Connections } from './connections.js' */
/** @import { Endpoint } from './endpoint.js' */

/**
 * A client of one node.
 * @typedef {{ isReplica: boolean, node: RedisClient }} KnownNode
 */

/**
 * @typedef {object} NodesAsked
 * @property {RedisClient} client
 * @property {string} role
 * @property {Connections} connections
 * @property {Map<string, KnownNode>} known
 */

const ROLES = ['all', 'master', 'slave'];

/**
 * A client for each node of a cluster. Clients of replicas read from them. `known` has earlier clients by address.
 * @param {NodesAsked} asked
 */
function nodesOf({ client, role, connections, known }) {
  if (!ROLES.includes(role)) {
    throw new OrgCacheError('E_ARGUMENT', `nodes() takes one of ${ROLES.join(', ')}`);
  }
  if (!client.isCluster) return role === 'slave' ? [] : [client];
  const addresses = addressesOf(connections.bridge);
  for (const [address, { isReplica, node }] of known) {
    if (addresses.get(address) === isReplica) continue;
    node.disconnect();
    known.delete(address);
  }
  const asked = [...addresses].filter(([, isReplica]) => role === 'all' || isReplica === (role === 'slave'));
  return asked.map(([address, isReplica]) => {
    if (!known.has(address)) known.set(address, { isReplica, node: nodeAt(client, address, isReplica) });
    return /** @type {KnownNode} */ (known.get(address)).node;
  });
}

/**
 * Whether each node is a replica, by address. Before the cluster's nodes are known, the configured ones count as
 * primaries.
 * @param {InstanceType<typeof Bridge>} bridge
 * @returns {Map<string, boolean>}
 */
function addressesOf(bridge) {
  const { nodes = [], replicas = [] } = bridge.isOpen ? bridge.report() : {};
  const primaries = nodes.map(({ address }) => address).filter(Boolean);
  const found =
    primaries.length > 0 ? primaries : hostsOf(bridge.config().settings.clusterHosts.value).map(addressOf);
  /** @type {[string, boolean][]} */
  const areReplicas = replicas.map((address) => [address, true]);
  /** @type {[string, boolean][]} */
  const arePrimaries = found.map((address) => [address, false]);
  return new Map([...areReplicas, ...arePrimaries]);
}

/** @param {Endpoint} endpoint */
function addressOf({ host, port }) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * @param {RedisClient} client
 * @param {string} address
 * @param {boolean} readOnly
 */
function nodeAt(client, address, readOnly) {
  const [{ host, port }] = hostsOf(address);
  return client.duplicate({ clusterHosts: '', host, port, db: 0, lazyConnect: true, readOnly });
}

module.exports = { nodesOf };
