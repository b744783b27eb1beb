/** Sessions as servers keep them over ioredis by hand: a key a session, and a set of a user's ids. */
import { randomBytes } from 'node:crypto';
import Redis from 'ioredis';

const ID_BYTES = 32;
const SECONDS = 86_400;

export async function open({ url, settings: { autoPipelining } }) {
  const client = new Redis(url, { enableAutoPipelining: autoPipelining });
  client.on('error', () => {});
  await client.ping();
  return {
    client: {
      async create(userId, data) {
        const id = randomBytes(ID_BYTES).toString('hex');
        await Promise.all([
          client.setex(`session:${id}`, SECONDS, JSON.stringify({ userId, ...data })),
          client.sadd(`user:sessions:${userId}`, id),
          client.expire(`user:sessions:${userId}`, SECONDS),
        ]);
        return id;
      },
      get: async (id) => JSON.parse(await client.get(`session:${id}`)),
      destroy: (id) => client.unlink(`session:${id}`),
      async destroyAll(userId) {
        const ids = await client.smembers(`user:sessions:${userId}`);
        await client.unlink(`user:sessions:${userId}`, ...ids.map((id) => `session:${id}`));
      },
    },
    close: () => client.disconnect(),
  };
}
