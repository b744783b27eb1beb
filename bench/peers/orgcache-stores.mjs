/** The stores of the package under test, on its own connection. */
import { createRequire } from 'node:module';
import { load } from './orgcache.mjs';

const require = createRequire(import.meta.url);

export async function open({ url, limit, settings }) {
  const { isEarlier: _, ...options } = settings;
  const orgcache = load(false).createInstance({ url, logLevel: 'off', ...options });
  const { RedisStore } = require('../../js/entry/connect-redis.js');
  const { LimitStore } = require('../../js/entry/express-rate-limit.js');
  const limits = new LimitStore({
    instance: orgcache,
    secret: 'the same 32 bytes in all instances',
    decisionMs: 10_000,
  });
  limits.init(limit);
  return {
    client: {
      store: new RedisStore({ client: orgcache.redisManager.getClient() }),
      increment: (key) => limits.increment(key),
    },
    close: () => orgcache.shutdown(),
  };
}
