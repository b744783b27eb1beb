/** Sessions by connect-redis over node-redis, which knows no users. Ids are as long as express-session's are. */
import { randomBytes } from 'node:crypto';
import { open as openStore } from './connect-redis.mjs';

const ID_BYTES = 24;

export async function open(options) {
  const { client, close } = await openStore(options);
  const { store } = client;
  return {
    client: {
      async create(userId, data) {
        const id = randomBytes(ID_BYTES).toString('base64url');
        await store.set(id, { cookie: {}, userId, ...data });
        return id;
      },
      get: (id) => store.get(id),
      destroy: (id) => store.destroy(id),
    },
    close,
  };
}
