'use strict';

// An application that throws where the package calls it. Arguments: `url` or the `hosts` of a cluster, `scenario`, and
// `mode`: `dies` has no handler, `goesOn` handles what is uncaught and reports what was heard, `worker` throws in a worker
// and reports its end.
const http = require('node:http');
const { Readable } = require('node:stream');
const { setTimeout: delay } = require('node:timers/promises');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const given = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const MESSAGE = 'thrown by the application';
const server = given.hosts === undefined ? { url: given.url } : { clusterHosts: given.hosts };
const report = (value) => process.stdout.write(`@report ${JSON.stringify(value)}\n`);

function fail() {
  throw new Error(MESSAGE);
}

/** Other work beside the throwing function. None of it may be lost. */
const heard = [];
const hear = (name) => heard.push(name);

async function subscriber({ client }) {
  const other = client.duplicate();
  await other.subscribe('c');
  return other;
}

/** So many at once that their outcomes come in pages. */
const MANY = 3000;

/** Each takes `{ orgcache, client }`, and resolves when it can only be the exception that is missing. */
const SCENARIOS = {
  callback: async ({ client }) => {
    client.get('a', fail);
    client.get('a', () => hear('next callback'));
    client.get('a').then(() => hear('promise'));
  },
  'pipeline callback': async ({ client }) => {
    const pipeline = client.pipeline().get('a', fail);
    await pipeline.get('a', () => hear('next callback')).exec();
    hear('promise');
  },
  'exec callback': async ({ client }) => {
    client.pipeline().get('a').exec(fail);
  },
  'multi callback': async ({ client }) => {
    await client
      .multi()
      .get('a', fail)
      .get('a', () => hear('next callback'))
      .exec();
    hear('promise');
  },
  'script callback': async ({ client }) => {
    client.defineCommand('one', { lua: 'return 1', numberOfKeys: 0 });
    client.one(fail);
  },
  nextTick: async ({ client }) => {
    await client.get('a');
    process.nextTick(fail);
    process.nextTick(hear, 'next tick');
    await client.get('a');
    hear('promise');
  },
  'nextTick after a cached value': async ({ orgcache }) => {
    await orgcache.cacheAdapter.get('a');
    process.nextTick(fail);
  },
  microtask: async ({ client }) => {
    await client.get('a');
    queueMicrotask(fail);
  },
  text: async ({ client }) => {
    await client.get('a');
    process.nextTick(() => {
      throw MESSAGE;
    });
  },
  rejection: async ({ client }) => {
    client.get('a').then(fail);
  },
  'busy port': async ({ client }) => {
    const busy = http.createServer();
    await new Promise((resolve) => busy.listen(0, '127.0.0.1', resolve));
    busy.unref();
    await client.get('a');
    http.createServer().listen(busy.address().port, '127.0.0.1');
  },
  stream: async ({ client }) => {
    await client.get('a');
    new Readable({ read() {} }).destroy(new Error(MESSAGE));
  },
  message: async (app) => {
    const other = await subscriber(app);
    let count = 0;
    other.on('message', () => (++count === 1 ? fail() : hear('next message')));
    other.on('messageBuffer', () => hear('messageBuffer'));
    const messages = other.messages('c');
    await messages.ready();
    await app.client.pipeline().publish('c', 1).publish('c', 2).exec();
    await messages.next();
    hear('iterator');
    await messages.next();
    hear('iterator');
  },
  messageBuffer: async (app) => {
    const other = await subscriber(app);
    other.once('messageBuffer', fail);
    await app.client.publish('c', 1);
  },
  'tick of a message': async (app) => {
    const other = await subscriber(app);
    other.on('message', () => process.nextTick(fail));
    other.on('message', () => hear('next listener'));
    await app.client.publish('c', 1);
  },
  slow: async (app) => {
    const other = app.client.duplicate();
    const [first, second] = [other.messages('c', { maxBytes: 100 }), other.messages('c')];
    await Promise.all([first.ready(), second.ready()]);
    other.on('slow', fail);
    other.on('message', () => hear('message'));
    await app.client.publish('c', 'x'.repeat(200));
    await second.next();
    hear('iterator');
  },
  gap: async (app) => {
    const other = await subscriber(app);
    other.once('gap', fail);
    const gap = () => new Promise((resolve) => other.once('gap', resolve));
    for (let round = 0; round < 2; round += 1) {
      const told = round === 0 ? new Promise((resolve) => other.prependOnceListener('gap', resolve)) : gap();
      await app.client.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
      await told;
      hear('gap');
    }
  },
  'event of a client': async (app) => {
    const other = app.client.duplicate({ lazyConnect: true });
    other.on('connect', fail);
    const ready = new Promise((resolve) => other.on('ready', resolve));
    await other.connect();
    await ready;
    hear('ready');
  },
  'event of the cache': async ({ orgcache }) => {
    const { createInstance } = require('../../js/instance.js');
    const other = createInstance();
    other.configure(server);
    other.cacheAdapter.on('ready', fail);
    const ready = new Promise((resolve) => other.redisManager.getClient().on('ready', resolve));
    await other.cacheAdapter.get('a');
    await ready;
    hear('ready of the client');
    await orgcache.cacheAdapter.get('a');
  },
  'many callbacks': async ({ client }) => {
    const calls = Array.from({ length: MANY }, () => client.get('a', fail));
    const others = Array.from({ length: MANY }, () => client.get('a'));
    await Promise.all([...calls, ...others]);
    hear(`${MANY} promises`);
  },
};

async function run() {
  const orgcache = require('../..');
  orgcache.configure({ ...server, driver: given.driver, clientKeyPrefix: '' });
  const client = await orgcache.getRedis();
  await client.set('a', '1');
  await SCENARIOS[given.scenario]({ orgcache, client });
  return orgcache;
}

async function goOn() {
  const uncaught = [];
  process.on('uncaughtException', (error, origin) => uncaught.push([error?.message ?? error, origin]));
  const orgcache = await run();
  const expected = given.scenario === 'many callbacks' ? MANY : 1;
  const deadline = performance.now() + 10_000;
  while (uncaught.length < expected && performance.now() < deadline) await delay(5);
  const still = await orgcache.cacheAdapter.set('still', 1);
  report({ uncaught: uncaught.length, first: uncaught[0], heard: heard.sort(), still });
  process.exit(0);
}

async function inWorker() {
  const worker = new Worker(__filename, { workerData: { ...given, mode: 'dies' } });
  // Both may be told in one turn.
  const [error, code] = await Promise.all(
    ['error', 'exit'].map((event) => new Promise((resolve) => worker.once(event, resolve))),
  );
  report({ error: error?.message ?? error, code });
  process.exit(0);
}

async function die() {
  await run();
  // Long enough that only the exception can end it.
  await delay(10_000);
  report('survived');
  process.exit(0);
}

({ dies: die, goesOn: goOn, worker: inWorker })[given.mode]();
