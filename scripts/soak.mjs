// Random faults over a mixed load, from a seed that is printed: one line of figures a minute, and one at the end.
//
//   npm run soak -- --minutes 10 [--seed 1] [--driver loop|thread] [--faults kill,hole]
//
// Exits 1 where anything was lost, late, wrong or never settled, where a recovery took too long, or where resident
// memory or open descriptors have grown: both are read at the end of each minute, with the load at rest and
// garbage collected, and the last reading is compared with that of the first minute.

import { createRequire } from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { exitWithSentence, SetupError } from './run.mjs';
import { setup } from './setup.mjs';

const require = createRequire(import.meta.url);

const MINUTE_MS = 60_000;
const LONGEST_FAULT_MS = 4000;
const LONGEST_REST_MS = 1000;
/** From the end of a fault: the longest pauses between attempts, and the replay. */
const RECOVERY_MS = 15_000;
/** Share of the faults that come before the recovery from the one before has ended. */
const MEANWHILE = 0.25;
/** What the allocators of V8 and of the addon may keep of what was freed. */
const MEMORY_GROWTH_BYTES = 16 * 1024 * 1024;
/** Sockets that were closed a moment ago. */
const DESCRIPTOR_GROWTH = 2;
const USER = { name: 'cache', password: 'secret', line: 'cache on >secret ~* &* +@all' };
const EXAMPLES = 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

function options(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        minutes: { type: 'string', default: '10' },
        seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
        driver: { type: 'string', default: 'auto' },
        faults: { type: 'string' },
      },
    });
    const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
    if (!(minutes > 0)) throw new Error(`--minutes ${values.minutes} is no number above 0`);
    if (!Number.isInteger(seed)) throw new Error(`--seed ${values.seed} is no whole number`);
    return { ...values, minutes, seed };
  } catch (error) {
    throw new SetupError(`${error.message}.`);
  }
}

/** One instance under load, and what has become of it so far. */
class Soak {
  #harness = require('../__test__/faults/support/fault-test.js');
  #faults;
  #random;
  #bench;
  #applied = {};
  #problems = [];
  #longestRecoveryMs = 0;
  #levels = [];
  #seen = 0;

  constructor({ seed, faults }) {
    const { FAULTS } = require('../__test__/faults/support/random-faults.js');
    const names = faults?.split(',') ?? Object.keys(FAULTS);
    const unknown = names.find((name) => !FAULTS[name]);
    if (unknown)
      throw new SetupError(`There is no fault ${unknown}: name ${Object.keys(FAULTS).join(', ')}.`);
    this.#faults = names.map((name) => ({ name, ...FAULTS[name] }));
    this.#random = require('../__test__/faults/support/random.js').randomOf(seed);
  }

  async start({ seed, driver }) {
    const { createInstance } = require('../js/instance.js');
    const open = (settings) => {
      const instance = createInstance();
      instance.configure(settings);
      return instance;
    };
    const users = [USER.line];
    const server = { users, args: ['--maxmemory-policy', 'noeviction'] };
    const request = { server, isProxied: true, user: USER, options: { driver }, load: { seed }, open };
    this.#bench = { ...(await this.#harness.prepare(request)), user: USER };
    this.#bench.load.start();
    await this.#recover('the start');
  }

  async minute(endsAt) {
    while (performance.now() < endsAt) await this.#fault();
    await this.#verify();
  }

