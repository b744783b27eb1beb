'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { randomOf } = require('../../faults/support/random');
const { check } = require('../checker/check');
const { FAULTS } = require('./faults');
const { historyOf } = require('./history');
const { COMMAND_TIMEOUT_MS } = require('./limits');
const { clockOf } = require('./log');
const { startLoadProcess } = require('./processes');
const { roomOf } = require('./rooms');
const { SITES } = require('./sites');

/** The load runs for so long before a fault and after the recovery. */
const AROUND_MS = 400;
/** Processes and threads of the package; a further process writes and reads without it. */
const THREADS = [
  { process: 'first', threads: [1, 2], driver: 'auto' },
  { process: 'second', threads: [3, 4], driver: 'thread' },
];
const FOREIGN = { process: 'foreign', threads: [5] };

/**
 * Servers and processes under load. `round` makes one history and judges it. `redis` and `proxy` are the server and the proxy in
 * front of it, where there is one, `second` another server; `group` are sentinels with their servers, `cluster` is a cluster. `subjects` are
 * the keys of the round.
 *
 * Options: `seed`; `isShort` (faults last less long); `planted` (a fault of `plants.js`); `env` (further environment of the
 * processes of the package).
 */
class Bench {
  #options;
  #random;
  #origin = process.hrtime.bigint();
  #now = clockOf(this.#origin);
  #setting;
  #sites = new Map();
  #rounds = 0;
  #events = [];
  #doubts = [];
  #hitsBefore = new Map();
  processes = [];
  foreign;

  constructor(options) {
    this.#options = options;
    this.#random = randomOf(options.seed);
    this.isShort = options.isShort ?? false;
    for (const method of ['emptied', 'dropping', 'doubtful', 'eachProcess'])
      this[method] = this[method].bind(this);
  }

  /** Runs what empties the server, and records when that was. */
  async emptied(act) {
    const begin = this.#now();
    await act();
    this.#events.push({ begin, end: this.#now() });
  }

  /** Runs what lets the server drop any key. */
  async dropping(act) {
    const begin = this.#now();
    await act();
    this.#events.push({ begin, end: this.#now(), isSure: false });
  }

  /** Runs what may lose changes that servers have acknowledged. */
  async doubtful(act) {
    const from = this.#now();
    await act();
    this.#doubts.push({ from, to: this.#now() });
  }

  eachProcess(call) {
    return Promise.all(this.processes.map(call));
  }

  #everyProcess(call) {
    return Promise.all([...this.processes, ...(this.foreign ? [this.foreign] : [])].map(call));
  }

  /** Starts the servers and processes of a fault, unless they are there. */
  async #open({ near, servers = 'single' }) {
    const setting = JSON.stringify({ near, servers });
    if (this.#setting === setting) return;
    await this.#everyProcess((one) => one.close());
    this.#setting = setting;
    this.#hitsBefore = new Map();
    if (!this.#sites.has(servers)) this.#sites.set(servers, await SITES[servers]());
    const site = this.#sites.get(servers);
    for (const part of ['redis', 'second', 'proxy', 'group', 'cluster']) this[part] = site[part];
    const { planted, env } = this.#options;
    const origin = String(this.#origin);
    this.processes = THREADS.map(({ process, threads, driver }) => {
      const options = { ...site.options, driver, ...(near !== undefined && { near }) };
      const each = threads.map((thread) => ({ thread, origin, options, planted }));
      return startLoadProcess({ process, threads: each }, env);
    });
    const { server } = site;
    const each = FOREIGN.threads.map((thread) => ({ thread, origin, server }));
    this.foreign = server && startLoadProcess({ process: FOREIGN.process, threads: each });
  }

  /**
   * One round under the fault of that name: `{ fault, round, subjects, hasForeign, isOfEntries, history, verdict, reads, readsNear,
   * rejected }`. `hasForeign`: a process without the package wrote too. `isOfEntries`: the load was one on a cache with factories.
   * `reads` are those of the package, `readsNear` those that copies answered; `rejected` has the codes of calls of the package that were rejected.
   */
  async round(fault) {
    const { run, near, servers, room, load = {}, limits = {} } = FAULTS[fault];
    await this.#open({ near, servers });
    this.#events = [];
    this.#doubts = [];
    this.#rounds += 1;
    const round = this.#rounds;
    const { subjectsOf, isOfEntries } = roomOf(room);
    this.subjects = subjectsOf(round);
    const seed = this.#random.below(2 ** 31);
    const how = { ...load, room, hasForeign: this.foreign !== undefined };
    await this.#everyProcess((one) => one.ask('start', { round, seed, load: how }));
    await delay(AROUND_MS);
    await run(this, this.#random);
    await this.#everyProcess((one) => one.ask('settle'));
    await delay(AROUND_MS);
    const stopped = await this.#everyProcess((one) => one.ask('stop'));
    const { subjects } = this;
    const about = { fault, round, subjects, hasForeign: how.hasForeign, isOfEntries };
    return { ...about, ...this.#judge({ ...roomOf(room).limits, ...limits }, stopped.flat()) };
  }

  #judge(chosen, logs) {
    const { subjects } = this;
    const commandTimeoutMs = COMMAND_TIMEOUT_MS;
    const [events, doubts] = [this.#events, this.#doubts];
    const history = historyOf({ subjects, logs, events, doubts, commandTimeoutMs });
    const limits = { ...chosen, outageSlackMs: commandTimeoutMs };
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
    for (const site of this.#sites.values()) await site.stop();
  }
}

function openBench(options) {
  return new Bench(options);
}

module.exports = { openBench };
