'use strict';

// Opens and closes clients over and over, in every way there is, and reports for each way how many native
// things, handles and threads it has left, and how resident memory went. To be run with --expose-gc.
// Argument: JSON with `cycles`, `ways`, `options` of the instance and `unreachable`, a URL where nobody listens.
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const orgcache = require('../..');
const { Redis } = require('../../js/entry/ioredis.js');
const { measureWays } = require('../support/cycles');

const { cycles, ways, options, unreachable } = JSON.parse(process.argv[2]);
const { createInstance } = orgcache;

const instance = (own) => {
  const made = createInstance();
  made.configure({ ...options, ...own });
  return made;
};

// A client for ioredis has no such option.
process.env.CACHE_DRIVER = options.driver;

const shared = instance({});
let client;
let keys = 0;
let leased = 0;
/** A key that nobody has read: one whose fill was lost is filled again only after a second. */
const newKey = () => `key-${keys++}`;

const WAYS = {
  'subscribe and unsubscribe': async () => {
    await client.subscribe('channel');
    await client.unsubscribe('channel');
  },
  'duplicate and quit': async () => {
    const copy = client.duplicate();
    await copy.ping();
    await copy.quit();
  },
  'duplicate, select and quit': async () => {
    const copy = client.duplicate();
    await copy.select(1);
    await copy.quit();
  },
  'disconnect(true)': async () => {
    const copy = client.duplicate();
    await copy.ping();
    copy.disconnect(true);
    await copy.ping();
    copy.disconnect();
  },
  'a connection of its own': async () => {
    const copy = client.duplicate();
    await copy.watch('watched');
    await copy.multi().set('watched', 1).exec();
    await copy.quit();
  },
  'a client for ioredis, its duplicate, and quit': async () => {
    const own = new Redis(options.url);
    await own.ping();
    const copy = own.duplicate();
    await copy.subscribe('channel');
    await Promise.all([copy.quit(), own.quit()]);
  },
  'a client for ioredis and disconnect': async () => {
    const own = new Redis(options.url);
    await own.ping();
    const ended = once(own, 'end');
    own.disconnect();
    await ended;
  },
  'a client that never connected': async () => {
    client.duplicate({ lazyConnect: true }).disconnect();
  },
  'a client that is let go': async () => {
    client.duplicate({ lazyConnect: true });
  },
  'an instance': async () => {
    const own = instance({});
    await own.cacheAdapter.set('key', 'value');
    await own.shutdown();
  },
  'an instance that holds leases': async () => {
    const own = instance({});
    const policies = { p: { limit: 9, algorithm: 'concurrency', leaseSeconds: 1 } };
    const limiter = own.createLimiter({
      secret: 'a secret of thirty-two bytes, or more',
      decisionMs: 2000,
      policies,
    });
    const held = [];
    for (const id of ['a', 'b']) held.push(await limiter.acquire({ policy: 'p', kind: 'user', id }));
    // Some live until they are prolonged, which takes a connection of its own.
    if (leased++ % 8 === 0) await delay(400);
    await held[0].lease.release();
    await own.shutdown();
  },
  'an instance whose watch connection is dialled': async () => {
    const own = instance({ keyPrefix: 'dialled:' });
    const key = newKey();
    await own.cacheAdapter.set(key, 'value');
    for (let i = 0; i < 3; i++) await own.cacheAdapter.get(key);
    await own.shutdown();
  },
  'an instance with copies': async () => {
    const own = instance({ keyPrefix: 'copies:' });
    const key = newKey();
    await own.cacheAdapter.set(key, 'value');
    // Instances may share copies with the one before.
    const hitsOf = async () => (await own.cacheAdapter.getStats()).near.hits;
    const before = await hitsOf();
    while ((await hitsOf()) === before) await own.cacheAdapter.get(key);
    await own.shutdown();
  },
  'an instance with a subscribed duplicate': async () => {
    const own = instance({});
    const copy = (await own.getRedis()).duplicate();
    await copy.subscribe('channel');
    await own.shutdown();
  },
  'an instance in memory': async () => {
    const own = createInstance();
    own.configure({ useRedis: false });
    await own.cacheAdapter.set('key', 'value');
    await own.shutdown();
  },
  'an instance that finds no server': async () => {
    const own = createInstance();
    own.configure({ url: unreachable, maxRetries: 0, driver: options.driver, logLevel: 'off' });
    await own.redisManager
      .getClient()
      .ping()
      .catch(() => {});
    await own.shutdown({ timeoutMs: 0 });
  },
  'a configuration that fails': async () => {
    const own = createInstance();
    own.configure({ url: 'nonsense' });
    await own.cacheAdapter.get('key').catch(() => {});
    await own.shutdown();
  },
};

async function main() {
  client = await shared.getRedis();
  await client.ping();
  const chosen = Object.entries(WAYS).filter(([way]) => ways?.includes(way) ?? true);
  await measureWays(Object.fromEntries(chosen), { cycles, end: () => shared.shutdown() });
}

main();
