/** The client of the package under test, as `getRedis()` gives it. Keys without a prefix, as the peers' are. */
import { load } from './orgcache.mjs';

export async function open({ topology, settings }) {
  const { isEarlier = false, ...options } = settings;
  const { configure, getRedis, shutdown } = load(isEarlier);
  configure({ ...placeOf(topology), clientKeyPrefix: '', logLevel: 'off', ...options });
  const client = await getRedis();
  await client.ping();
  return { client, close: () => shutdown() };
}

function placeOf({ url, clusterHosts, sentinelHosts, sentinelName }) {
  if (clusterHosts) return { clusterHosts: clusterHosts.join(',') };
  if (sentinelHosts) return { sentinelHosts: sentinelHosts.join(','), sentinelName };
  return { url };
}