  async #fault() {
    const random = this.#random;
    const fault = random.pick(this.#faults);
    const lastsMs = random.below(LONGEST_FAULT_MS);
    const restsMs = random.below(LONGEST_REST_MS);
    const isMeanwhile = random.chance(MEANWHILE);
    this.#applied[fault.name] = (this.#applied[fault.name] ?? 0) + 1;
    await fault.apply(this.#bench, random);
    await delay(lastsMs);
    await fault.heal(this.#bench);
    if (!isMeanwhile) await this.#recover(fault.name);
    await delay(restsMs);
    this.#blame(fault.name, lastsMs);
  }

  /** What has gone wrong since the last fault is told with the name of this one. */
  #blame(name, lastsMs) {
    const { late, wrong, lost } = this.#bench.load.figures;
    const bad = late + wrong + lost;
    if (bad > this.#seen) this.#problem(`${bad - this.#seen} calls went wrong at ${name} of ${lastsMs} ms`);
    this.#seen = bad;
  }

  #problem(sentence) {
    if (this.#problems.length < EXAMPLES) this.#problems.push(sentence);
    process.stdout.write(`soak: ${sentence}\n`);
  }

  async #recover(name) {
    const { state } = this.#bench;
    const from = performance.now();
    while (!this.#harness.hasRecovered(state())) {
      if (performance.now() - from > RECOVERY_MS) {
        this.#problem(`it had not recovered ${RECOVERY_MS} ms after ${name}: ${JSON.stringify(state())}`);
        return;
      }
      await delay(10);
    }
    this.#longestRecoveryMs = Math.max(this.#longestRecoveryMs, performance.now() - from);
  }

  /** With the load at rest: every key is what it must be, and nothing has piled up. */
  async #verify() {
    const { load, redis, open, settings } = this.#bench;
    await this.#recover('the end of the minute');
    await load.stop();
    await this.#recover('the last calls');
    const reader = open({ ...settings, url: redis.url });
    await load.verify(reader);
    await reader.shutdown();
    this.#blame('the end of the minute', 0);
    this.#levels.push(await this.#level());
  }

  async #level() {
    for (let round = 0; round < 3; round += 1) {
      collectGarbage();
      await delay(50);
    }
    return { memory: process.memoryUsage().rss, descriptors: this.#harness.openDescriptors() };
  }

  resume() {
    this.#bench.load.start();
  }

  line(name) {
    const { figures } = this.#bench.load;
    const { memory, descriptors } = this.#levels.at(-1);
    const faults = Object.values(this.#applied).reduce((sum, count) => sum + count, 0);
    const { reconnects, replayed } = this.#bench.state();
    return (
      `soak: ${name}: ${faults} faults, ${figures.settled} calls, ${figures.acknowledged} writes acknowledged, ` +
      `lost ${figures.lost}, late ${figures.late}, wrong ${figures.wrong}, ` +
      `longest call ${Math.round(figures.longestMs)} ms, longest recovery ${Math.round(this.#longestRecoveryMs)} ms, ` +
      `${reconnects} reconnects, ${replayed} replayed, ${(memory / 2 ** 20).toFixed(1)} MiB, ${descriptors} descriptors`
    );
  }

  /** Every reason to fail, as sentences. */
  verdict() {
    const [first] = this.#levels;
    const last = this.#levels.at(-1);
    const problems = [...this.#harness.problemsOf(this.#bench.load.figures), ...this.#problems];
    const grown = last.memory - first.memory;
    if (grown > MEMORY_GROWTH_BYTES)
      problems.push(
        `Resident memory has grown by ${(grown / 2 ** 20).toFixed(1)} MiB since the first minute.`,
      );
    if (last.descriptors > first.descriptors + DESCRIPTOR_GROWTH)
      problems.push(`${last.descriptors} descriptors are open, after the first minute ${first.descriptors}.`);
    return problems;
  }

  async end() {
    await this.#bench?.load.pause();
    await this.#bench?.orgcache.shutdown();
    await require('../__test__/support/cleanup.js').endAll();
  }
}

async function main(args) {
  const given = options(args);
  const soak = new Soak(given);
  const { redisServer } = await setup({ addon: true, redis: true });
  if (redisServer) process.env.ORGCACHE_TEST_REDIS_SERVER = redisServer;
  process.stdout.write(`soak: seed ${given.seed}, ${given.minutes} minutes, driver ${given.driver}\n`);
  try {
    await soak.start(given);
    const from = performance.now();
    const endsAt = from + given.minutes * MINUTE_MS;
    for (let minute = 1; ; minute += 1) {
      await soak.minute(Math.min(from + minute * MINUTE_MS, endsAt));
      if (performance.now() >= endsAt) break;
      process.stdout.write(`${soak.line(`minute ${minute}`)}\n`);
      soak.resume();
    }
    const problems = soak.verdict();
    process.stdout.write(`${[soak.line(`seed ${given.seed}, the end`), ...problems].join('\n')}\n`);
    process.exitCode = problems.length > 0 ? 1 : 0;
  } finally {
    await soak.end();
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  exitWithSentence(error);
}
