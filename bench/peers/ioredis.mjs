/**
 * ioredis, plain or with auto-pipelining, the one setting its documentation gives for throughput:
 * commands of one tick then leave as one pipeline.
 */
import { createJavaScriptAdapter } from './javascript-adapter.js';
import { RedisManager } from './javascript-redis-manager.js';

export async function open({ url, keyPrefix, useRedis, settings }) {
  if (!useRedis) return createJavaScriptAdapter({ redisManager: null, keyPrefix });

  const { default: Redis } = await import(settings.packageName);
  const client = new Redis(url, {
    enableAutoPipelining: settings.autoPipelining,
    lazyConnect: true,
  });
  // Without a listener each failed attempt is printed; the commands in flight report it anyway.
  client.on('error', () => {});
  await client.connect();

  const redisManager = new RedisManager({
    get: (key) => client.get(key),
    setWithTtl: (key, ttlSeconds, value) => client.setex(key, ttlSeconds, value),
    delete: (key) => client.del(key),
    async scan(cursor, pattern, count) {
      const [next, keys] = await client.scan(cursor, 'MATCH', pattern, 'COUNT', count);
      return { next, keys };
    },
    unlink: (keys) => client.unlink(...keys),
    ping: () => client.ping(),
    close: () => client.disconnect(),
  });
  redisManager.connected();
  client.on('close', () => redisManager.disconnected());
  client.on('ready', () => redisManager.connected());
  return { client, ...createJavaScriptAdapter({ redisManager, keyPrefix }) };
}
