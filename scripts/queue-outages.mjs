// The outage of which users of other queues complain most: a worker that is alive and connected, and takes no job any more. The
// server is killed for 20 seconds, and then a replica whose link was cut takes over. BullMQ meets the same. Prints how long each
// took to its next job, what it had acknowledged and lost, and what ran twice.

import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT } from './run.mjs';
import { installDependencies } from './setup.mjs';

const require = createRequire(import.meta.url);
const BENCH = path.join(ROOT, 'bench');

const AWAY_MS = 20_000;
const ADD_EVERY_MS = 20;
const BEFORE_MS = 2000;
/** Longer than the pauses of BullMQ between two attempts to connect. */
const AFTER_MS = 25_000;
const DRAIN_MS = 10_000;
/** Every second job waits for so long, so that some wait when a server forgets. */
const WAITS_MS = 1500;
const LOST_MS = 700;
/** That of the next start: the bar of the queue. */
const BAR_MS = 1000;

/** BullMQ as its documents say, on connections that try again for ever. */
function bullmq({ port, sentinels, name }) {
  const { Queue, Worker } = createRequire(path.join(BENCH, 'package.json'))('bullmq');
  const server = port ? { port, host: '127.0.0.1' } : { sentinels, name };
  const connection = { ...server, maxRetriesPerRequest: null };
  const queue = new Queue('outages', { connection });
  queue.on('error', () => {});
  let worker;
  return {
    add: (n, delayMs) => queue.add('job', { n }, { delay: delayMs }),
    work(handler) {
      worker = new Worker('outages', async (job) => handler(job.data.n), { connection, concurrency: 5 });
      worker.on('error', () => {});
    },
    async close() {
      await Promise.race([Promise.allSettled([worker.close(true), queue.close()]), delay(3000)]);
    },
  };
}

function orgcache({ port, sentinels }) {
  const { createInstance } = require('../js/instance.js');
  const instance = createInstance();
  const hosts = sentinels?.map((one) => `${one.host}:${one.port}`);
  instance.configure({ logLevel: 'off', ...(port ? { host: '127.0.0.1', port } : { sentinelHosts: hosts }) });
  const queue = instance.createQueue('outages');
  return {
    add: (n, delayMs) => queue.add('job', { n }, { delayMs }),
    work: (handler) => instance.createWorker('outages', ({ data }) => handler(data.n)),
    close: () => instance.shutdown({ timeoutMs: 2000 }),
  };
}

/** Adds jobs all the time; what was acknowledged, and what ran. */
class Load {
  acknowledged = [];
  starts = [];
  #isOver = false;
  #made = 0;

  constructor(contender) {
    this.contender = contender;
    contender.work((n) => {
      this.starts.push({ n, at: performance.now() });
    });
    this.adding = this.#add();
  }

  async #add() {
    while (!this.#isOver) {
      const n = this.#made++;
      this.contender.add(n, n % 2 === 0 ? 0 : WAITS_MS).then(
        () => this.acknowledged.push(n),
        () => {},
      );
      await delay(ADD_EVERY_MS);
    }
  }

  async stop() {
    this.#isOver = true;
    await this.adding;
    const until = performance.now() + DRAIN_MS;
    while (performance.now() < until && this.lost().length > 0) await delay(100);
  }

  lost() {
    const ran = new Set(this.starts.map(({ n }) => n));
    return this.acknowledged.filter((n) => !ran.has(n));
  }

  /** Ms from then to the next start; null where there was none. */
  nextAfter(at) {
    const next = this.starts.find((start) => start.at >= at);
    return next ? next.at - at : null;
  }
}

async function measure(open, cause) {
  const contender = open();
  const load = new Load(contender);
  await delay(BEFORE_MS);
  const backAt = await cause();
  await delay(AFTER_MS);
  await load.stop();
  await contender.close();
  const nextMs = load.nextAfter(backAt);
  return {
    nextMs: nextMs === null ? null : Math.round(nextMs),
    acknowledged: load.acknowledged.length,
    lost: load.lost().length,
    twice: load.starts.length - new Set(load.starts.map(({ n }) => n)).size,
  };
}

async function outage(make) {
  const { startRedis } = require('../__test__/support/redis.js');
  const redis = await startRedis({ args: ['--appendonly', 'yes', '--appendfsync', 'always'] });
  return measure(
    () => make({ port: redis.port }),
    async () => {
      await redis.kill();
      await delay(AWAY_MS);
      await redis.launch();
      return performance.now();
    },
  );
}

async function failover(make) {
  const { startSentinels } = require('../__test__/support/sentinel.js');
  const group = await startSentinels({ replicas: 1 });
  const sentinels = group.sentinels.map(({ host, port }) => ({ host, port }));
  return measure(
    () => make({ sentinels, name: group.name }),
    async () => {
      const primary = await group.primary();
      const [replica] = await group.replicas();
      replica.pause();
      await primary.command('CLIENT', 'KILL', 'TYPE', 'replica');
      await delay(LOST_MS);
      const ear = group.listen();
      await primary.kill();
      replica.resume();
      return (await ear.decided()).at;
    },
  );
}

const shown = ({ nextMs, acknowledged, lost, twice }) =>
  `next job ${nextMs === null ? `not within ${AFTER_MS / 1000} s` : `after ${nextMs} ms`}, acknowledged ${acknowledged}, lost ${lost}, ran twice ${twice}`;

/** Answers the line of figures of a run, and its problems. */
export async function queueOutages() {
  installDependencies(BENCH);
  const { endAll } = require('../__test__/support/cleanup.js');
  const problems = [];
  const figures = [];
  const causes = {
    [`away for ${AWAY_MS / 1000} s`]: outage,
    'a replica with a cut link takes over': failover,
  };
  for (const [name, cause] of Object.entries(causes)) {
    const own = await cause(orgcache);
    const theirs = await cause(bullmq);
    console.log(`${name}: orgcache: ${shown(own)}`);
    console.log(`${name}: BullMQ: ${shown(theirs)}`);
    if (own.lost > 0) problems.push(`${name}: ${own.lost} jobs are lost`);
    if (own.nextMs === null || own.nextMs > BAR_MS)
      problems.push(`${name}: the next job began after ${own.nextMs} ms`);
    figures.push(`${name}: lost ${own.lost}, BullMQ ${theirs.lost}`);
    await endAll();
  }
  return { figures: figures.join('; '), problems };
}
