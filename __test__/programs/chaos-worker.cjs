'use strict';

// A worker of a chaos run. Its argument is `{ options, queue, workerOptions, ledger, file, blockMs, slowMs }`: handlers tell the
// ledger at that port when they begin and end. Each event of the worker goes to `file`, a line `[time, event, id, fence]` each.
// It ends with SIGTERM, all its handlers done.
const fs = require('node:fs');
const net = require('node:net');
const { setTimeout: delay } = require('node:timers/promises');
const { createInstance } = require('../../js/instance.js');

const EVENTS = ['completed', 'retrying', 'dead', 'released', 'lost', 'stalled'];
const QUICK_MS = 20;
const CLOSE_MS = 15_000;

const { options, queue, workerOptions, ledger, file, blockMs, slowMs } = JSON.parse(process.argv[2]);
const log = fs.openSync(file, 'a');
const note = (...words) => fs.writeSync(log, `${JSON.stringify([Date.now(), ...words])}\n`);

const socket = net.connect({ port: ledger, host: '127.0.0.1', noDelay: true });
const waiting = new Map();
let serial = 0;
let rest = '';
socket.setEncoding('utf8').on('data', (chunk) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop();
  for (const [of, isAccepted] of lines.map((line) => JSON.parse(line))) {
    waiting.get(of)(isAccepted === 1);
    waiting.delete(of);
  }
});

/** True where the ledger accepts it. */
function enter(what, { id, fence, data }, outcome) {
  serial += 1;
  socket.write(`${JSON.stringify([serial, what, id, fence, process.pid, data.n, outcome])}\n`);
  return new Promise((resolve) => waiting.set(serial, resolve));
}

const effects = {
  quick: () => delay(Math.random() * QUICK_MS),
  slow: () => delay(Math.random() * slowMs),
  fail({ attempt }) {
    if (attempt === 1) throw new Error('the first attempt fails');
  },
  doomed() {
    throw new Error('every attempt fails');
  },
  hang: ({ attempt }) => (attempt === 1 ? new Promise(() => {}) : undefined),
  block({ attempt }) {
    const until = performance.now() + (attempt === 1 ? blockMs : 0);
    while (performance.now() < until);
  },
};

async function handle(job) {
  if (!(await enter('begin', job))) throw new Error('the ledger has seen a larger token');
  try {
    await effects[job.type](job);
  } catch (error) {
    await enter('end', job, 'failed');
    throw error;
  }
  if (!(await enter('end', job, 'done'))) throw new Error('the ledger has seen a larger token');
  return { fence: job.fence };
}

const orgcache = createInstance();
orgcache.configure({ logLevel: 'off', ...options });
const worker = orgcache.createWorker(queue, handle, workerOptions);
for (const event of EVENTS) worker.on(event, ({ id, fence, isDead }) => note(event, id, fence ?? 0, isDead));
process.on('SIGTERM', async () => {
  await worker.close({ timeoutMs: CLOSE_MS });
  await orgcache.shutdown({ timeoutMs: 1000 });
  note('closed');
  process.exit(0);
});
