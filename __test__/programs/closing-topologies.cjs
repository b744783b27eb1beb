'use strict';

// Opens and closes clients of a cluster or behind sentinels over and over, and reports for each way what it has left. To
// be run with --expose-gc. Arguments: JSON with `cycles`, `topology` (`cluster` or `sentinel`), `hosts` of its nodes or
// sentinels, `driver`, and `closed`, a port where nobody listens.
const { once } = require('node:events');
const { createInstance } = require('../..');
const { measureWays } = require('../support/cycles');

const { cycles, topology, hosts, driver, closed } = JSON.parse(process.argv[2]);
process.env.CACHE_DRIVER = driver;
const { Cluster, Redis } = require('../../js/entry/ioredis.js');

const CALLS = 50;
const addresses = hosts.map((host) => ({ host: host.split(':')[0], port: Number(host.split(':')[1]) }));
const away = [{ host: '127.0.0.1', port: closed }];
const hostsOf = { cluster: 'clusterHosts', sentinel: 'sentinelHosts' }[topology];
const keys = Array.from({ length: 6 }, (_, index) => `key:${index}`);

const instance = (own) => {
  const made = createInstance();
  made.configure({ [hostsOf]: hosts, driver, logLevel: 'off', ...own });
  return made;
};

/** Calls without handlers: a close rejects them. */
function callMuch(client) {
  for (let index = 0; index < CALLS; index += 1) client.incr(`key:${index}`).catch(() => {});
}

const setAll = (client) => Promise.all(keys.map((key) => client.set(key, 1)));

const instances = {
  'an instance': async () => {
    const own = instance();
    await own.cacheAdapter.set('key', 'value');
    await own.shutdown();
  },
  'an instance whose client is used': async () => {
    const own = instance();
    await setAll(await own.getRedis());
    await own.shutdown();
  },
  'an instance that is closed with calls under way': async () => {
    const own = instance();
    const client = await own.getRedis();
    callMuch(client);
    await client.ping();
    callMuch(client);
    await own.shutdown({ timeoutMs: 0 });
  },
  'an instance that is closed while it connects': async () => {
    const own = instance();
    callMuch(own.redisManager.getClient());
    await new Promise(setImmediate);
    await own.shutdown({ timeoutMs: 0 });
  },
  'an instance that finds no server': async () => {
    const own = instance({ [hostsOf]: [`127.0.0.1:${closed}`], maxRetries: 0 });
    await own.redisManager
      .getClient()
      .ping()
      .catch(() => {});
    await own.shutdown({ timeoutMs: 0 });
  },
  'an instance that reads from replicas': async () => {
    const own = instance({ scaleReads: 'replica' });
    const client = await own.getRedis();
    await Promise.all(keys.map((key) => client.get(key)));
    await own.shutdown();
  },
  'duplicate and quit': async () => {
    const copy = client.duplicate();
    await setAll(copy);
    await copy.quit();
  },
  'subscribe and unsubscribe': async () => {
    await client.subscribe('channel');
    await client.unsubscribe('channel');
  },
  'a connection of its own': async () => {
    const copy = client.duplicate();
    await copy.watch('watched');
    await copy.multi().set('watched', 1).exec();
    await copy.quit();
  },
  'an instance with duplicates that subscribe and block': async () => {
    const own = instance();
    const copy = (await own.getRedis()).duplicate();
    await copy.subscribe('channel');
    copy
      .duplicate()
      .blpop('nothing', 0)
      .catch(() => {});
    await own.shutdown({ timeoutMs: 0 });
  },
};

const IOREDIS = {
  cluster: (options, nodes = addresses) => new Cluster(nodes, options),
  sentinel: (options, sentinels = addresses) => new Redis({ sentinels, name: 'mymaster', ...options }),
};

function open(...given) {
  const made = IOREDIS[topology](...given);
  made.on('error', () => {});
  return made;
}

/** `once` would reject with the errors on the way there. */
const endOf = (own) => new Promise((resolve) => own.once('end', resolve));

/** Ends it, and waits until it says so. */
async function end(own, how = 'quit') {
  const ended = endOf(own);
  await own[how]();
  await ended;
}

const likeIoredis = {
  'orgcache/ioredis: quit': async () => {
    const own = open();
    await setAll(own);
    await end(own);
  },
  'orgcache/ioredis: disconnect with calls under way': async () => {
    const own = open();
    callMuch(own);
    await own.ping();
    callMuch(own);
    await end(own, 'disconnect');
  },
  'orgcache/ioredis: disconnect while it connects': async () => {
    const own = open();
    callMuch(own);
    await new Promise(setImmediate);
    await end(own, 'disconnect');
  },
  'orgcache/ioredis: a subscriber': async () => {
    const own = open();
    await own.subscribe('channel');
    await end(own);
  },
  'orgcache/ioredis: a duplicate': async () => {
    const own = open();
    const copy = own.duplicate();
    copy.on('error', () => {});
    await Promise.all([setAll(own), copy.get('key:1')]);
    await Promise.all([end(own), end(copy, 'disconnect')]);
  },
  'orgcache/ioredis: replicas': async () => {
    const own = open({ scaleReads: 'slave', role: 'slave' });
    await own.get('key:1');
    await end(own);
  },
  'orgcache/ioredis: no server': async () => {
    const own = open(
      { clusterRetryStrategy: () => null, sentinelRetryStrategy: null, retryStrategy: null },
      away,
    );
    const ended = endOf(own);
    await own.get('key').catch(() => {});
    await ended;
  },
  'orgcache/ioredis: never connected': async () => {
    open({ lazyConnect: true }).disconnect();
  },
  ...{
    cluster: {
      'orgcache/ioredis: a subscriber of shards': async () => {
        const own = open({ shardedSubscribers: true });
        await own.ssubscribe('channel');
        await end(own);
      },
    },
    sentinel: {
      'orgcache/ioredis: a detector of failovers': async () => {
        const own = open({ failoverDetector: true });
        await Promise.all([once(own, 'failoverSubscribed'), own.set('key', 1)]);
        await end(own);
      },
    },
  }[topology],
};

const shared = instance();
let client;

async function main() {
  client = await shared.getRedis();
  await setAll(client);
  await measureWays({ ...instances, ...likeIoredis }, { cycles, end: () => shared.shutdown() });
}

main();
