/** The rate limiter of the package under test. */
import { load } from './orgcache.mjs';

export async function open({ url, limits, settings }) {
  const { isEarlier: _, ...options } = settings;
  const { createLimiter, shutdown } = load(false).createInstance({ url, logLevel: 'off', ...options });
  const { wide, narrow, windowSeconds } = limits;
  const limiter = createLimiter({
    secret: 'the same 32 bytes in all instances',
    decisionMs: 10_000,
    policies: {
      wide: { limit: wide, windowSeconds },
      second: { limit: wide, windowSeconds },
      third: { limit: wide, windowSeconds },
      narrow: { limit: narrow, windowSeconds: limits.longSeconds },
    },
  });
  const isAllowed = ({ allowed, source }) => {
    if (allowed && source !== 'redis') throw new Error('Redis did not decide');
    return allowed;
  };
  return {
    client: {
      consume: async (id) => isAllowed(await limiter.consume({ policy: 'wide', kind: 'user', id })),
      consumeThree: async (id) =>
        isAllowed(
          await limiter.consume([
            { policy: 'wide', kind: 'user', id },
            { policy: 'second', kind: 'user', id },
            { policy: 'third', kind: 'user', id },
          ]),
        ),
      consumeLimited: async (id) => isAllowed(await limiter.consume({ policy: 'narrow', kind: 'user', id })),
    },
    close: () => shutdown(),
  };
}
