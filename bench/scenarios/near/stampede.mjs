/** Ten thousand callers in four processes ask for one key that nobody has. */
import { setTimeout as delay } from 'node:timers/promises';

import { withHosts } from '../../contender-host.mjs';
import { BENTO_TIERED, several } from '../../near-contenders.mjs';

export const CALLERS = 10_000;
export const PROCESSES = 4;
/** Long enough for all callers to have asked. */
const FACTORY_MS = 500;
const NANOSECONDS_A_MS = 1e6;
/** Rounds are whole events, of half a second and more. */
const MOST_ROUNDS = 10;
/** What `createCache` sets, in milliseconds. */
export const LEASE_MS = 3_000;
/** Each takes a lease's time. */
const MOST_KILLINGS = 3;
const KILL_AFTER_MS = 500;
/** The factory of the process that is killed does not end before. */
const ENDLESS_MS = 60_000;

/**
 * Answers `{ samples, killings }`, where `samples[id][round]` is `{ factories, lastAnswerMs }` and a killing is
 * `{ answeredMs }`.
 */
export async function measureStampede(options) {
  const samples = await measureRushes(options);
  return samples && { samples, killings: await measureKillings(options) };
}

async function measureRushes({ subject, byId, redis, effort, progress }) {
  const contenders = [subject, byId[BENTO_TIERED]];
  const processes = contenders.flatMap((contender) => several(contender, PROCESSES));
  const optionsOf = ({ module }) => ({ url: redis.url, keyPrefix: `bench-near:stampede:${module}:` });
  return withHosts(processes, optionsOf, async (hosts) => {
    if (!(await hosts[0].ask('hasCache'))) return null;
    const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
    const rounds = Math.min(effort.rounds, MOST_ROUNDS);
    // The first one is for code to be compiled and connections to be opened.
    for (let round = 0; round <= rounds; round += 1) {
      progress(round === 0 ? 'stampede: one to warm up' : `stampede: round ${round}`);
      for (const [index, { id }] of contenders.entries()) {
        const own = hosts.slice(index * PROCESSES, (index + 1) * PROCESSES);
        const sample = await stampede(own, `key-${round}`);
        if (round > 0) samples[id].push(sample);
      }
    }
    return samples;
  });
}

async function stampede(hosts, key) {
  const argument = { organization: 'org-1', key, callers: CALLERS / PROCESSES, factoryMs: FACTORY_MS };
  return summarizeRush(await Promise.all(hosts.map((host) => host.ask('rush', argument))));
}

/** A process that runs a factory is killed while another waits for it. Answers how long that still takes. */
async function measureKillings({ subject, redis, effort, progress }) {
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench-near:killed:' });
  const killings = [];
  for (let round = 1; round <= Math.min(effort.rounds, MOST_KILLINGS); round += 1) {
    progress(`stampede: a process that computes is killed, round ${round}`);
    const killing = await withHosts(several(subject, 2), optionsOf, async ([holder, waiter]) => {
      const rush = { organization: 'org-1', key: `killed-${round}`, callers: 1 };
      // It ends by being killed.
      holder.ask('rush', { ...rush, factoryMs: ENDLESS_MS }).catch(() => {});
      await delay(KILL_AFTER_MS);
      const waiting = waiter.ask('rush', { ...rush, factoryMs: 0 });
      // Its failure is told below; until then nobody waits for it.
      waiting.catch(() => {});
      await delay(KILL_AFTER_MS);
      const killedNs = process.hrtime.bigint();
      process.kill(holder.pid, 'SIGKILL');
      const { answeredNs, factories } = await waiting;
      if (factories !== 1 || answeredNs < killedNs) throw new Error('a waiting process ran its own factory');
      return { answeredMs: Number(answeredNs - killedNs) / NANOSECONDS_A_MS };
    });
    killings.push(killing);
  }
  return killings;
}

/** @param answers what `rush` answered in each process */
export function summarizeRush(answers) {
  const ends = answers.map(({ endedNs }) => endedNs).filter((endedNs) => endedNs !== null);
  const latest = (moments) => moments.reduce((last, moment) => (moment > last ? moment : last));
  const lastAnswerNs = latest(answers.map(({ answeredNs }) => answeredNs));
  return {
    factories: answers.reduce((sum, { factories }) => sum + factories, 0),
    lastAnswerMs: Number(lastAnswerNs - latest(ends)) / NANOSECONDS_A_MS,
  };
}
