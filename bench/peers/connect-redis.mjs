/** connect-redis over node-redis, which it asks for. */
import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';

export async function open({ url }) {
  const client = createClient({ url });
  // An 'error' event without a listener would end the process; the commands report it anyway.
  client.on('error', () => {});
  await client.connect();
  return { client: { store: new RedisStore({ client }) }, close: () => client.destroy() };
}
