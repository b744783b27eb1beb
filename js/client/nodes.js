'use strict';

const { OrgCacheError } = require('../errors.js');
const { hostsOf } = require('./endpoint.js');

const ROLES = ['all', 'master', 'slave'];

/**
 * A client for each node of a cluster. Those of replicas are not known: what reads from them goes through the cluster's
 * client. `known` has the clients that were made before, by address.
 */
function nodesOf({ client, role, connections, known }) {
  if (!ROLES.includes(role)) {
    throw new OrgCacheError('E_ARGUMENT', `nodes() takes one of ${ROLES.join(', ')}`);
  }
  if (role === 'slave') return [];
  if (!client.isCluster) return [client];
  const addresses = addressesOf(connections.bridge);
  for (const [address, node] of known) {
    if (addresses.includes(address)) continue;
    node.disconnect();
    known.delete(address);
  }
  return addresses.map((address) => {
    if (!known.has(address)) known.set(address, nodeAt(client, address));
    return known.get(address);
  });
}

/** Those that have slots; before that is known those that are configured. */
function addressesOf(bridge) {
  const nodes = bridge.isOpen ? bridge.report().nodes : [];
  const found = nodes.map(({ address }) => address).filter(Boolean);
  return found.length > 0 ? found : hostsOf(bridge.config().settings.clusterHosts.value).map(addressOf);
}

function addressOf({ host, port }) {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function nodeAt(client, address) {
  const [{ host, port }] = hostsOf(address);
  return client.duplicate({ clusterHosts: '', host, port, db: 0, lazyConnect: true });
}

module.exports = { nodesOf };
