/** node-redis, which writes the commands of one tick together without being asked to. */
import { createJavaScriptAdapter } from './javascript-adapter.js';
import { RedisManager } from './javascript-redis-manager.js';

export async function open({ url, keyPrefix }) {
  const { createClient } = await import('redis');
  const client = createClient({ url });
  // An 'error' event without a listener would end the process; the commands report it anyway.
  client.on('error', () => {});
  await client.connect();

  const redisManager = new RedisManager({
    get: (key) => client.get(key),
    setWithTtl: (key, ttlSeconds, value) => client.setEx(key, ttlSeconds, value),
    delete: (key) => client.del(key),
    async scan(cursor, pattern, count) {
      const { cursor: next, keys } = await client.scan(cursor, { MATCH: pattern, COUNT: count });
      return { next, keys };
    },
    unlink: (keys) => client.unlink(keys),
    ping: () => client.ping(),
    close: () => client.destroy(),
  });
  redisManager.connected();
  client.on('reconnecting', () => redisManager.disconnected());
  client.on('ready', () => redisManager.connected());
  return { client, ...createJavaScriptAdapter({ redisManager, keyPrefix }) };
}
