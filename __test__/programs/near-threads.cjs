'use strict';

// A worker thread writes a key, and tells the main thread when each write is acknowledged. The main thread, which reads
// the key all the time so that it has a copy, then reads once more at once. Reports how often that answered an older value.
// Argument: JSON with `rounds`, and with `share` where the key is an entry of `createCache`.
const { once } = require('node:events');
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
const { cacheAdapter, createCache, shutdown } = require('../..');

/** What has the key. */
function keeper(share) {
  if (share === undefined) return cacheAdapter;
  return createCache({ name: 'threads', ttlSeconds: 600, jitter: 0, near: { share } }).org('org-1');
}

async function work() {
  const { state, share } = workerData;
  const keeping = keeper(share);
  for await (const [round] of messages()) {
    await keeping.set('key', round);
    // The main thread sees this before any message comes.
    Atomics.store(state, 0, round);
    Atomics.notify(state, 0);
  }
  await shutdown();
}

async function* messages() {
  for (;;) {
    const [round] = await once(parentPort, 'message');
    if (round === 0) return;
    yield [round];
  }
}

async function main() {
  const { rounds, share } = JSON.parse(process.argv[2]);
  const keeping = keeper(share);
  const state = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { workerData: { state, share } });
  const exit = once(worker, 'exit');
  await keeping.set('key', 0);
  let older = 0;
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < 4; i++) await keeping.get('key');
    worker.postMessage(round);
    for (;;) {
      const acknowledged = Atomics.load(state, 0);
      const value = await keeping.get('key');
      if (value < acknowledged) older++;
      if (acknowledged === round) break;
    }
  }
  worker.postMessage(0);
  await exit;
  const { hits } = (await cacheAdapter.getStats()).near;
  process.stdout.write(`@report ${JSON.stringify({ rounds, older, hits })}\n`);
  await shutdown();
}

if (isMainThread) main();
else work();
