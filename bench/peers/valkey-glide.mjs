/** valkey-glide, whose core gathers the commands of a tick by itself. */
import { createJavaScriptAdapter } from './javascript-adapter.js';
import { RedisManager } from './javascript-redis-manager.js';

/** Its default of 250 ms would fail rounds on a busy machine where the others only wait. */
const REQUEST_TIMEOUT_MS = 5_000;
/** Its default of 1,000 is below what filling the keys starts at once. */
const INFLIGHT_REQUESTS = 8_192;

export async function open({ url, keyPrefix }) {
  const { GlideClient, TimeUnit } = await import('@valkey/valkey-glide');
  const { hostname, port } = new URL(url);
  const client = await GlideClient.createClient({
    addresses: [{ host: hostname, port: Number(port) }],
    requestTimeout: REQUEST_TIMEOUT_MS,
    inflightRequestsLimit: INFLIGHT_REQUESTS,
  });

  const redisManager = new RedisManager({
    get: (key) => client.get(key),
    setWithTtl: (key, ttlSeconds, value) =>
      client.set(key, value, { expiry: { type: TimeUnit.Seconds, count: ttlSeconds } }),
    delete: (key) => client.del([key]),
    async scan(cursor, pattern, count) {
      const [next, keys] = await client.scan(cursor, { match: pattern, count });
      return { next, keys };
    },
    unlink: (keys) => client.unlink(keys),
    ping: () => client.ping(),
    close: () => client.close(),
  });
  redisManager.connected();
  return { client, ...createJavaScriptAdapter({ redisManager, keyPrefix }) };
}
