'use strict';

// Ends at once with thousands of calls under way on several connections, and reports how that went. Arguments: `options`
// of an instance, `addresses` of Redis for clients of `orgcache/ioredis` (more than one: of a cluster), `calls` a client,
// `settledFirst`: so many calls settle before the end, each of which is followed by another one; `stop`: processes that are
// stopped before the calls; `hold`: a file that holds the I/O thread up; `isWorker`: a worker has the calls and is terminated.
const fs = require('node:fs');
const { once } = require('node:events');
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');

const args = isMainThread ? JSON.parse(process.argv[2]) : workerData;
process.env.CACHE_DRIVER = args.options.driver;

const orgcache = require('../..');
const { Cluster, Redis } = require('../../js/entry/ioredis.js');
const { census } = require('../support/cycles');
const { until } = require('../support/wait');

const COPIES = 3;
const PATIENCE_MS = 10_000;
const { calls, addresses, settledFirst = 0, stop = [], hold } = args;

const report = (value) => process.stdout.write(`@report ${JSON.stringify(value)}\n`);
const figures = { made: 0, settled: 0, resolved: 0, calledBack: 0, rejected: {} };
let isEnding = false;

function count(error) {
  figures.settled += 1;
  if (!error) figures.resolved += 1;
  else {
    const kind = error.code ?? error.message;
    figures.rejected[kind] = (figures.rejected[kind] ?? 0) + 1;
  }
}

/** Counts double settlements: a promise hides them, a callback does not. */
const KINDS = [
  (client, key) => client.get(key),
  (client, key) => client.incr(key),
  (client, key) =>
    new Promise((resolve, reject) => {
      client.get(key, (error, value) => {
        figures.calledBack += 1;
        if (error) reject(error);
        else resolve(value);
      });
    }),
  (client, key) => client.mget(key, `${key}:other`),
  (client, key) => client.pipeline().get(key).incr(key).exec(),
  (client, key) => client.multi().incr(key).get(key).exec(),
];

/** Calls that have not settled, by the name of the class and the number of the kind. */
const unsettled = new Map();
const note = (name, change) => unsettled.set(name, (unsettled.get(name) ?? 0) + change);

function issue(client, number) {
  figures.made += 1;
  const name = `${client.constructor.name} ${number % KINDS.length}`;
  note(name, 1);
  const call = KINDS[number % KINDS.length](client, `{${number % 12}}:${number % KINDS.length}`);
  const next = () => settledFirst > 0 && !isEnding && issue(client, number);
  call
    .then(() => count(), count)
    .then(() => note(name, -1))
    .then(next);
}

async function open() {
  orgcache.configure({ logLevel: 'off', commandTimeout: 60_000, ...args.options });
  const first = await orgcache.getRedis();
  const copies = Array.from({ length: COPIES }, () => first.duplicate());
  const foreign = addresses.length > 1 ? new Cluster(addresses) : new Redis(addresses[0]);
  foreign.on('error', () => {});
  const clients = [first, ...copies, foreign];
  await Promise.all(clients.map((client) => client.ping()));
  return { clients, foreign };
}

/** From here on the I/O thread does nothing. */
async function holdUp(client) {
  fs.writeFileSync(hold, '');
  // Either wakes it.
  client
    .duplicate()
    .ping()
    .catch(() => {});
  client.ping().catch(() => {});
  await until(() => fs.existsSync(`${hold}.held`), { what: 'the thread to be held up' });
}

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

/** The longest time for which JavaScript did not come to its next turn until `work` was done, and that of the processor. */
async function longestTurn(work) {
  const longest = { blockedMs: 0, busyMs: 0 };
  let isOver = false;
  let [last, lastCpu] = [performance.now(), cpuMs()];
  const turn = () => {
    const [now, cpu] = [performance.now(), cpuMs()];
    longest.blockedMs = Math.max(longest.blockedMs, now - last);
    longest.busyMs = Math.max(longest.busyMs, cpu - lastCpu);
    [last, lastCpu] = [now, cpu];
  };
  work().finally(() => {
    isOver = true;
  });
  while (!isOver) {
    await new Promise(setImmediate);
    turn();
  }
  return longest;
}

async function begin() {
  const opened = await open();
  for (const pid of stop) process.kill(pid, 'SIGSTOP');
  if (hold) await holdUp(opened.clients[0]);
  for (let number = 0; number < calls; number += 1)
    for (const client of opened.clients) issue(client, number);
  // The calls have left JavaScript by then.
  await new Promise(setImmediate);
  await until(() => figures.settled >= settledFirst, {
    timeoutMs: PATIENCE_MS,
    everyMs: 1,
    what: 'the calls',
  });
  return opened;
}

/** Waits until the I/O thread, for which no close waits, has let go too. One that is held up still has its part. */
async function nativeEnd() {
  const isGone = () => Object.values(census()).every((count) => count === 0);
  if (!hold) await until(isGone, { timeoutMs: PATIENCE_MS }).catch(() => {});
}

async function end({ clients, foreign }) {
  const before = figures.settled;
  const longest = await longestTurn(async () => {
    isEnding = true;
    const closing = orgcache.shutdown({ timeoutMs: 0 });
    foreign.disconnect();
    // Those that come too late settle as well.
    for (const client of clients) issue(client, 0);
    await closing;
  });
  await until(() => figures.settled === figures.made, { timeoutMs: PATIENCE_MS }).catch(() => {});
  await nativeEnd();
  const lost = Object.fromEntries([...unsettled].filter(([, calls]) => calls > 0));
  report({ ...figures, lost, underWay: figures.made - before, ...longest, left: census() });
}

async function inWorker() {
  const worker = new Worker(__filename, { workerData: args });
  const failed = once(worker, 'error').then(([error]) => {
    throw error;
  });
  failed.catch(() => {});
  await Promise.race([once(worker, 'message'), failed]);
  const began = performance.now();
  const code = await worker.terminate();
  const terminatedMs = performance.now() - began;
  await nativeEnd();
  report({ code, terminatedMs, left: census() });
}

async function main() {
  if (isMainThread && args.isWorker) return inWorker();
  const opened = await begin();
  if (isMainThread) return end(opened);
  parentPort.postMessage('under way');
  setInterval(() => {}, 1000);
}

main();
