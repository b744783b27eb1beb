/** The package under test, through the surface that its users import. */
import { createRequire } from 'node:module';

function load() {
  try {
    return createRequire(import.meta.url)('../..');
  } catch (error) {
    throw new Error(
      `the package cannot be loaded; run \`npm run build\` in the project's root. It said: ${error.message}`,
      { cause: error },
    );
  }
}

export async function open({ url, keyPrefix, useRedis, memoryMaxBytes, settings }) {
  const { cacheAdapter, configure, redisManager, shutdown } = load();
  configure({
    ...(useRedis ? { url } : {}),
    useRedis,
    keyPrefix,
    ...(memoryMaxBytes ? { memoryMaxBytes } : {}),
    ...settings,
  });
  return {
    client: useRedis ? redisManager.getClient() : null,
    adapter: cacheAdapter,
    close: () => shutdown(),
  };
}
