/** How soon jobs start again after a worker was killed, and after Redis was away. */
import { setTimeout as delay } from 'node:timers/promises';
import { ContenderHost, withHosts } from '../../contender-host.mjs';
import { startRedisServer } from '../../redis-server.mjs';
import { someName } from './rounds.mjs';

const LEASE_MS = 15_000;
const BYTES = 120;
/** Jobs that wait while Redis is away, and how long each of them runs. */
const JOBS = 200;
const HANDLER_MS = 100;
/** The worker is in the middle of its work when Redis goes. */
const WORKS_MS = 500;
const DEADLINE_MS = 60_000;
const LOOK_MS = 20;

/** Of the package alone. Answers samples of `killed` and `away`. */
export async function measureRecovery({ chosen, redis, counts, rounds, progress }) {
  const [contender] = chosen;
  const results = { leaseMs: LEASE_MS, awayMs: counts.awayMs, killed: [], away: [] };
  for (let round = 0; round < Math.min(rounds, 3); round += 1) {
    progress('queue: a worker is killed');
    results.killed.push(await killed(contender, redis.url));
    progress(`queue: Redis is away for ${counts.awayMs} ms`);
    results.away.push(await away(contender, counts.awayMs));
  }
  return results;
}

/** From the kill of a worker to the next start of its job, elsewhere. */
async function killed(contender, url) {
  const name = someName('killed');
  return withHosts(
    [{ ...contender, id: `${contender.id}-other` }],
    () => ({ url }),
    async ([other]) => {
      const victim = new ContenderHost(contender);
      await victim.open({ url });
      const work = { name, concurrency: 1, leaseMs: LEASE_MS, handlerMs: 600_000 };
      await victim.ask('startWorking', work);
      await victim.ask('fillQueue', { name, jobs: 1, bytes: BYTES });
      await firstStart(victim, 0n);
      await other.ask('startWorking', { ...work, handlerMs: 0 });
      const killedNs = process.hrtime.bigint();
      process.kill(victim.pid, 'SIGKILL');
      const startedNs = await firstStart(other, killedNs);
      await other.ask('stopWorking');
      return { nextStartMs: Number(startedNs - killedNs) / 1e6 };
    },
  );
}

/** From the first answer to PING to the next start. */
async function away(contender, awayMs) {
  const server = await startRedisServer({ appendOnly: 'everysec' });
  try {
    return await withHosts(
      [contender],
      () => ({ url: server.url }),
      async ([host]) => {
        const name = someName('away');
        await host.ask('fillQueue', { name, jobs: JOBS, bytes: BYTES });
        await host.ask('startWorking', { name, concurrency: 1, handlerMs: HANDLER_MS });
        await delay(WORKS_MS);
        await server.kill();
        await delay(awayMs);
        await server.startAgain();
        const backNs = process.hrtime.bigint();
        const startedNs = await firstStart(host, backNs);
        return { nextStartMs: Number(startedNs - backNs) / 1e6 };
      },
    );
  } finally {
    await server.stop();
  }
}

/** The first start after a time. */
async function firstStart(host, afterNs) {
  const deadline = Date.now() + DEADLINE_MS;
  while (Date.now() < deadline) {
    const { firstNs } = await host.ask('startsSoFar', { afterNs });
    if (firstNs !== undefined) return firstNs;
    await delay(LOOK_MS);
  }
  throw new Error('no job started within a minute');
}
