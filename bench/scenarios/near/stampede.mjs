/** Ten thousand callers in four processes ask for one key that nobody has. */
import { withHosts } from '../../contender-host.mjs';
import { BENTO_TIERED, several } from '../../near-contenders.mjs';

export const CALLERS = 10_000;
export const PROCESSES = 4;
/** Long enough for all callers to have asked. */
const FACTORY_MS = 500;
const NANOSECONDS_A_MS = 1e6;
/** Rounds are whole events, of half a second and more. */
const MOST_ROUNDS = 10;

/** Answers `{ samples }`, where `samples[id][round]` is `{ factories, lastAnswerMs }`. */
export async function measureStampede({ subject, byId, redis, effort, progress }) {
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
    return { samples };
  });
}

async function stampede(hosts, key) {
  const argument = { organization: 'org-1', key, callers: CALLERS / PROCESSES, factoryMs: FACTORY_MS };
  return summarizeRush(await Promise.all(hosts.map((host) => host.ask('rush', argument))));
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
