'use strict';

// Opens and closes clients over and over, in every way there is, and prints a line of JSON for each way: how many native
// things, handles and threads it has left, and how resident memory went. To be run with --expose-gc.
// Argument: JSON with `cycles`, `ways`, `options` of the instance and `unreachable`, a URL where nobody listens.
const fs = require('node:fs');
const orgcache = require('../..');
const { loadNative } = require('../../js/native.js');
const { until } = require('../support/wait');

const { cycles, ways, options, unreachable } = JSON.parse(process.argv[2]);
const SAMPLES = 10;
const PATIENCE_MS = 60_000;
const { createInstance } = orgcache;

const census = () => JSON.parse(loadNative().census());
const instance = (own) => {
  const made = createInstance();
  made.configure({ ...options, ...own });
  return made;
};

const shared = instance({});
let client;

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

/** Threadsafe functions and sockets that libuv still knows. */
function handles() {
  const { libuv } = process.report.getReport();
  const count = (type) => libuv.filter((handle) => handle.type === type).length;
  return { async: count('async'), poll: count('poll') };
}

function threads() {
  return fs.existsSync('/proc/self/task') ? fs.readdirSync('/proc/self/task').length : 0;
}

const open = () => ({ ...census(), ...handles(), threads: threads() });

async function sample() {
  global.gc();
  await new Promise((resolve) => setImmediate(resolve));
  global.gc();
  return process.memoryUsage.rss() / 1024;
}

/** What was closed last goes in the next turns of the loop. */
async function settled(before) {
  const isGone = () => JSON.stringify(open()) === JSON.stringify(before);
  await until(isGone, { timeoutMs: PATIENCE_MS, everyMs: 100 }).catch(() => {});
  return open();
}

async function measure(way, before) {
  const cycle = WAYS[way];
  const samples = [];
  for (let part = 0; part < SAMPLES; part += 1) {
    for (let done = 0; done < cycles / SAMPLES; done += 1) await cycle();
    samples.push(Math.round(await sample()));
  }
  return { way, after: await settled(before), samples };
}

async function main() {
  client = await shared.getRedis();
  await client.ping();
  const before = open();
  console.log(JSON.stringify({ way: 'one client', after: before }));
  for (const way of ways ?? Object.keys(WAYS)) console.log(JSON.stringify(await measure(way, before)));
  await shared.shutdown();
  await until(() => Object.values(census()).every((count) => count === 0), { timeoutMs: PATIENCE_MS });
  console.log(JSON.stringify({ way: 'nothing', after: census() }));
}

main();
