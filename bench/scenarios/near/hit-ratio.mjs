/** Of reads by Zipf's law, how many copies answer that have room for a tenth of the keys; an exact LRU with the same room. */
import { withHosts } from '../../contender-host.mjs';
import { EXPONENT } from './server-cost.mjs';

const NEAR_MAX_BYTES = 2 * 1_048_576;
const QUICK_NEAR_MAX_BYTES = 512 * 1_024;
/** Bytes that a copy of these values takes at least: so many values are more than have room. */
const LEAST_BYTES = 100;
const MOST_ROUNDS = 5;
export const ROOM = 0.1;

/** Answers `{ plain, scan }`, each `[{ near, lru, entries }]`: shares of the reads, a round each. */
export async function measureHitRatio({ subject, redis, effort, quick, progress }) {
  const nearMaxBytes = quick ? QUICK_NEAR_MAX_BYTES : NEAR_MAX_BYTES;
  const optionsOf = () => ({ url: redis.url, keyPrefix: 'bench-near:hit-ratio:', nearMaxBytes });
  const rounds = Math.min(effort.rounds, MOST_ROUNDS);
  const results = { plain: [], scan: [] };
  for (let round = 1; round <= rounds; round += 1) {
    progress(`hit ratio: round ${round}`);
    for (const name of Object.keys(results)) {
      // A process each, so that what was read before decides nothing.
      const ratios = await withHosts([subject], optionsOf, async ([host]) => {
        const capacity = await host.ask('fillCopies', { count: Math.ceil(nearMaxBytes / LEAST_BYTES) });
        const keys = Math.round(capacity / ROOM);
        const hasScan = name === 'scan';
        return host.ask('hitRatios', { keys, capacity, exponent: EXPONENT, hasScan, seed: round });
      });
      results[name].push(ratios);
    }
  }
  return results;
}
