'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { fieldsOf, onlineReplicas } = require('./cluster');
const { startRedis } = require('./redis');
const { ReplyError } = require('./resp-client');
const { until } = require('./wait');

const NAME = 'mymaster';
/** A server that has just changed its role on a busy machine is silent for half of it. */
const DOWN_AFTER_MS = 1000;
const PERIODS = ['info-period', 500, 'publish-period', 500, 'ping-period', 200];
/** A sentinel whose clock jumped (its machine stood still for two seconds) decides nothing for so long; 30 s is its default. */
const TILT = ['tilt-period', 1000];
const FAILOVER_TIMEOUT_MS = 3000;
const READY_TIMEOUT_MS = 20_000;

const SERVER = ['repl-diskless-sync yes', 'repl-diskless-sync-delay 0', 'repl-ping-replica-period 1'];

/** One primary, its replicas, and the sentinels that watch them. */
class Sentinels {
  constructor({ servers, sentinels, name }) {
    Object.assign(this, { servers, sentinels, name });
  }

  /** The value for `sentinelHosts`. */
  get hosts() {
    return this.sentinels.map(({ host, port }) => `${host}:${port}`);
  }

  get live() {
    return this.sentinels.filter((sentinel) => sentinel.isUp);
  }

  /** The primary, as the first sentinel that can be asked says. */
  async primary() {
    const [, port] = await this.live[0].command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', this.name);
    return this.servers.find((server) => server.port === Number(port));
  }

  async replicas() {
    const primary = await this.primary();
    return this.servers.filter((server) => server !== primary && server.isUp);
  }

  /** Waits until all sentinels that are up agree, know each other, and every replica that is up is in step. */
  settled({ timeoutMs = READY_TIMEOUT_MS } = {}) {
    const settled = async () => {
      const problem = await this.#disagreement();
      if (problem) throw new Error(problem);
      return true;
    };
    return until(settled, { timeoutMs, what: 'the sentinels to agree', everyMs: 50 });
  }

  /** The first problem as a sentence; null if there is none. */
  async #disagreement() {
    const primary = await this.primary();
    for (const sentinel of this.live) {
      const seen = pairsOf(await sentinel.command('SENTINEL', 'MASTER', this.name));
      if (seen.flags !== 'master') return `${sentinel.port} sees a primary that is ${seen.flags}.`;
      if (Number(seen.port) !== primary.port)
        return `${sentinel.port} names ${seen.port}, another ${primary.port}.`;
      const [known, others] = [seen['num-slaves'], seen['num-other-sentinels']].map(Number);
      if (known !== this.servers.length - 1) return `${sentinel.port} knows ${known} replicas.`;
      if (others !== this.sentinels.length - 1) return `${sentinel.port} knows ${others} other sentinels.`;
    }
    const replicas = await this.replicas();
    if (onlineReplicas(fieldsOf(await primary.command('INFO', 'replication'))) < replicas.length) {
      return `${primary.port} does not send to all its replicas yet.`;
    }
    for (const replica of replicas) {
      const state = fieldsOf(await replica.command('INFO', 'replication'));
      const isInStep = Number(state.master_port) === primary.port && state.master_link_status === 'up';
      if (!isInStep) return `${replica.port} is not in step with the primary.`;
    }
    return null;
  }

  /**
   * From now on: `decided()` waits until the sentinels have decided for another primary, and answers `{ at, primary }`,
   * `at` is the time of arrival on the clock of `performance.now()`.
   */
  listen() {
    const heard = this.live.map((sentinel) => [sentinel, sentinel.output.length]);
    const decision = new RegExp(`\\+switch-master ${this.name} \\S+ \\d+ \\S+ (\\d+)`);
    const find = () => {
      for (const [sentinel, from] of heard) {
        const found = decision.exec(sentinel.output.slice(from));
        if (found) return { at: performance.now(), port: Number(found[1]) };
      }
      // If the wait ends, its message shows what the sentinels said instead.
      throw new Error(heard.map(([sentinel, from]) => sentinel.output.slice(from)).join('') || 'nothing');
    };
    return {
      decided: async ({ timeoutMs = READY_TIMEOUT_MS } = {}) => {
        const { at, port } = await until(find, { timeoutMs, what: 'the sentinels to decide', everyMs: 5 });
        return { at, primary: this.servers.find((server) => server.port === port) };
      },
    };
  }

  /** Lets the sentinels change the primary though it is well; answers as `listen().decided()`. */
  async failover() {
    const ear = this.listen();
    const [sentinel] = this.live;
    let from = sentinel.output.length;
    const ask = () => sentinel.command('SENTINEL', 'FAILOVER', this.name);
    // It refuses while another failover is not over, and while it has not heard from the replicas.
    const accepted = async () => (await ask()) === 'OK';
    // A sentinel gives a failover up whose replica does not follow in time, and says so: it is asked again.
    const isGivenUp = () => sentinel.output.slice(from).includes('-failover-abort');
    await until(accepted, {
      timeoutMs: READY_TIMEOUT_MS,
      what: 'the sentinel to begin a failover',
      everyMs: 50,
    });
    const decided = ear.decided();
    let isOver = false;
    decided
      .finally(() => {
        isOver = true;
      })
      .catch(() => {});
    while (!isOver) {
      await Promise.race([decided.catch(() => {}), delay(100)]);
      if (isOver || !isGivenUp()) continue;
      from = sentinel.output.length;
      await ask().catch(() => {});
    }
    return decided;
  }

  /** Ends the primary as a crash would; answers as `listen().decided()`, and the `old` primary. */
  async killPrimary() {
    const old = await this.primary();
    const ear = this.listen();
    await old.kill();
    return { old, ...(await ear.decided()) };
  }
}

