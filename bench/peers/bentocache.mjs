/**
 * BentoCache: its memory driver alone, or before Redis. Both keep text in memory, as they do by default, so that every
 * get answers a fresh copy. The bus is what its documentation asks for where several processes share one Redis.
 */
import { BentoCache, bentostore } from 'bentocache';
import { memoryDriver } from 'bentocache/drivers/memory';
import { redisBusDriver, redisDriver } from 'bentocache/drivers/redis';
import Redis from 'ioredis';

const TTL = '2h';
/** Many more than the keys that are read again and again. */
const MAX_ITEMS = 100_000;

export async function open({ url, keyPrefix, settings }) {
  const { isTiered, hasBus } = settings;
  const store = bentostore().useL1Layer(memoryDriver({ serialize: true, maxItems: MAX_ITEMS }));
  if (isTiered) store.useL2Layer(redisDriver({ connection: await connect(url) }));
  if (isTiered && hasBus) store.useBus(redisBusDriver({ connection: { ...placeOf(url) } }));
  const bento = new BentoCache({ default: 'bench', prefix: keyPrefix, ttl: TTL, stores: { bench: store } });
  const keyOf = (organization, key) => `${organization}:${key}`;
  const get = (organization, key) => bento.get({ key: keyOf(organization, key) });
  const set = (organization, key, value) => bento.set({ key: keyOf(organization, key), value });
  return {
    adapter: {
      getConversationContext: (organization, phone) => get(organization, phone),
      setConversationContext: (organization, phone, messages) => set(organization, phone, messages),
    },
    cache: {
      get,
      peek: null,
      set,
      getOrSet: (organization, key, factory) => bento.getOrSet({ key: keyOf(organization, key), factory }),
      setTagged: (organization, key, value, tag) =>
        bento.set({ key: keyOf(organization, key), value, tags: [keyOf(organization, tag)] }),
      invalidateTag: (organization, tag) => bento.deleteByTag({ tags: [keyOf(organization, tag)] }),
    },
    copies: null,
    close: () => bento.disconnectAll(),
  };
}

function placeOf(url) {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

async function connect(url) {
  const client = new Redis(url);
  // Without a listener each failed attempt is printed; the commands in flight report it anyway.
  client.on('error', () => {});
  await client.ping();
  return client;
}
