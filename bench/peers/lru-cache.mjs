/** lru-cache, which holds the objects themselves: every get answers the same one. */
import { LRUCache } from 'lru-cache';

const MAX_ITEMS = 100_000;

export async function open({ maxItems = MAX_ITEMS }) {
  const items = new LRUCache({ max: maxItems });
  return {
    adapter: null,
    cache: {
      get: async (organization, key) => items.get(`${organization}:${key}`),
      peek: (organization, key) => items.get(`${organization}:${key}`),
      set: async (organization, key, value) => {
        items.set(`${organization}:${key}`, value);
        return true;
      },
      getOrSet: null,
      setTagged: null,
      invalidateTag: null,
    },
    copies: null,
    items,
    close: async () => items.clear(),
  };
}
