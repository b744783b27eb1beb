'use strict';

// One process of several that share a limit: some callers consume until `endsAt`, in bursts that all processes make at
// the same time. Its argument is `{ policy, ids, callers, burstMs, everyMs, endsAt, seed, workMs }`; it reports the admitted
// calls of each identifier as times in whole ms of the system's clock, which is the server's clock too: one before the call,
// one after its decision, and with `workMs` one before the release of its lease, which comes after so long at most.
const { setTimeout: delay } = require('node:timers/promises');
const { createLimiter, shutdown } = require('../..');
const { randomOf } = require('../faults/support/random');

/** A pause between two calls of a caller: refusals from memory would keep the event loop busy. */
const PAUSE_MS = 3;

const { policy, ids, callers, burstMs, everyMs, endsAt, seed, workMs } = JSON.parse(process.argv[2]);
const limiter = createLimiter({
  secret: 'a secret that both processes share',
  // A slow decision must not be made without Redis here.
  decisionMs: 5000,
  policies: { shared: policy },
});
const random = randomOf(seed);
const figures = { decisions: 0, local: 0, admitted: Object.fromEntries(ids.map((id) => [id, []])) };

async function call(id) {
  const before = Date.now();
  const check = { policy: 'shared', kind: 'user', id };
  const decision = await (workMs === undefined ? limiter.consume(check) : limiter.acquire(check));
  figures.decisions += 1;
  if (!decision.allowed) return;
  if (decision.source !== 'redis') figures.local += 1;
  const times = [before, Date.now() + 1];
  figures.admitted[id].push(times);
  if (workMs === undefined) return;
  await delay(random.below(workMs));
  times.push(Date.now());
  await decision.lease.release();
}

async function caller() {
  while (Date.now() < endsAt) {
    const intoBurst = Date.now() % everyMs;
    if (intoBurst < burstMs) await call(random.pick(ids));
    await delay(intoBurst < burstMs ? random.below(PAUSE_MS) : everyMs - intoBurst);
  }
}

async function main() {
  await Promise.all(Array.from({ length: callers }, caller));
  await shutdown();
  process.stdout.write(`@report ${JSON.stringify(figures)}\n`);
}

main();
