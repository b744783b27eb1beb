// For minutes, from a printed seed: `npm run soak -- --minutes N [--seed S] [--driver D]` has random faults under load, and
// with --clients connections of `orgcache/ioredis` that come and go (`soak-clients.mjs`), with --limits two processes that
// share one limit (`soak-limits.mjs`), with --queue a queue whose every job is accounted for (`soak-queue.mjs`), with --outages two outages beside BullMQ
// (`queue-outages.mjs`). Lines of figures meanwhile and one at the end; the exit code is 1 where anything was
// lost, late or wrong, where memory or what is open grows, or where a limit was exceeded.

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { growth } from './drift.mjs';
import { queueOutages } from './queue-outages.mjs';
import { exitWithSentence, isProgram, SetupError } from './run.mjs';
import { setup } from './setup.mjs';
import { soakClients } from './soak-clients.mjs';
import { soakLimits } from './soak-limits.mjs';
import { soakQueue } from './soak-queue.mjs';

const require = createRequire(import.meta.url);

const COMMAND_TIMEOUT_MS = 1000;
const RECOVERY_BOUND_MS = 15_000;
/** The pause between two faults, and how long one lasts, at most. */
const PAUSE_MS = 1500;
const FAULT_MS = 3000;
const MINUTE_MS = 60_000;
const MIB = 1_048_576;
/**
 * Levels are compared after a collection, in the median over the first and the last quarter of the run: V8's heap
 * breathes by this much, and a leak of a call or a connection would be far beyond.
 */
const ALLOWED_GROWTH_MIB = 24;
const ALLOWED_DESCRIPTORS = 3;
/** Full before the first quarter ends, so that what grows is no cache that fills: the load's leads are ever new. */
const MEMORY_MAX_BYTES = 4 * MIB;
const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

const FAULTS = {
  kill: {
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.launch(),
  },
  stop: { begin: ({ redis }) => redis.pause(), end: ({ redis }) => redis.resume() },
  'black hole': { begin: ({ proxy }) => proxy.blackHole(), end: ({ proxy }) => proxy.heal() },
  refuse: { begin: ({ proxy }) => proxy.refuse(), end: ({ proxy }) => proxy.heal() },
  reset: { begin: ({ proxy }) => proxy.reset(), end: () => {} },
  slow: {
    begin: ({ proxy }) => proxy.delay({ requestDelayMs: 50, replyDelayMs: 50 }),
    end: ({ proxy }) => proxy.heal(),
  },
  trickle: { begin: ({ proxy }) => proxy.trickle(1), end: ({ proxy }) => proxy.heal() },
  garbage: { begin: ({ proxy }) => proxy.replaceReply('%garbage\r\n'), end: ({ proxy }) => proxy.heal() },
  'endless reply': {
    begin: ({ proxy }) => proxy.replaceReply('*2147483647\r\n'),
    end: ({ proxy }) => proxy.heal(),
  },
  replica: {
    begin: ({ redis }) => redis.command('REPLICAOF', '127.0.0.1', 1),
    end: ({ redis }) => redis.command('REPLICAOF', 'NO', 'ONE'),
  },
  'client kill': {
    begin: ({ redis }) => redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes'),
    end: () => {},
  },
  pause: {
    begin: ({ redis }) => redis.command('CLIENT', 'PAUSE', FAULT_MS, 'ALL'),
    end: () => {},
  },
  'script flush': { begin: ({ redis }) => redis.command('SCRIPT', 'FLUSH'), end: () => {} },
};

/** Soaks in place of the faults of the cache, by their options. */
const SOAKS = { clients: soakClients, limits: soakLimits, queue: soakQueue, outages: queueOutages };

const HELP = `Random faults under load, clients that come and go, processes that share a limit, or the jobs of a queue.

  npm run soak -- [options]

  --clients     in place of faults: clients of orgcache/ioredis that connect, work and end, while connections are killed
  --limits      in place of faults: two processes that share one limit, each algorithm for --minutes
  --queue       in place of faults of the cache: producers, workers and a ledger of effects as processes, on one server with
                appendfsync always and everysec, behind sentinels and in a cluster, with faults of each
  --outages     in place of random faults: a queue whose server is away for 20 s, and one whose replica takes over with a cut
                link; BullMQ meets the same
  --minutes N   how long (default: 10)
  --seed S      repeats the faults of a run that printed it (default: drawn)
  --stage NAME  with --queue: only this one of 'AOF always', 'AOF everysec', sentinels, cluster; may be given again
  --driver D    auto, loop or thread (default: auto)
  --help`;

function options() {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      clients: { type: 'boolean', default: false },
      limits: { type: 'boolean', default: false },
      queue: { type: 'boolean', default: false },
      outages: { type: 'boolean', default: false },
      stage: { type: 'string', multiple: true },
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string' },
      driver: { type: 'string', default: 'auto' },
    },
  });
  const minutes = Number(values.minutes);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  if (!(minutes > 0)) throw new SetupError(`--minutes is ${values.minutes}; allowed is a number above 0.`);
  if (!Number.isInteger(seed)) throw new SetupError(`--seed is ${values.seed}; allowed is a whole number.`);
  const { help, driver, stage } = values;
  const named = Object.keys(SOAKS).filter((name) => values[name]);
  if (named.length > 1)
    throw new SetupError(`--${named.join(' and --')} are several soaks: name one of them.`);
  return {
    help,
    soakOf: SOAKS[named[0]] ?? soakFaults,
    stages: stage,
    minutes,
    seed,
    driver,
  };
}

