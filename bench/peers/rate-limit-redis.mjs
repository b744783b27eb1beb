/** rate-limit-redis over ioredis, as its guide connects the two. */
import { RedisStore } from 'rate-limit-redis';

export async function open({ url, limit, settings }) {
  const { default: Redis } = await import(settings.packageName);
  const client = new Redis(url, { enableAutoPipelining: settings.autoPipelining });
  // Without a listener each failed attempt is printed; the commands in flight report it anyway.
  client.on('error', () => {});
  await client.ping();
  const store = new RedisStore({ sendCommand: (command, ...args) => client.call(command, ...args) });
  store.init(limit);
  return { client: { increment: (key) => store.increment(key) }, close: () => client.disconnect() };
}
