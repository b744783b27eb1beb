/** The cost of being told of 100,000 changes a second: that of the I/O thread, and the delay of the event loop. */
import { withHosts } from '../../contender-host.mjs';
import { several } from '../../near-contenders.mjs';
import { orderOfRound } from '../../rounds.mjs';

export const PER_SECOND = 100_000;
const SECONDS = 1;
const QUICK_SECONDS = 0.2;
/** Copies of so many keys are asked for before each round, a few hundred at a time. */
const MOST_ROUNDS = 5;
const NAMES = ['held', 'free'];

/**
 * Answers `{ samples }`, where `samples.held[round]` and `samples.free[round]` are `{ ioCores, delayMs, perSecond }`: while another
 * process writes keys of which this one has copies, and while it writes others.
 */
export async function measurePushes({ subject, redis, effort, quick, progress }) {
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench-near:pushes:' });
  const keys = PER_SECOND * (quick ? QUICK_SECONDS : SECONDS);
  return withHosts(several(subject, 2), optionsOf, async ([writer, holder]) => {
    const samples = { held: [], free: [] };
    const rounds = Math.min(effort.rounds, MOST_ROUNDS);
    for (let round = 1; round <= rounds; round += 1) {
      progress(`pushes: round ${round}`);
      const rangeOf = (name) => ({ range: `${name}-${round}`, keys });
      for (const name of NAMES) await writer.ask('writeNumbers', rangeOf(name));
      await holder.ask('holdNumbers', rangeOf('held'));
      for (const name of orderOfRound(NAMES, round)) {
        const names = await writer.ask('namesOfNumbers', { url: redis.url, ...rangeOf(name) });
        await holder.ask('startWatchingSelf');
        const seconds = await writer.ask('writeAtRate', { url: redis.url, names, perSecond: PER_SECOND });
        const seen = await holder.ask('stopWatchingSelf');
        const { invalidated, ...figures } = seen;
        if (name === 'held' && invalidated < keys * 0.9) {
          throw new Error(`of ${keys} changes the process heard of ${invalidated}`);
        }
        samples[name].push({ ...figures, perSecond: keys / seconds });
      }
    }
    return { samples };
  });
}
