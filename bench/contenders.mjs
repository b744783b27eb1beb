/**
 * Who is measured. Every contender is opened by a module in `peers/` that exports
 * `open({ url, keyPrefix, useRedis, settings })` and answers
 * `{ client, adapter, close() }`: `client` has `get(key)` and `set(key, value)`, `adapter` has the
 * conversation methods and `clearOrganizationCache`. Where `clientModule` is, it exports
 * `open({ topology, settings })` and answers `{ client, close() }`, the client having the methods of ioredis;
 * `topology` is `{ url }`, `{ clusterHosts }` or `{ sentinelHosts, sentinelName }`. Where `limiterModule` is, it exports
 * `open({ url, limits, settings })`, whose client has `consume(id)`, `consumeThree(id)` and `consumeLimited(id)`.
 * Where `storeModule` is, it exports `open({ url, limit, settings })`, whose client has, as `storeParts` says, a `store` for
 * express-session, or `increment(key)` of a store for express-rate-limit. Where `topicsModule` is, it exports
 * `open({ url, settings })`, whose client has `publish(payload)`, `subscribe(take)` and `stream(request, response)`. Where
 * `sessionModule` is, it exports `open({ url, settings })`, whose client has `create(userId, data)`, `get(id)`,
 * `destroy(id)` and, for the part `ends`, `destroyAll(userId)`; `sessionParts` says which parts of the scenario it is in.
 */

const SUBJECT = 'orgcache';

/** Modules that open rate limiters, and what the other one is called. */
const OWN_LIMITER = './peers/orgcache-limiter.mjs';
const OTHER_LIMITER = 'rate-limiter-flexible over';

const OWN_STORES = { storeModule: './peers/orgcache-stores.mjs', storeParts: ['sessions', 'limits'] };

const OWN_TOPICS = './peers/orgcache-topics.mjs';

/** A key a session and a set a user, by hand. */
const HANDMADE_SESSIONS = {
  session: 'a set a user, over ioredis, auto-pipelining',
  sessionModule: './peers/ioredis-sessions.mjs',
  sessionParts: ['ends'],
};
const OWN_SESSIONS = {
  sessionModule: './peers/orgcache-sessions.mjs',
  sessionParts: ['calls', 'memory', 'ends', 'among'],
};

const JAVASCRIPT_ADAPTER = 'JavaScript adapter over';

export const CONTENDERS = [
  {
    id: 'orgcache',
    client: 'orgcache',
    adapter: 'orgcache',
    limiter: 'orgcache',
    store: 'orgcache',
    session: 'orgcache',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    limiterModule: OWN_LIMITER,
    ...OWN_STORES,
    topicsModule: OWN_TOPICS,
    ...OWN_SESSIONS,
    settings: {},
    byDefault: true,
  },
  {
    id: 'orgcache-thread',
    client: 'orgcache, thread driver',
    adapter: 'orgcache, thread driver',
    limiter: 'orgcache, thread driver',
    store: 'orgcache, thread driver',
    session: 'orgcache, thread driver',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    limiterModule: OWN_LIMITER,
    ...OWN_STORES,
    topicsModule: OWN_TOPICS,
    ...OWN_SESSIONS,
    settings: { driver: 'thread' },
    byDefault: false,
  },
  {
    id: 'orgcache-loop',
    client: 'orgcache, loop driver',
    adapter: 'orgcache, loop driver',
    limiter: 'orgcache, loop driver',
    store: 'orgcache, loop driver',
    session: 'orgcache, loop driver',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    limiterModule: OWN_LIMITER,
    ...OWN_STORES,
    topicsModule: OWN_TOPICS,
    ...OWN_SESSIONS,
    settings: { driver: 'loop' },
    byDefault: false,
  },
  {
    id: 'orgcache-no-near',
    client: 'orgcache, near copies off',
    adapter: 'orgcache, near copies off',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    settings: { near: false },
    byDefault: false,
  },
  {
    id: 'earlier',
    client: 'orgcache, the earlier build',
    adapter: 'orgcache, the earlier build',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    settings: { isEarlier: true },
    byDefault: false,
  },
  {
    id: 'earlier-thread',
    client: 'orgcache, the earlier build, thread driver',
    adapter: 'orgcache, the earlier build, thread driver',
    module: './peers/orgcache.mjs',
    clientModule: './peers/orgcache-client.mjs',
    settings: { isEarlier: true, driver: 'thread' },
    byDefault: false,
  },
  ...ioredisContenders('ioredis', 'ioredis', true),
  ...ioredisContenders('ioredis-6', 'ioredis-6', false),
  {
    id: 'node-redis',
    client: 'node-redis',
    adapter: `${JAVASCRIPT_ADAPTER} node-redis`,
    store: 'connect-redis over node-redis',
    session: 'connect-redis over node-redis',
    module: './peers/node-redis.mjs',
    storeModule: './peers/connect-redis.mjs',
    storeParts: ['sessions'],
    sessionModule: './peers/connect-redis-sessions.mjs',
    sessionParts: ['calls', 'memory'],
    package: 'redis',
    settings: {},
    byDefault: true,
  },
  {
    id: 'valkey-glide',
    client: 'valkey-glide',
    adapter: `${JAVASCRIPT_ADAPTER} valkey-glide`,
    module: './peers/valkey-glide.mjs',
    package: '@valkey/valkey-glide',
    settings: {},
    byDefault: true,
  },
];

