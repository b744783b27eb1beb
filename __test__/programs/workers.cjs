'use strict';

// Starts workers that alone load the package, or together with the main thread; reports what they
// answered. Arguments: `scenario` check|terminate, `workers`, `rounds`, `calls`, `inMain`, `esm`.
const path = require('node:path');
const { once } = require('node:events');
const { Worker } = require('node:worker_threads');

const {
  scenario,
  workers,
  rounds = 1,
  calls = 200,
  inMain = false,
  esm = false,
} = JSON.parse(process.argv[2]);

function start(name, mode) {
  const file = path.join(__dirname, esm ? 'worker.mjs' : 'worker.cjs');
  const worker = new Worker(file, { workerData: { name, mode, calls } });
  worker.failed = once(worker, 'error').then(([error]) => error);
  return worker;
}

async function check() {
  const all = Array.from({ length: workers }, (_, index) => start(`org-${index}`, 'check'));
  return Promise.all(
    all.map(async (worker) => {
      const exit = once(worker, 'exit');
      const failure = worker.failed.then((error) => {
        throw error;
      });
      const [answer] = await Promise.race([once(worker, 'message'), failure]);
      // A worker that does not end by itself hangs here, and the deadline of the test ends it.
      const [code] = await exit;
      return { ...answer, code };
    }),
  );
}

async function terminate() {
  let terminated = 0;
  for (let round = 0; round < rounds; round += 1) {
    const all = Array.from({ length: workers }, (_, index) => start(`org-${index}`, 'load'));
    await Promise.all(all.map((worker) => once(worker, 'message')));
    await Promise.all(all.map((worker) => worker.terminate()));
    terminated += all.length;
  }
  return { terminated };
}

async function main() {
  const adapter = inMain ? require('../..').cacheAdapter : null;
  if (adapter) await adapter.set('main', 'before');
  const answer = await (scenario === 'check' ? check() : terminate());
  const main = adapter ? await adapter.get('main') : null;
  console.log(`@report ${JSON.stringify({ answer, main, rssMiB: process.memoryUsage().rss / 2 ** 20 })}`);
}

main();
