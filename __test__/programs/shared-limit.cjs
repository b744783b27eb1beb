'use strict';

// One process of several that share a limit: some callers consume until `endsAt`, in bursts that all processes make at
// the same time. Its argument is `{ policy, ids, callers, burstMs, everyMs, endsAt, seed }`; it reports the admitted calls
// of each identifier as pairs: a time before the call and one after its decision, in whole ms of the system's clock, which
// is the server's clock too.
const { setTimeout: delay } = require('node:timers/promises');
const { createLimiter, shutdown } = require('../..');
const { randomOf } = require('../faults/support/random');

/** A pause between two calls of a caller: refusals from memory would keep the event loop busy. */
const PAUSE_MS = 3;

const { policy, ids, callers, burstMs, everyMs, endsAt, seed } = JSON.parse(process.argv[2]);
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
  const { allowed, source } = await limiter.consume({ policy: 'shared', kind: 'user', id });
  figures.decisions += 1;
  if (!allowed) return;
  if (source !== 'redis') figures.local += 1;
  figures.admitted[id].push([before, Date.now() + 1]);
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
