/** Stores of session and rate limit libraries, with callbacks and promises. */

import { createInstance } from 'orgcache';
import { RedisStore, type RedisStoreOptions } from 'orgcache/connect-redis';
import { type ClientHits, LimitStore } from 'orgcache/express-rate-limit';
import { type ExpressSessionStore, SessionStore, type StoreCallback } from 'orgcache/express-session';
import { LimitStore as FastifyLimits, type WindowCount } from 'orgcache/fastify-rate-limit';
import { SessionStore as FastifyStore } from 'orgcache/fastify-session';

const instance = createInstance({ useRedis: false });
const options: RedisStoreOptions = { client: {}, prefix: 'a:', disableTTL: true, ttl: () => 60 };
const redisStore = new RedisStore(options);
redisStore.ttl = 3600;
// @ts-expect-error RedisStore has one layout.
new RedisStore({ layout: 'plain' });

const stores: ExpressSessionStore[] = [
  redisStore,
  new SessionStore({ instance, layout: 'plain', onConflict: 'overwrite' }),
];
const done: StoreCallback<null> = (error) => console.log(error);
for (const store of stores) {
  store.set('a', { cookie: {} }, done);
  const written: null = await store.set('a', { cookie: {} });
  const count: number = await store.length();
  const ids: string[] = await store.ids();
  for await (const session of store) console.log(session.id, written, count, ids);
  await store.all({ limit: 5 });
  store.all((_error, sessions) => console.log(sessions?.length));
}
// @ts-expect-error No such answer to a conflict.
new SessionStore({ onConflict: 'first' });

const fastify = new FastifyStore({ instance });
fastify.get('a', (error, session) => console.log(error, session));

const limits = new LimitStore({ instance, algorithm: 'log', onRedisDown: 'closed' });
limits.init({ windowMs: 1000, limit: () => 5 });
const hits: ClientHits = await limits.increment('a');
console.log(hits.totalHits + hits.resetTime.getTime(), limits.localKeys, limits.prefix);

const Store: typeof FastifyLimits = FastifyLimits.with({ namespace: 'a' });
const each = (_error: Error | null, count?: WindowCount) => console.log(count?.current);
new Store({ exponentialBackoff: true }).child({}).incr('a', each, 1000, 5);
