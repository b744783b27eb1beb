/** rate-limiter-flexible over ioredis, with its own option for identifiers that are at their limit. */
import { RateLimiterRedis, RateLimiterUnion } from 'rate-limiter-flexible';

export async function open({ url, limits, settings }) {
  const { default: Redis } = await import(settings.packageName);
  const storeClient = new Redis(url, { enableAutoPipelining: settings.autoPipelining });
  // Without a listener each failed attempt is printed; the commands in flight report it anyway.
  storeClient.on('error', () => {});
  await storeClient.ping();
  const { wide, narrow, windowSeconds, longSeconds } = limits;
  const limiter = (keyPrefix, points, duration, more) =>
    new RateLimiterRedis({ storeClient, keyPrefix, points, duration, ...more });
  const single = limiter('bench-rlf-1', wide, windowSeconds);
  const names = ['bench-rlf-1', 'bench-rlf-2', 'bench-rlf-3'];
  const union = new RateLimiterUnion(...names.map((name) => limiter(name, wide, windowSeconds)));
  const limited = limiter('bench-rlf-4', narrow, longSeconds, { inMemoryBlockOnConsumed: narrow + 1 });
  return {
    client: {
      consume: (id) => admitted(single.consume(id)),
      consumeThree: (id) => admitted(union.consume(id)),
      consumeLimited: (id) => admitted(limited.consume(id)),
    },
    close: () => storeClient.disconnect(),
  };
}

/** A refusal is a rejection there, and an error of Redis is an Error. */
async function admitted(consumed) {
  try {
    await consumed;
    return true;
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    return false;
  }
}
