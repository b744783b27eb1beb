// The soak's second part: clients of `orgcache/ioredis` that connect, work and end, over and over, beside a few that stay,
// while connections are killed under all of them. Nothing may be left of those that have ended.

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { drift, growth } from './drift.mjs';

const require = createRequire(import.meta.url);

const MINUTE_MS = 60_000;
const KIB = 1024;
const MIB = 1_048_576;
/** So many clients come and go at the same time. */
const AT_ONCE = 6;
const KILL_EVERY_MS = 250;
const SAMPLE_EVERY_MS = 5000;
/** A turn of a client, with all that it waits for, and the time for everything to be as at the beginning. */
const PATIENCE_MS = 20_000;
/** Of the samples, so large a part is of a process that is still getting warm. */
const WARM_UP = 1 / 4;
/**
 * What a client may leave: over ten thousand clients that is 5 MiB of resident memory. V8's heap does not count there,
 * which takes room for tens of MiB and gives it back as it likes.
 */
const MAX_BYTES_A_CLIENT = { native: 512, heap: 128, external: 128 };
/** Levels breathe by so much, however long the run is. */
const BREATH_BYTES = { native: 6 * MIB, heap: 2 * MIB, external: MIB };
/** Node and the runtime of the I/O thread start some when they need them. */
const MAX_MORE_THREADS = 3;
const EXAMPLES = 5;
/** What a killed connection may cost a command that was under way on it. */
const MAY_FAIL = /Connection is closed|Command aborted due to connection close|ECONNRESET|EPIPE|EXECABORT/;

/** An address: who looks a name up starts threads that come and go. */
const HOST = '127.0.0.1';

const endOf = (client) => new Promise((resolve) => client.once('end', resolve));

/** What a client does between its beginning and its end. `state` is `{ client, key, make, check }`. */
const WORK = {
  commands: async ({ client, key, check }) => {
    await client.set(key, key, 'EX', 60);
    check(await client.get(key), key);
    await client.hset(`${key}:hash`, { a: 1, b: 2 });
    check((await client.hgetall(`${key}:hash`)).b, '2');
    await client.unlink(key, `${key}:hash`);
  },
  'a burst': async ({ client, key, check }) => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, index) => client.echo(`${key}${index}`)),
    );
    check(answers[199], `${key}199`);
  },
  bytes: async ({ client, key, check }) => {
    const bytes = Buffer.alloc(64 * KIB, key);
    await client.set(key, bytes, 'EX', 60);
    check((await client.getBuffer(key)).equals(bytes), true);
    await client.unlink(key);
  },
  pipelines: async ({ client, key, check }) => {
    const results = await client.pipeline().set(key, 1, 'EX', 60).incr(key).get(key).unlink(key).exec();
    for (const [error] of results) if (error) throw error;
    check(results[2][1], '2');
  },
  transactions: async ({ client, key }) => {
    await client.watch(key);
    await client.multi().set(key, 1, 'EX', 60).incr(key).unlink(key).exec();
  },
  subscriptions: async ({ client, key, make }) => {
    const heard = new Promise((resolve) => client.once('message', resolve));
    await client.subscribe(key);
    await client.psubscribe(`${key}*`);
    const sender = make();
    // A message that is sent while the subscriber's connection is killed is lost.
    while ((await Promise.race([heard, delay(50, 'none')])) === 'none') await sender.publish(key, 'text');
    await end(sender, 'quit');
    await client.unsubscribe(key);
  },
  blocking: async ({ client, key, make }) => {
    const popped = client.blpop(key, 2);
    const giver = make();
    await giver.rpush(key, 'value');
    await popped;
    await end(giver, 'quit');
    await client.unlink(key);
  },
  scripts: async ({ client, key, check }) => {
    client.defineCommand('twice', { numberOfKeys: 1, lua: 'return {KEYS[1], ARGV[1], ARGV[1]}' });
    check((await client.twice(key, 'x'))[2], 'x');
  },
  scans: async ({ client }) => {
    for await (const _page of client.scanStream({ count: 50 }));
  },
  databases: async ({ client, key, check }) => {
    await client.select(1);
    await client.set(key, 1, 'EX', 60);
    check(await client.get(key), '1');
    await client.unlink(key);
  },
  refusals: async ({ client, key, check }) => {
    await client.set(key, 'text', 'EX', 60);
    const refused = await client.lpush(key, 1).catch((error) => error.message.split(' ')[0]);
    if (!MAY_FAIL.test(refused)) check(refused, 'WRONGTYPE');
    await client.unlink(key);
  },
  callbacks: ({ client, key }) =>
    new Promise((resolve, reject) => {
      client.get(key, (error) => (error ? reject(error) : resolve()));
    }),
  nothing: () => {},
};

