/** The processor time of Redis a write of keys that four processes have copies of, and of keys that none has. */
import { withHosts } from '../../contender-host.mjs';
import { several } from '../../near-contenders.mjs';
import { orderOfRound } from '../../rounds.mjs';
import { PROCESSES, serverMicros } from './server-cost.mjs';

const KEYS = 10_000;
/** Each process has one key in so many, each another. */
export const HELD_ONE_IN = 10;
/** Copies that never answer become fewer after 10,000. */
const MOST_ROUNDS = 8;
const NAMES = ['held', 'free'];

/** Answers `{ samples }`, where `samples.held[round]` and `samples.free[round]` are `{ serverMicrosPerWrite }`. */
export async function measureWriteCost({ subject, redis, effort, progress }) {
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench-near:write-cost:' });
  // Whoever reads the targets alone needs no peers.
  const { default: Redis } = await import('ioredis');
  const admin = new Redis(redis.url);
  try {
    return await withHosts(several(subject, PROCESSES + 1), optionsOf, async ([writer, ...holders]) => {
      const samples = { held: [], free: [] };
      const rounds = Math.min(effort.rounds, MOST_ROUNDS);
      for (let round = 1; round <= rounds; round += 1) {
        progress(`write cost: round ${round}`);
        // Keys of its own, so that no round finds what another has left.
        const rangeOf = (name) => ({ range: `${name}-${round}`, keys: KEYS });
        for (const name of NAMES) await writer.ask('writeRange', rangeOf(name));
        const held = { ...rangeOf('held'), step: HELD_ONE_IN };
        await Promise.all(holders.map((host, first) => host.ask('holdRange', { ...held, first })));
        for (const name of orderOfRound(NAMES, round)) {
          const before = await serverMicros(admin);
          await writer.ask('writeRange', rangeOf(name));
          const serverMicrosPerWrite = ((await serverMicros(admin)) - before) / KEYS;
          samples[name].push({ serverMicrosPerWrite });
        }
      }
      return { samples };
    });
  } finally {
    admin.disconnect();
  }
}