function pairsOf(flat) {
  const pairs = {};
  for (let index = 0; index < flat.length; index += 2) pairs[flat[index]] = flat[index + 1];
  return pairs;
}

function sentinelLines({ name, primary, quorum, password }) {
  return [
    `sentinel monitor ${name} ${primary.host} ${primary.port} ${quorum}`,
    `sentinel down-after-milliseconds ${name} ${DOWN_AFTER_MS}`,
    `sentinel failover-timeout ${name} ${FAILOVER_TIMEOUT_MS}`,
    `sentinel parallel-syncs ${name} 2`,
    ...(password ? [`sentinel auth-pass ${name} ${password}`] : []),
  ];
}

/** Sentinels ask servers for their replicas every ten seconds, and each other every two. */
async function quicken(sentinel) {
  try {
    await sentinel.command('SENTINEL', 'DEBUG', ...PERIODS, ...TILT);
  } catch (error) {
    // Servers before 7.0 cannot be told: tests take longer there.
    if (!(error instanceof ReplyError)) throw error;
  }
}

/**
 * Starts a primary, replicas and sentinels that agree on them, and ends them after the last test of the file.
 *
 * Options: `replicas`, `sentinels` (how many of each; a majority of the sentinels decides), `name` of the primary,
 * `password` of the servers, `sentinelPassword`, and `args` and `configuration` of each server as in `startRedis`.
 */
async function startSentinels({
  replicas = 2,
  sentinels = 3,
  name = NAME,
  password,
  sentinelPassword,
  args = [],
  configuration = [],
} = {}) {
  const lines = [...SERVER, ...configuration, ...(password ? [`masterauth ${password}`] : [])];
  const primary = await startRedis({ password, args, configuration: lines });
  const following = [...lines, `replicaof ${primary.host} ${primary.port}`];
  const others = Array.from({ length: replicas }, () =>
    startRedis({ password, args, configuration: following }),
  );
  const servers = [primary, ...(await Promise.all(others))];

  const quorum = Math.floor(sentinels / 2) + 1;
  const watching = Array.from({ length: sentinels }, () =>
    startRedis({
      isSentinel: true,
      password: sentinelPassword,
      configuration: sentinelLines({ name, primary, quorum, password }),
    }),
  );
  const group = new Sentinels({ servers, sentinels: await Promise.all(watching), name });
  await Promise.all(group.sentinels.map(quicken));
  await group.settled();
  return group;
}

module.exports = { startSentinels };
