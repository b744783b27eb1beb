// Random faults over a mixed load, decided by a printed seed, for as many minutes as asked:
//   npm run soak -- --minutes 10 --seed 7
// A line of figures a minute and one at the end. Ends with 1 when anything was lost, late or wrong, when Redis
// was not reached again in time, or when memory or file descriptors grew.

import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exitWithSentence, isProgram, ROOT, SetupError } from './run.mjs';
import { setup } from './setup.mjs';

const HELP = `npm run soak -- --minutes N [--seed S]
  --minutes N  how long, at least 2; the first minute is where memory and descriptors are compared from
  --seed S     decides faults and load; printed where none is given
`;
/** Between two faults, so that each meets a cache that is whole. */
const REST_MS = 1500;
const RECOVERY_BOUND_MS = 8000;
const SHORTEST_FAULT_MS = 200;
const LONGEST_FAULT_MS = 4000;
const MINUTE_MS = 60_000;
/** Beyond the level after the first minute: the allocators' own slack, and idle sockets. */
const MAX_GROWTH_BYTES = 32 * 1024 * 1024;
const MAX_MORE_DESCRIPTORS = 4;
/** Of the last ones, the median is compared: one collection more or less must not decide. */
const SAMPLES = 15;
const SAMPLE_EVERY_MS = 2000;

/** Each begins a fault and answers how it ends. */
const FAULTS = {
  'server stopped': async ({ redis }) => {
    redis.pause();
    return () => redis.resume();
  },
  'server killed': async ({ redis }) => {
    await redis.kill();
    return () => redis.launch();
  },
  'black hole': inProxy((proxy) => proxy.blackHole()),
  'connections refused': inProxy((proxy) => proxy.refuse()),
  'connections reset': inProxy((proxy) => proxy.reset()),
  'a slow network': inProxy((proxy, random) => proxy.delay({ replyDelayMs: random.below(400) })),
  'single bytes': inProxy((proxy) => proxy.delay({ trickleMs: 0 })),
  'a cut reply': inProxy((proxy, random) =>
    proxy.cutReplies(random.below(2000), random.pick(['fin', 'rst'])),
  ),
  'clients killed': async ({ redis }) => {
    await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    return () => {};
  },
  'scripts forgotten': async ({ redis }) => {
    await redis.command('SCRIPT', 'FLUSH');
    return () => {};
  },
  'clients paused': async ({ redis }, random) => {
    await redis.command('CLIENT', 'PAUSE', 200 + random.below(2000), 'ALL');
    return () => redis.command('PING');
  },
};

function inProxy(begin) {
  return async ({ proxy }, random) => {
    await begin(proxy, random);
    return () => proxy.heal();
  };
}

/** So that what is compared is what is held, and not what nobody has collected yet. */
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

class Soak {
  #bench;
  #random;
  #harness;
  #samples = [];
  #sampling;
  faults = 0;
  slowestRecoveryMs = 0;
  problems = [];

  constructor({ bench, random, harness }) {
    this.#bench = bench;
    this.#random = random;
    this.#harness = harness;
    this.#sampling = setInterval(() => this.#sample(), SAMPLE_EVERY_MS);
  }

