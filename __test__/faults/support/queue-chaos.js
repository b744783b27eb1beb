'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { once } = require('node:events');
const { spawn } = require('node:child_process');
const { setTimeout: delay } = require('node:timers/promises');
const { onEnd } = require('../../support/cleanup');
const { until } = require('../../support/wait');
const { judge } = require('./queue-account');
const { FAULTS } = require('./queue-faults');
const { randomOf } = require('./random');

const LEASE_MS = 1000;
const WORKER = {
  leaseMs: LEASE_MS,
  graceMs: 300,
  pollMs: 200,
  concurrency: 10,
  maxStalls: 50,
  unhandledMs: 200,
};
const QUEUE = {
  attempts: 8,
  backoff: { type: 'fixed', delayMs: 50 },
  timeoutMs: 4000,
  retain: { completed: { count: 200 }, dead: { count: 10_000 } },
};
const BLOCK_MS = 4 * LEASE_MS;
const SLOW_MS = 2 * LEASE_MS;
const PRODUCERS = 2;
const WORKERS = 3;
const SAMPLE_EVERY_MS = 500;
const START_MS = 20_000;
const DRAIN_MS = 60_000;
const MIB = 1_048_576;

/** A program of the run; what it reports is kept, and `reported` is the first of that. */
class Program {
  constructor(name, args, env = {}) {
    const file = path.join(__dirname, '..', '..', 'programs', `chaos-${name}.cjs`);
    this.child = spawn(process.execPath, [file, JSON.stringify(args)], {
      env: {
        PATH: process.env.PATH,
        ...(process.env.ORGCACHE_BINARY ? { ORGCACHE_BINARY: process.env.ORGCACHE_BINARY } : {}),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.exited = once(this.child, 'exit');
    this.isStopped = false;
    let printed = '';
    this.reported = new Promise((resolve, reject) => {
      this.child.stdout.setEncoding('utf8').on('data', (chunk) => {
        printed += chunk;
        const line = /^@report (.*)\n/m.exec(printed);
        if (line) resolve(JSON.parse(line[1]));
      });
      this.exited.then(() => reject(new Error(`The ${name} of the chaos run ended: ${printed}`)));
    });
    this.reported.catch(() => {});
    onEnd(() => this.kill());
  }

  get pid() {
    return this.child.pid;
  }

  get isRunning() {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async kill(signal = 'SIGKILL') {
    if (this.isRunning) this.child.kill(signal);
    await this.exited;
  }

  stop() {
    this.isStopped = true;
    this.child.kill('SIGSTOP');
  }

  wake() {
    this.isStopped = false;
    this.child.kill('SIGCONT');
  }

  /** The memory that it holds; undefined where it has ended. */
  residentMiB() {
    try {
      const [, pages] = fs.readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ');
      return (Number(pages) * 4096) / MIB;
    } catch {
      return undefined;
    }
  }
}

/**
 * Producers, workers and a ledger, each a process of its own, on the servers of a stage (`queue-stages.js`), and faults in an
 * order that the seed decides.
 */
class Chaos {
  constructor(stage, { seed, driver = 'auto', queueOptions = {} }) {
    this.stage = stage;
    this.random = randomOf(seed);
    this.seed = seed;
    this.options = { ...stage.options, prefix: 'chaos:', driver };
    this.queueOptions = { ...QUEUE, ...queueOptions };
    this.queue = `chaos-${seed}`;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'orgcache-chaos-'));
    onEnd(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.workers = [];
    this.producers = [];
    this.ended = [];
    /** The faults of the run: `{ at, what, pid, loses }`, `loses` where the servers may have forgotten. */
    this.causes = [];
    this.faults = {};
    this.samples = [];
    this.leaseMs = LEASE_MS;
  }

  file(name) {
    return path.join(this.folder, name);
  }

  note(what, more = {}) {
    this.causes.push({ at: Date.now(), what, ...more });
  }

  async start({ most = Number.MAX_SAFE_INTEGER } = {}) {
    this.ledger = new Program('ledger', { file: this.file('ledger') });
    this.port = (await this.ledger.reported).port;
    for (let at = 0; at < WORKERS; at += 1) this.addWorker();
    const { options, queue, queueOptions } = this;
    this.producers = Array.from({ length: PRODUCERS }, (_, at) => {
      // One keeps what it adds while Redis is away, the other is refused.
      const onRedisDown = at === 0 ? 'journal' : 'reject';
      return new Program('producer', {
        ...{ options, queue, most, seed: this.seed + at, file: this.file(`producer-${at}`) },
        queueOptions: { ...queueOptions, onRedisDown },
      });
    });
    this.sampling = setInterval(() => this.sample(), SAMPLE_EVERY_MS);
    onEnd(() => clearInterval(this.sampling));
    await until(() => this.acknowledged() > 0, { timeoutMs: START_MS, what: 'the first job to be added' });
  }

  addWorker() {
    const { options, queue, port: ledger } = this;
    const file = this.file(`worker-${this.workers.length + this.ended.length}`);
    const worker = new Program('worker', {
      ...{ options, queue, ledger, file, blockMs: BLOCK_MS, slowMs: SLOW_MS, workerOptions: WORKER },
    });
    worker.file = file;
    this.workers.push(worker);
  }

  async killWorker(worker) {
    this.workers.splice(this.workers.indexOf(worker), 1);
    this.ended.push(worker);
    this.note('a worker was killed', { pid: worker.pid });
    await worker.kill();
    this.addWorker();
  }

  /** How many lines producers have written. */
  acknowledged() {
    const files = this.producers.map((_, at) => this.file(`producer-${at}`));
    return files.filter((file) => fs.existsSync(file)).reduce((sum, file) => sum + fs.statSync(file).size, 0);
  }

  sample() {
    const [producer] = this.producers;
    const sample = { producerMiB: producer.residentMiB(), ledgerMiB: this.ledger.residentMiB() };
    const worker = this.workers.at(0)?.residentMiB();
    this.samples.push({ ...sample, workerMiB: worker, redisMiB: this.redisMiB });
    this.stage
      .usedMiB()
      .then((used) => {
        this.redisMiB = used;
      })
      .catch(() => {});
  }

  /** Faults one after the other until the time is over, each healed before the next. */
  async run(ms, { pauseMs = 1000, names = this.stage.faults } = {}) {
    const endsAt = performance.now() + ms;
    // Each comes once before any comes again.
    let left = [];
    while (performance.now() < endsAt) {
      await delay(pauseMs / 2 + this.random.below(pauseMs));
      if (left.length === 0) left = [...names];
      const [name] = left.splice(this.random.below(left.length), 1);
      this.faults[name] = (this.faults[name] ?? 0) + 1;
      await FAULTS[name](this);
    }
  }

  /** Ends the producers, waits until nothing is to be done any more, ends the workers, and answers the account of the run. */
  async finish(open) {
    const reports = await Promise.all(
      this.producers.map(async (producer) => {
        producer.child.kill('SIGTERM');
        return producer.reported;
      }),
    );
    clearInterval(this.sampling);
    const orgcache = open(this.options);
    const queue = orgcache.createQueue(this.queue);
    const isDrained = async () => {
      const { ready, delayed, active } = await queue.counts();
      if (ready + delayed + active > 0) throw new Error(JSON.stringify({ ready, delayed, active }));
      return true;
    };
    let stuck;
    await until(isDrained, { timeoutMs: DRAIN_MS, everyMs: 200, what: 'all jobs to be done' }).catch(
      (error) => {
        stuck = error.message;
      },
    );
    const workers = [...this.workers];
    for (const worker of workers) worker.child.kill('SIGTERM');
    await Promise.all(workers.map((worker) => worker.exited));
    await this.ledger.kill();
    const totals = (await queue.stats()).totals;
    const account = await judge(this, { queue, reports, totals, stuck });
    await orgcache.shutdown({ timeoutMs: 1000 });
    return account;
  }
}

module.exports = { Chaos, LEASE_MS };
