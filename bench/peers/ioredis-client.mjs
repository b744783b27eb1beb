/** ioredis by itself, plain or with auto-pipelining, for one server, a cluster, or a primary behind sentinels. */

export async function open({ topology, settings }) {
  const client = connect(await import(settings.packageName), topology, {
    enableAutoPipelining: settings.autoPipelining,
  });
  // Without a listener each failed attempt is printed; the commands in flight report it anyway.
  client.on('error', () => {});
  await client.ping();
  return { client, close: () => client.disconnect() };
}

function connect({ Cluster, Redis }, { url, clusterHosts, sentinelHosts, sentinelName }, options) {
  if (clusterHosts) return new Cluster(clusterHosts.map(addressOf), options);
  if (sentinelHosts) {
    return new Redis({ sentinels: sentinelHosts.map(addressOf), name: sentinelName, ...options });
  }
  return new Redis(url, options);
}

function addressOf(text) {
  const [host, port] = text.split(':');
  return { host, port: Number(port) };
}
