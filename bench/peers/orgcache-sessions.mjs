/** The sessions of the package under test. */
import { load } from './orgcache.mjs';

export async function open({ url, settings }) {
  const { isEarlier: _, ...options } = settings;
  const orgcache = load(false).createInstance({ url, logLevel: 'off', ...options });
  const sessions = orgcache.createSessions({ secret: 'the same 32 bytes in all instances' });
  return {
    client: {
      create: async (userId, data) => (await sessions.create({ userId, data })).id,
      get: async (id) => (await sessions.get(id))?.data,
      destroy: (id) => sessions.destroy(id),
      destroyAll: (userId) => sessions.destroyAll(userId),
    },
    close: () => orgcache.shutdown(),
  };
}