const CLIENTS = {
  plain: ({ Redis, redis }) => new Redis(redis.port, HOST),
  'as duplicate': ({ resident }) => resident.duplicate(),
  'with automatic pipelines': ({ Redis, redis }) =>
    new Redis(redis.port, HOST, { enableAutoPipelining: true }),
  'over TLS': ({ Redis, secure }) =>
    new Redis({ host: HOST, port: secure.port, tls: { ca: secure.tls.ca, servername: 'localhost' } }),
  'with a prefix': ({ Redis, redis }) => new Redis({ host: HOST, port: redis.port, keyPrefix: 'prefix:' }),
};

/** Clients that never come to work. */
const FRUITLESS = {
  'never connected': async ({ Redis, redis }) =>
    new Redis({ host: HOST, port: redis.port, lazyConnect: true }).disconnect(),
  'ended while it connects': async ({ Redis, redis }) => {
    const client = silent(new Redis(redis.port, HOST));
    client.get('key').catch(() => {});
    await end(client, 'disconnect');
  },
  'no server': async ({ Redis, closed }) => {
    const client = silent(
      new Redis({ host: HOST, port: closed, retryStrategy: (times) => (times > 2 ? null : 5) }),
    );
    await endOf(client);
  },
  'ended with commands under way': async ({ Redis, redis }) => {
    const client = silent(new Redis(redis.port, HOST));
    await client.ping().catch(() => {});
    for (let count = 0; count < 100; count += 1) client.incr('counter').catch(() => {});
    client.blpop('never', 0).catch(() => {});
    await end(client, 'disconnect');
  },
};

/** Errors of killed connections are told by the commands. */
function silent(client) {
  return client.on('error', () => {});
}

async function end(client, how) {
  const ended = endOf(client);
  // A connection that was killed has quit.
  await Promise.resolve(client[how]()).catch(() => {});
  await ended;
}

