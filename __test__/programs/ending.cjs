'use strict';

// Brings the cache into a state, keeps calls under way, and ends. Arguments: `state`, `driver`, `port`, `ending`:
// `return` (nothing is left to do), `exit` (process.exit), `throw`, `shutdown`, and `terminate`, `workerExit`,
// `workerReturn` for a worker thread that does all this. Reports `journalled` when Redis may come, for `recovering`.
const { isMainThread, parentPort, Worker, workerData } = require('node:worker_threads');
const { once } = require('node:events');
const { setTimeout: delay } = require('node:timers/promises');
const { configure, cacheAdapter, redisManager, shutdown } = require('../..');

const args = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const IN_WORKER = { terminate: 'stay', workerExit: 'exit', workerReturn: 'return' };
const CALLS = 500;

function report(value) {
  if (isMainThread) process.stdout.write(`@report ${JSON.stringify(value)}\n`);
  else parentPort.postMessage(value);
}

/** At this moment: `getStats()` would wait for the first attempt to connect. */
function state() {
  return redisManager.getMetrics().state;
}

async function reach(wanted) {
  if (wanted === 'connecting') {
    cacheAdapter.get('k');
  } else if (wanted === 'closed') {
    await cacheAdapter.set('k', 'v');
    await shutdown({ timeoutMs: 1000 });
  } else {
    await cacheAdapter.set('k', 'v');
    if (wanted === 'recovering') report('journalled');
  }
  for (let now = state(); now !== wanted; now = state()) {
    // The deadline is the test's: it ends a program that never gets there.
    await delay(5);
    if (wanted === 'recovering') await cacheAdapter.set('k', now);
  }
}

function callMuch() {
  for (let index = 0; index < CALLS; index += 1) {
    const calls = [
      cacheAdapter.setConversationContext('org-1', String(index), [{ index }]),
      cacheAdapter.getConversationContext('org-1', String(index)),
      cacheAdapter.clearOrganizationCache('org-2'),
    ];
    // Closed, they reject.
    for (const call of calls) call.catch(() => {});
  }
}

async function end(ending) {
  callMuch();
  // The calls have left JavaScript by then.
  await new Promise(setImmediate);
  report(state());
  if (ending === 'exit') process.exit(7);
  if (ending === 'throw') throw new Error('thrown on purpose');
  if (ending === 'shutdown') await shutdown({ timeoutMs: 500 });
  if (ending === 'stay') setInterval(callMuch, 1);
}

async function watchWorker() {
  const worker = new Worker(__filename, { workerData: { ...args, ending: IN_WORKER[args.ending] } });
  const exited = once(worker, 'exit');
  worker.on('message', async (message) => {
    report(message);
    if (args.ending === 'terminate' && message === args.state) worker.terminate();
  });
  const [code] = await exited;
  // The rest of the process still works: it has a cache of its own.
  configure({ useRedis: false });
  await cacheAdapter.set('k', 'main');
  report({ code, main: await cacheAdapter.get('k') });
}

async function main() {
  if (isMainThread && IN_WORKER[args.ending]) return watchWorker();
  const { port, driver } = args;
  configure({ port, host: '127.0.0.1', driver, commandTimeout: 500, retryDelay: 20, logLevel: 'off' });
  await reach(args.state);
  await end(args.ending);
}

main();
