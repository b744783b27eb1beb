/**
 * The package under test with near copies, or without where `settings.near` is false.
 *
 * Contenders of the scenario `near` answer `{ adapter, cache, copies, close }`. `adapter` has the conversation methods.
 * `cache` has `get`, `peek`, `set`, `getOrSet`, `setTagged` and `invalidateTag` of an organization; null where there is
 * none. `copies()` answers the report of the near copies; null where a cache has no such report.
 */
import { load } from './orgcache.mjs';

const TTL_SECONDS = 7_200;

export async function open({ url, keyPrefix, nearMaxBytes, settings }) {
  const { isEarlier = false, near = true, ...options } = settings;
  const instance = load(isEarlier).createInstance({
    url,
    keyPrefix,
    near: near && nearMaxBytes ? { maxBytes: nearMaxBytes } : near,
    logLevel: 'off',
    ...options,
  });
  return {
    adapter: instance.cacheAdapter,
    cache: instance.createCache ? cacheOf(instance) : null,
    copies: near ? async () => (await instance.cacheAdapter.getStats()).near : null,
    close: () => instance.shutdown(),
  };
}

function cacheOf({ createCache }) {
  const cache = createCache({ name: 'bench', ttlSeconds: TTL_SECONDS });
  return {
    get: (organization, key) => cache.org(organization).get(key),
    peek: (organization, key) => cache.org(organization).peek(key),
    set: (organization, key, value) => cache.org(organization).set(key, value),
    getOrSet: (organization, key, factory) => cache.org(organization).getOrSet(key, factory),
    setTagged: (organization, key, value, tag) => cache.org(organization).set(key, value, { tags: [tag] }),
    invalidateTag: (organization, tag) => cache.org(organization).invalidateTags([tag]),
  };
}
