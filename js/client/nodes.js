'use strict';

const { OrgCacheError } = require('../errors.js');
const { hostsOf } = require('./endpoint.js');

const ROLES = ['all', 'master', 'slave'];

/**
 * A client for each node of a cluster; those of replicas read from them. `known` has the clients that were made before, by
 * address.
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
    return known.get(address).node;
  });
}

/** Whether each is a replica, by address. Before nodes are found those that are configured count as primaries. */
function addressesOf(bridge) {
  const { nodes = [], replicas = [] } = bridge.isOpen ? bridge.report() : {};
  const primaries = nodes.map(({ address }) => address).filter(Boolean);
  const found =
    primaries.length > 0 ? primaries : hostsOf(bridge.config().settings.clusterHosts.value).map(addressOf);
  return new Map([
    ...replicas.map((address) => [address, true]),
    ...found.map((address) => [address, false]),
  ]);
}

function addressOf({ host, port }) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function nodeAt(client, address, readOnly) {
  const [{ host, port }] = hostsOf(address);
  return client.duplicate({ clusterHosts: '', host, port, db: 0, lazyConnect: true, readOnly });
}

module.exports = { nodesOf };
