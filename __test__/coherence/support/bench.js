'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { randomOf } = require('../../faults/support/random');
const { startProxy } = require('../../faults/support/proxy');
const { startRedis } = require('../../support/redis');
const { check } = require('../checker/check');
const { FAULTS } = require('./faults');
const { historyOf } = require('./history');
const { COMMAND_TIMEOUT_MS, MAX_STALENESS_MS } = require('./limits');
const { clockOf } = require('./log');
const { startLoadProcess } = require('./processes');
const { subjectsOf } = require('./subjects');

/** The load runs for so long before a fault and after the recovery. */
const AROUND_MS = 400;
/** Processes and threads of the package; a further process writes and reads without it. */
const THREADS = [
  { process: 'first', threads: [1, 2], driver: 'auto' },
  { process: 'second', threads: [3, 4], driver: 'thread' },
];
const FOREIGN = { process: 'foreign', threads: [5] };

/**
 * A server, a proxy in front of it, and processes under load. `round` makes one history and judges it.
 *
 * Options: `seed`; `isShort` (faults last less long); `planted` (a fault of `plants.js`); `env` (further environment of the
 * processes of the package).
 */
class Bench {
  #options;
  #random;
  #origin = process.hrtime.bigint();
  #now = clockOf(this.#origin);
  #near;
  #rounds = 0;
  #events = [];
  #hitsBefore = new Map();
  processes = [];
  foreign;

  constructor(options, { redis, proxy }) {
    this.#options = options;
    this.#random = randomOf(options.seed);
    this.isShort = options.isShort ?? false;
    this.redis = redis;
    this.proxy = proxy;
    this.emptied = this.emptied.bind(this);
    this.eachProcess = this.eachProcess.bind(this);
  }

  /** Runs what empties the server, and records when that was. */
  async emptied(act) {
    const begin = this.#now();
    await act();
    this.#events.push({ begin, end: this.#now() });
  }

  eachProcess(call) {
    return Promise.all(this.processes.map(call));
  }

  #everyProcess(call) {
    return Promise.all([...this.processes, this.foreign].map(call));
  }

  async #open(near) {
    const isSame = JSON.stringify(near) === JSON.stringify(this.#near);
    if (this.processes.length > 0 && isSame) return;
    await this.eachProcess((one) => one.close());
    this.#near = near;
    this.#hitsBefore = new Map();
    const { planted, env } = this.#options;
    const origin = String(this.#origin);
    this.processes = THREADS.map(({ process, threads, driver }) => {
      const options = { url: this.proxy.url, driver, ...(near && { near }) };
      const each = threads.map((thread) => ({ thread, origin, options, planted }));
      return startLoadProcess({ process, threads: each }, env);
    });
    const server = { host: this.redis.host, port: this.redis.port };
    const each = FOREIGN.threads.map((thread) => ({ thread, origin, server }));
    this.foreign ??= startLoadProcess({ process: FOREIGN.process, threads: each });
  }

  /**
   * One round under the fault of that name: `{ fault, round, history, verdict, reads, readsNear, rejected }`. `reads` are those of
   * the package, `readsNear` those that copies answered; `rejected` has the codes of calls of the package that were rejected.
   */
  async round(fault) {
    const { run, near, load = {} } = FAULTS[fault];
    await this.#open(near);
    this.#events = [];
    this.#rounds += 1;
    const round = this.#rounds;
    const seed = this.#random.below(2 ** 31);
    await this.#everyProcess((one) => one.ask('start', { round, seed, load }));
    await delay(AROUND_MS);
    await run(this, this.#random);
    await this.#everyProcess((one) => one.ask('settle'));
    await delay(AROUND_MS);
    const stopped = await this.#everyProcess((one) => one.ask('stop'));
    return { fault, round, ...this.#judge(subjectsOf(round), stopped.flat()) };
  }

  #judge(subjects, logs) {
    const commandTimeoutMs = COMMAND_TIMEOUT_MS;
    const history = historyOf({ subjects, logs, events: this.#events, commandTimeoutMs });
    const limits = { maxStalenessMs: MAX_STALENESS_MS, outageSlackMs: commandTimeoutMs };
    const rejected = {};
    let reads = 0;
    for (const log of logs.filter(({ process }) => process !== FOREIGN.process)) {
      reads += log.reads ?? 0;
      for (const [code, count] of Object.entries(log.rejected))
        rejected[code] = (rejected[code] ?? 0) + count;
    }
    return { history, verdict: check(history, limits), rejected, reads, readsNear: this.#readsNear(logs) };
  }

  /** Reads of this round that near copies answered. All threads of a process report the same copies. */
  #readsNear(logs) {
    const hits = new Map();
    for (const { process, near } of logs)
      if (near) hits.set(process, Math.max(hits.get(process) ?? 0, near.hits));
    let sum = 0;
    for (const [process, count] of hits) sum += count - (this.#hitsBefore.get(process) ?? 0);
    this.#hitsBefore = hits;
    return sum;
  }

  async close() {
    await this.#everyProcess((one) => one.close());
    await this.proxy.stop();
    await this.redis.stop();
  }
}

async function openBench(options) {
  const redis = await startRedis();
  const proxy = await startProxy(redis);
  return new Bench(options, { redis, proxy });
}

module.exports = { openBench };
