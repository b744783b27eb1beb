'use strict';

// A producer of a chaos run. Its argument is `{ options, queue, queueOptions, file, seed, most }`: it adds jobs until SIGTERM, and
// writes the id and the number of each that was acknowledged to `file`, synced to the disk. It then reports `{ acknowledged,
// journalled, refused }`, `refused` by the code of the rejection.
const fs = require('node:fs');
const { setTimeout: delay } = require('node:timers/promises');
const { createInstance } = require('../../js/instance.js');
const { randomOf } = require('../faults/support/random');

/** Fewer jobs than workers can do while some of them are dead or stand still. */
const CALLERS = 2;
const LONGEST_PAUSE_MS = 150;
const SYNC_EVERY_MS = 20;
const ORGANIZATIONS = 5;
/** How often each kind comes among a thousand jobs; all others are quick. */
const KINDS = { slow: 80, fail: 60, doomed: 10, hang: 10, block: 1 };
const CLOSE_MS = 10_000;

const { options, queue: name, queueOptions, file, seed, most } = JSON.parse(process.argv[2]);
const orgcache = createInstance();
orgcache.configure({ logLevel: 'off', ...options });
const queue = orgcache.createQueue(name, queueOptions);
const random = randomOf(seed);
const log = fs.openSync(file, 'a');
const figures = { acknowledged: 0, journalled: 0, refused: {} };
let unsynced = [];
let made = 0;
let isOver = false;

function kind() {
  let place = random.below(1000);
  for (const [one, often] of Object.entries(KINDS)) {
    if (place < often) return one;
    place -= often;
  }
  return 'quick';
}

function someJob() {
  made += 1;
  const type = kind();
  return {
    type,
    data: { n: `${seed}-${made}`, fill: 'x'.repeat(random.below(300)) },
    orgId: random.chance(0.5) ? `o-${random.below(ORGANIZATIONS)}` : null,
    priority: random.chance(0.1) ? random.below(5) - 2 : 0,
    delayMs: random.chance(0.1) ? random.below(1000) : 0,
    ...(type === 'doomed' ? { attempts: 2 } : {}),
  };
}

async function add() {
  const jobs = Array.from({ length: random.chance(0.7) ? 1 : 1 + random.below(10) }, someJob);
  const [{ type, data, ...others }] = jobs;
  try {
    const added = jobs.length > 1 ? await queue.addMany(jobs) : [await queue.add(type, data, others)];
    for (const [at, { id, journalled }] of added.entries()) {
      unsynced.push(`${id} ${jobs[at].data.n}\n`);
      if (journalled) figures.journalled += 1;
    }
    figures.acknowledged += added.length;
  } catch ({ code, redisCode }) {
    const reason = redisCode ? `${code} ${redisCode}` : code;
    figures.refused[reason] = (figures.refused[reason] ?? 0) + jobs.length;
  }
}

async function caller() {
  while (!isOver && made < most) {
    await add();
    await delay(random.below(LONGEST_PAUSE_MS));
  }
}

function sync() {
  if (unsynced.length === 0) return;
  fs.writeSync(log, unsynced.join(''));
  fs.fdatasyncSync(log);
  unsynced = [];
}

process.on('SIGTERM', () => {
  isOver = true;
});
const syncing = setInterval(sync, SYNC_EVERY_MS);
(async () => {
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await queue.close({ timeoutMs: CLOSE_MS });
  clearInterval(syncing);
  sync();
  await orgcache.shutdown({ timeoutMs: 1000 });
  process.stdout.write(`@report ${JSON.stringify(figures)}\n`);
})();