  #sample() {
    collectGarbage();
    this.#samples.push({
      resident: process.memoryUsage.rss(),
      descriptors: this.#harness.openDescriptors(),
    });
  }

  /** The medians of the last seconds. */
  level() {
    const last = this.#samples.slice(-SAMPLES);
    const median = (field) => last.map((sample) => sample[field]).sort((a, b) => a - b)[last.length >> 1];
    return { resident: median('resident'), descriptors: median('descriptors') };
  }

  async fault() {
    const name = this.#random.pick(Object.keys(FAULTS));
    const end = await FAULTS[name](this.#bench, this.#random);
    await delay(SHORTEST_FAULT_MS + this.#random.below(LONGEST_FAULT_MS - SHORTEST_FAULT_MS));
    await end();
    const healedAt = performance.now();
    while (!this.#harness.hasRecovered(this.#bench.state())) {
      if (performance.now() - healedAt > RECOVERY_BOUND_MS) {
        this.problems.push(`No recovery from "${name}": ${JSON.stringify(this.#bench.state())}.`);
        break;
      }
      await delay(10);
    }
    this.faults += 1;
    this.slowestRecoveryMs = Math.max(this.slowestRecoveryMs, performance.now() - healedAt);
    await delay(REST_MS);
  }

  line(minute) {
    const { figures } = this.#bench.load;
    const { resident, descriptors } = this.level();
    const parts = [
      `${this.faults} faults`,
      `${figures.settled} calls`,
      `${figures.acknowledged} writes acknowledged`,
      `lost ${figures.lost}, late ${figures.late}, wrong ${figures.wrong}`,
      `longest call ${Math.round(figures.longestMs)} ms`,
      `slowest recovery ${Math.round(this.slowestRecoveryMs)} ms`,
      `resident ${(resident / 2 ** 20).toFixed(1)} MiB, ${descriptors} descriptors`,
    ];
    return `${minute}: ${parts.join('; ')}`;
  }

  end() {
    clearInterval(this.#sampling);
  }
}

async function run({ minutes, seed }) {
  const require = createRequire(import.meta.url);
  const folder = path.join(ROOT, '__test__');
  const { createInstance } = require(path.join(ROOT, 'js', 'instance.js'));
  const harness = require(path.join(folder, 'faults', 'support', 'fault-test.js'));
  const { randomOf } = require(path.join(folder, 'faults', 'support', 'random.js'));
  const { endAll, onEnd } = require(path.join(folder, 'support', 'cleanup.js'));
  const open = (options) => {
    const instance = createInstance();
    instance.configure(options);
    onEnd(() => instance.shutdown({ timeoutMs: 2000 }));
    return instance;
  };
  try {
    const bench = await harness.prepare({ isProxied: true, load: { seed }, open });
    return await soak({ bench, harness, random: randomOf(seed), minutes });
  } finally {
    await endAll();
  }
}

async function soak({ bench, harness, random, minutes }) {
  const soaking = new Soak({ bench, harness, random });
  bench.load.start();
  let first;
  for (let minute = 1; minute <= minutes; minute += 1) {
    const endsAt = performance.now() + MINUTE_MS;
    while (performance.now() < endsAt) await soaking.fault();
    first ??= soaking.level();
    console.log(soaking.line(`minute ${minute}`));
  }
  const figures = await bench.load.stop();
  await bench.load.verify(bench.open({ ...bench.settings, url: bench.redis.url }));
  const problems = [...soaking.problems, ...harness.problemsOf(figures)];
  problems.push(...growth(first, soaking.level()));
  soaking.end();
  console.log(soaking.line('end'));
  return problems;
}

function growth(first, last) {
  const problems = [];
  const bytes = last.resident - first.resident;
  if (bytes > MAX_GROWTH_BYTES)
    problems.push(`Resident memory grew by ${(bytes / 2 ** 20).toFixed(1)} MiB since the first minute.`);
  const more = last.descriptors - first.descriptors;
  if (more > MAX_MORE_DESCRIPTORS) problems.push(`${more} more descriptors are open than after a minute.`);
  return problems;
}

function optionsOf(args) {
  const { values } = parseArgs({
    args,
    options: { minutes: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } },
  });
  if (values.help) return null;
  const minutes = Number(values.minutes ?? Number.NaN);
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
  if (!Number.isInteger(minutes) || minutes < 2 || !Number.isInteger(seed))
    throw new SetupError(`Say for how many whole minutes, at least 2.\n${HELP}`);
  return { minutes, seed };
}

if (isProgram(import.meta.url)) {
  try {
    const options = optionsOf(process.argv.slice(2));
    if (options === null) {
      console.log(HELP);
    } else {
      const { redisServer } = await setup({ redis: true });
      process.env.ORGCACHE_TEST_REDIS_SERVER = redisServer;
      console.log(`seed ${options.seed}`);
      const problems = await run(options);
      for (const problem of problems) console.log(problem);
      process.exitCode = problems.length === 0 ? 0 : 1;
    }
  } catch (error) {
    exitWithSentence(error);
  }
}