async function prepare({ seed, driver }) {
  const { startRedis } = require('../__test__/support/redis.js');
  const { startProxy } = require('../__test__/faults/support/proxy.js');
  const { Load } = require('../__test__/faults/support/load.js');
  const { createInstance } = require('../js/instance.js');
  const redis = await startRedis({ args: DURABLE });
  const proxy = await startProxy(redis);
  const open = (url) => {
    const orgcache = createInstance();
    const timeouts = { commandTimeout: COMMAND_TIMEOUT_MS, connectTimeout: COMMAND_TIMEOUT_MS };
    orgcache.configure({ memoryMaxBytes: MEMORY_MAX_BYTES, url, driver, logLevel: 'off', ...timeouts });
    return orgcache;
  };
  const orgcache = open(proxy.url);
  const load = new Load(orgcache, { commandTimeout: COMMAND_TIMEOUT_MS, seed });
  return { redis, proxy, orgcache, load, open };
}

/** What is held now, the garbage collected. */
function level() {
  globalThis.gc?.();
  return { residentMiB: process.memoryUsage.rss() / MIB, descriptors: readdirSync('/proc/self/fd').length };
}

async function recovered({ orgcache }) {
  const deadline = performance.now() + RECOVERY_BOUND_MS;
  for (;;) {
    const { state, journal } = orgcache.cacheManager.getStats().redis;
    if (state === 'ready' && journal.entries + journal.clears === 0) return true;
    if (performance.now() > deadline) return false;
    await delay(5);
  }
}

/** Faults one after the other until the time is over. */
async function soak(bench, { minutes, seed }) {
  const { randomOf } = require('../__test__/faults/support/random.js');
  const random = randomOf(seed);
  const endsAt = performance.now() + minutes * MINUTE_MS;
  const run = { faults: {}, levels: [], stuck: [], longestRecoveryMs: 0 };
  let tellAt = performance.now() + MINUTE_MS;
  bench.load.start();
  while (performance.now() < endsAt) {
    await delay(random.below(PAUSE_MS));
    const name = random.pick(Object.keys(FAULTS));
    run.faults[name] = (run.faults[name] ?? 0) + 1;
    await FAULTS[name].begin(bench);
    await delay(random.below(FAULT_MS));
    await FAULTS[name].end(bench);
    const healedAt = performance.now();
    if (!(await recovered(bench))) run.stuck.push(name);
    run.longestRecoveryMs = Math.max(run.longestRecoveryMs, performance.now() - healedAt);
    run.levels.push(level());
    if (performance.now() >= tellAt) {
      tellAt += MINUTE_MS;
      console.log(line(bench, run));
    }
  }
  await bench.load.stop();
  if (!(await recovered(bench))) run.stuck.push('the end');
  const witness = bench.open(bench.redis.url);
  await bench.load.verify(witness);
  await witness.shutdown();
  return run;
}

function line({ load, orgcache }, run) {
  const { figures } = load;
  const { journaled, replayed, reconnects } = orgcache.cacheManager.getStats().redis;
  const { residentMiB, descriptors } = run.levels.at(-1);
  const faults = Object.values(run.faults).reduce((sum, count) => sum + count, 0);
  return (
    `${faults} faults; ${figures.settled} calls, ${figures.acknowledged} writes acknowledged; lost ${figures.lost}, ` +
    `late ${figures.late}, wrong ${figures.wrong}; longest call ${Math.round(figures.longestMs)} ms, longest recovery ` +
    `${Math.round(run.longestRecoveryMs)} ms; ${journaled} journalled, ${replayed} replayed, ${reconnects} reconnects; ` +
    `resident ${Math.round(residentMiB)} MiB, ${descriptors} descriptors`
  );
}

/** What must not be, as sentences. */
function problemsOf({ load }, { levels, stuck }) {
  const { lost, late, wrong, lostExamples, lateExamples, wrongExamples } = load.figures;
  const problems = [];
  if (lost > 0) problems.push(`${lost} keys lost their value: ${JSON.stringify(lostExamples)}`);
  if (late > 0) problems.push(`${late} calls were late: ${JSON.stringify(lateExamples)}`);
  if (wrong > 0) problems.push(`${wrong} calls were answered wrongly: ${JSON.stringify(wrongExamples)}`);
  if (stuck.length > 0)
    problems.push(`it did not recover within ${RECOVERY_BOUND_MS} ms: ${stuck.join(', ')}`);
  const grownMiB = growth(levels, ({ residentMiB }) => residentMiB);
  const grownDescriptors = growth(levels, ({ descriptors }) => descriptors);
  if (grownMiB > ALLOWED_GROWTH_MIB) problems.push(`resident memory grew by ${Math.round(grownMiB)} MiB`);
  if (grownDescriptors > ALLOWED_DESCRIPTORS) problems.push(`${grownDescriptors} more descriptors are open`);
  return problems;
}

/** Answers the line of figures of a run, and its problems. */
async function soakFaults(chosen) {
  const bench = await prepare(chosen);
  const run = await soak(bench, chosen);
  await bench.orgcache.shutdown();
  return { figures: line(bench, run), problems: problemsOf(bench, run) };
}

async function main() {
  const chosen = options();
  if (chosen.help) {
    console.log(HELP);
    return;
  }
  const { redisServer } = await setup({ redis: true });
  process.env.ORGCACHE_TEST_REDIS_SERVER = redisServer;
  console.log(`soak: seed ${chosen.seed}, ${chosen.minutes} minutes, the ${chosen.driver} driver`);
  const { endAll } = require('../__test__/support/cleanup.js');
  try {
    const { figures, problems } = await chosen.soakOf(chosen);
    console.log(`soak: ${problems.length === 0 ? 'ok' : 'FAILED'}: ${figures}`);
    for (const problem of problems) console.log(`soak: ${problem}`);
    process.exitCode = problems.length === 0 ? 0 : 1;
  } finally {
    await endAll();
  }
}

if (isProgram(import.meta.url)) main().catch(exitWithSentence);
