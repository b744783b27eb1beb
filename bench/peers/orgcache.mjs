/** The package under test, through the surface that its users import. */
import { createRequire } from 'node:module';

/** A built checkout of an earlier version, to see what a change costs. */
const EARLIER = process.env.ORGCACHE_BENCH_EARLIER;

/** The package from the checkout above, or the earlier one. */
export function load(isEarlier) {
  if (isEarlier && !EARLIER) {
    throw new Error('name a built checkout of an earlier version in ORGCACHE_BENCH_EARLIER');
  }
  try {
    return createRequire(import.meta.url)(isEarlier ? EARLIER : '../..');
  } catch (error) {
    throw new Error(
      `the package cannot be loaded; run \`npm run build\` in the project's root. It said: ${error.message}`,
      { cause: error },
    );
  }
}

export async function open({ url, keyPrefix, useRedis, memoryMaxBytes, journalMaxBytes, settings }) {
  const { isEarlier = false, ...options } = settings;
  const { cacheAdapter, configure, redisManager, shutdown } = load(isEarlier);
  configure({
    ...(useRedis ? { url } : {}),
    useRedis,
    keyPrefix,
    ...(memoryMaxBytes ? { memoryMaxBytes } : {}),
    ...(journalMaxBytes ? { journalMaxBytes } : {}),
    ...options,
  });
  return {
    client: useRedis ? redisManager.getClient() : null,
    adapter: cacheAdapter,
    close: () => shutdown(),
  };
}
