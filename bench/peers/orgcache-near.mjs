/**
 * The package under test with near copies, or without where `settings.near` is false.
 *
 * Contenders of the scenario `near` answer `{ adapter, cache, copies, close }`. `adapter` has the conversation methods.
 * `cache` has `get`, `peek`, `set`, `getOrSet`, `setTagged` and `invalidateTag` of an organization; null where there is
 * none. `frozen` is the same with values that callers share, where a contender has both. `copies()` answers the report of the
 * near copies; null where a cache has no such report. With `settings.hasChannels` false the package is loaded where Node has no
 * diagnostics channels.
 */
import Module from 'node:module';

import { load } from './orgcache.mjs';

const TTL_SECONDS = 7_200;

export async function open({ url, keyPrefix, nearMaxBytes, settings }) {
  const { isEarlier = false, near = true, hasChannels = true, ...options } = settings;
  if (!hasChannels) removeChannels();
  const instance = load(isEarlier).createInstance({
    url,
    keyPrefix,
    near: near && nearMaxBytes ? { maxBytes: nearMaxBytes } : near,
    logLevel: 'off',
    ...options,
  });
  let frozen;
  return {
    adapter: instance.cacheAdapter,
    cache: instance.createCache ? cacheOf(instance, { name: 'bench' }) : null,
    // An earlier build may not know the option.
    get frozen() {
      frozen ??= cacheOf(instance, { name: 'bench-frozen', near: { share: 'frozen' } });
      return frozen;
    },
    copies: near ? async () => (await instance.cacheAdapter.getStats()).near : null,
    close: () => instance.shutdown(),
  };
}

/** Gives the package channels that nobody can subscribe to, each an object with one field. */
function removeChannels() {
  const real = Module._load;
  const channel = () => ({ hasSubscribers: false });
  Module._load = (request, ...more) =>
    request === 'node:diagnostics_channel' ? { channel, tracingChannel: channel } : real(request, ...more);
}

function cacheOf({ createCache }, options) {
  const cache = createCache({ ttlSeconds: TTL_SECONDS, ...options });
  return {
    get: (organization, key) => cache.org(organization).get(key),
    peek: (organization, key) => cache.org(organization).peek(key),
    set: (organization, key, value) => cache.org(organization).set(key, value),
    getOrSet: (organization, key, factory) => cache.org(organization).getOrSet(key, factory),
    setTagged: (organization, key, value, tag) => cache.org(organization).set(key, value, { tags: [tag] }),
    invalidateTag: (organization, tag) => cache.org(organization).invalidateTags([tag]),
  };
}