function ioredisContenders(id, packageName, byDefault) {
  return [false, true].map((autoPipelining) => {
    const name = autoPipelining ? `${id}, auto-pipelining` : id;
    return {
      id: autoPipelining ? `${id}-auto-pipelining` : id,
      client: name,
      adapter: `${JAVASCRIPT_ADAPTER} ${name}`,
      limiter: `${OTHER_LIMITER} ${name}`,
      module: './peers/ioredis.mjs',
      clientModule: './peers/ioredis-client.mjs',
      limiterModule: './peers/rate-limiter-flexible.mjs',
      store: `rate-limit-redis over ${name}`,
      storeModule: './peers/rate-limit-redis.mjs',
      storeParts: ['limits'],
      topicsModule: './peers/ioredis-topics.mjs',
      ...(id === 'ioredis' && autoPipelining ? HANDMADE_SESSIONS : {}),
      package: packageName,
      settings: { packageName, autoPipelining },
      byDefault,
    };
  });
}

export function contenderById(id) {
  const contender = CONTENDERS.find((candidate) => candidate.id === id);
  if (!contender) {
    const known = CONTENDERS.map((candidate) => candidate.id).join(', ');
    throw new Error(`There is no contender named '${id}'; there are: ${known}.`);
  }
  return contender;
}

/** Those with a client like ioredis's, as contenders that are opened as such. */
export function clientsAmong(contenders) {
  return contenders
    .filter(({ clientModule }) => clientModule)
    .map((contender) => ({ ...contender, module: contender.clientModule }));
}

/** Those with a rate limiter, as contenders that are opened as such. */
export function limitersAmong(contenders) {
  return contenders
    .filter(({ limiterModule }) => limiterModule)
    .map((contender) => ({ ...contender, module: contender.limiterModule }));
}

/** Those with stores for sessions or for limits, as contenders that are opened as such. */
export function storesAmong(contenders, part) {
  return contenders
    .filter(({ storeParts }) => storeParts?.includes(part))
    .map((contender) => ({ ...contender, module: contender.storeModule }));
}

/** Those with notifications, as contenders that are opened as such. */
export function topicsAmong(contenders) {
  return contenders
    .filter(({ topicsModule }) => topicsModule)
    .map((contender) => ({ ...contender, module: contender.topicsModule }));
}

/** Those with sessions for a part of that scenario, as contenders that are opened as such. */
export function sessionsAmong(contenders, part) {
  return contenders
    .filter(({ sessionParts }) => sessionParts?.includes(part))
    .map((contender) => ({ ...contender, module: contender.sessionModule }));
}

export function isSubject(id) {
  return id === SUBJECT || id.startsWith(`${SUBJECT}-`);
}

/** Whether a contender is a build from before a change. */
export function isEarlier(id) {
  return id === 'earlier' || id.startsWith('earlier-');
}

/** Whom the others are compared with: the package as it comes, else a driver of it, else nobody. */
export function subjectAmong(ids) {
  return ids.find((id) => id === SUBJECT) ?? ids.find(isSubject);
}
