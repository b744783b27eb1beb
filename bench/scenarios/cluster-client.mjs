/** The commands of `client.mjs` in a cluster of three primaries. */
import { createRequire } from 'node:module';
import { withHosts } from '../contender-host.mjs';
import { clientsAmong } from '../contenders.mjs';
import { measureCells } from '../rounds.mjs';
import { commandCells } from './client.mjs';

const require = createRequire(import.meta.url);

export async function measureClusterClient({ contenders, callers, effort, progress }) {
  const chosen = clientsAmong(contenders);
  if (chosen.length === 0) return null;
  const { startCluster } = require('../../__test__/support/cluster.js');
  const { endAll } = require('../../__test__/support/cleanup.js');
  progress('cluster-client: starting three primaries');
  try {
    const cluster = await startCluster({ primaries: 3, replicas: 0 });
    const serverPids = cluster.nodes.map(({ pid }) => pid);
    const optionsOf = () => ({ topology: { clusterHosts: cluster.hosts } });
    return await withHosts(chosen, optionsOf, (hosts) =>
      measureCells({ hosts, cells: commandCells(callers), serverPids, effort, progress }),
    );
  } finally {
    await endAll();
  }
}