async function within(work, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${PATIENCE_MS} ms`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The clients of one run, and what was seen of them. */
export class ClientSoak {
  #bench;
  #random;
  #residents = [];
  #isRunning = false;
  #coming = [];
  #killing;
  /** Where nobody but those that stay is there. */
  #before;
  figures = { clients: 0, turns: 0, kills: 0, failed: 0, problems: 0, examples: [] };
  levels = [];

  constructor(bench, random) {
    this.#bench = bench;
    this.#random = random;
  }

  async open() {
    const { Redis, redis } = this.#bench;
    const [caller, subscriber, blocked] = Array.from({ length: 3 }, () =>
      silent(new Redis(redis.port, HOST)),
    );
    this.#residents = [caller, subscriber, blocked];
    this.#bench.resident = caller;
    await subscriber.subscribe('news');
    this.#block(blocked);
    await this.#settled();
  }

  /** One client that blocks all the time. */
  async #block(client) {
    while (client.status !== 'end') await client.blpop('nothing', 1).catch(() => {});
  }

  start() {
    this.#isRunning = true;
    this.#coming = Array.from({ length: AT_ONCE }, () => this.#comeAndGo());
    this.#killing = this.#killAndKill();
  }

  async pause() {
    this.#isRunning = false;
    await Promise.all([...this.#coming, this.#killing]);
  }

  async close() {
    await Promise.all(this.#residents.map((client) => end(client, 'disconnect')));
  }

  async #comeAndGo() {
    while (this.#isRunning) {
      const isFruitless = this.#random.below(6) === 0;
      const name = this.#random.pick(Object.keys(isFruitless ? FRUITLESS : WORK));
      const turn = isFruitless ? FRUITLESS[name](this.#bench) : this.#work(name);
      if (isFruitless) this.figures.clients += 1;
      try {
        await within(turn, name);
      } catch (error) {
        this.#failed(name, error);
      }
      this.figures.turns += 1;
    }
  }

  #make(kind) {
    this.figures.clients += 1;
    return silent(CLIENTS[kind](this.#bench));
  }

  async #work(name) {
    const kind = this.#random.pick(Object.keys(CLIENTS));
    const client = this.#make(kind);
    const check = (given, wanted) => {
      if (given !== wanted) throw new Error(`answered ${String(given).slice(0, 40)} in place of ${wanted}`);
    };
    const key = `key:${this.figures.clients}`;
    try {
      await WORK[name]({ client, key, make: () => this.#make(kind), check });
    } finally {
      await end(client, this.#random.pick(['quit', 'disconnect']));
    }
  }

  #failed(name, error) {
    if (MAY_FAIL.test(error.message)) {
      this.figures.failed += 1;
      return;
    }
    this.figures.problems += 1;
    if (this.figures.examples.length < EXAMPLES) this.figures.examples.push(`${name}: ${error.message}`);
  }

  async #killAndKill() {
    const { redis, secure } = this.#bench;
    while (this.#isRunning) {
      await delay(this.#random.below(2 * KILL_EVERY_MS));
      const type = this.#random.pick(['normal', 'pubsub']);
      const server = this.#random.below(4) === 0 ? secure : redis;
      this.figures.kills += await server.command('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
    }
  }

  /** Waits until nothing is left but those that stay, ready; answers what there is. */
  async #settled() {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const isReady = this.#residents.every(({ status }) => status === 'ready');
      const now = isReady ? open() : undefined;
      if (now !== undefined && JSON.stringify(now) === JSON.stringify(this.#before)) return now;
      if (performance.now() > deadline || (isReady && this.#before === undefined)) return now;
      await delay(20);
    }
  }

  /** What is held while nobody comes. */
  async sample() {
    const counts = await this.#settled();
    for (let round = 0; round < 2; round += 1) {
      globalThis.gc?.();
      await new Promise(setImmediate);
    }
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage();
    const threads = readdirSync('/proc/self/task').length;
    const level = {
      clients: this.figures.clients,
      native: rss - heapTotal,
      heap: heapUsed,
      external,
      threads,
      counts,
    };
    this.levels.push(level);
    if (this.levels.length === 1) this.#before = counts;
    return level;
  }
}

/** What this process has open: native things, libuv's handles, threads and descriptors. */
function open() {
  const { census } = require('../__test__/support/cycles.js');
  const { libuv } = process.report.getReport();
  const count = (type) => libuv.filter((handle) => handle.type === type).length;
  return {
    ...census(),
    async: count('async'),
    poll: count('poll'),
    tcp: count('tcp'),
    descriptors: readdirSync('/proc/self/fd').length,
  };
}

/** What must not be, as sentences. */
export function problemsOfClients({ figures, levels }) {
  const problems = [];
  if (figures.problems > 0) {
    problems.push(`${figures.problems} turns went wrong: ${JSON.stringify(figures.examples)}`);
  }
  const [{ counts: before }] = levels;
  const left = levels.filter(({ counts }) => JSON.stringify(counts) !== JSON.stringify(before));
  if (left.length > 0) {
    problems.push(
      `clients have left something: ${JSON.stringify(left[0].counts)} after ${JSON.stringify(before)}`,
    );
  }
  const warm = levels.slice(Math.floor(levels.length * WARM_UP));
  const threads = growth(warm, (level) => level.threads);
  if (threads > MAX_MORE_THREADS) problems.push(`${threads} more threads run`);
  const clients = warm.at(-1).clients - warm[0].clients;
  for (const [name, bytes] of Object.entries(MAX_BYTES_A_CLIENT)) {
    const grown = drift(warm.map((level) => [level.clients, level[name]])) * clients;
    const allowed = BREATH_BYTES[name] + bytes * clients;
    if (grown > allowed) {
      problems.push(
        `${name} memory grew by ${Math.round(grown / KIB)} KiB over ${clients} clients, allowed is ${Math.round(allowed / KIB)}`,
      );
    }
  }
  return problems;
}

function line({ figures, levels }) {
  const level = levels.at(-1);
  const warm = levels.slice(Math.floor(levels.length * WARM_UP));
  const mib = (name) => `${name} ${(level[name] / MIB).toFixed(1)} MiB`;
  const slope = (name) => drift(warm.map((each) => [each.clients, each[name]])).toFixed(0);
  const { clients, cores, wakers, handles, hooks, descriptors } = level.counts ?? {};
  return (
    `${figures.clients} clients, ${figures.turns} turns, ${figures.kills} connections killed, ${figures.failed} turns failed by that, ` +
    `${figures.problems} otherwise; ${['native', 'heap', 'external'].map(mib).join(', ')}, ` +
    `bytes a client ${slope('native')}, ${slope('heap')}, ${slope('external')}; open: ${clients} clients, ${cores} cores, ` +
    `${wakers} wakers, ${handles} handles, ${hooks} hooks, ${level.threads} threads, ${descriptors} descriptors`
  );
}

async function prepare({ driver }) {
  const { startRedis } = require('../__test__/support/redis.js');
  const { closedPort } = require('../__test__/support/silent-server.js');
  process.env.CACHE_DRIVER = driver;
  const { Redis } = require('../js/entry/ioredis.js');
  const [redis, secure] = await Promise.all([startRedis(), startRedis({ tls: true })]);
  return { Redis, redis, secure, closed: await closedPort() };
}

/** Answers the line of figures of a run, and its problems. */
export async function soakClients({ minutes, seed, driver }) {
  const { randomOf } = require('../__test__/faults/support/random.js');
  const soak = new ClientSoak(await prepare({ driver }), randomOf(seed));
  await soak.open();
  await soak.sample();
  const endsAt = performance.now() + minutes * MINUTE_MS;
  let tellAt = performance.now() + MINUTE_MS;
  while (performance.now() < endsAt) {
    soak.start();
    await delay(Math.min(SAMPLE_EVERY_MS, endsAt - performance.now()));
    await soak.pause();
    await soak.sample();
    if (performance.now() >= tellAt) {
      tellAt += MINUTE_MS;
      console.log(line(soak));
    }
  }
  await soak.close();
  return { figures: line(soak), problems: problemsOfClients(soak) };
}
