/** A small organization, alone and beside one that works on a hundred times its keys in the same process. */
import { withHosts } from '../../contender-host.mjs';

/** Their copies take less than the 64 KiB that an organization keeps. */
const KEYS = 100;
export const FACTOR = 100;
/** Room for a part of the large organization's values alone. */
const NEAR_MAX_BYTES = 1_048_576;
const READS = 20_000;
const QUICK_READS = 4_000;
const MOST_ROUNDS = 10;

/** Answers `{ alone, beside }`, each `[{ hitRatio, p99Micros }]`, a round each. */
export async function measureTenants({ subject, redis, effort, quick, progress }) {
  const optionsOf = () => ({
    url: redis.url,
    keyPrefix: 'bench-near:tenants:',
    nearMaxBytes: NEAR_MAX_BYTES,
  });
  const load = { keys: KEYS, reads: quick ? QUICK_READS : READS };
  const rounds = Math.min(effort.rounds, MOST_ROUNDS);
  return withHosts([subject], optionsOf, async ([host]) => {
    const results = { alone: [], beside: [] };
    // The first round is for code to be compiled and for the large organization to fill the copies.
    for (let round = 0; round <= rounds; round += 1) {
      progress(round === 0 ? 'tenants: one round to warm up' : `tenants: round ${round}`);
      const alone = await host.ask('tenantLoad', { ...load, factor: 0 });
      const beside = await host.ask('tenantLoad', { ...load, factor: FACTOR });
      if (round === 0) continue;
      results.alone.push(alone);
      results.beside.push(beside);
    }
    return results;
  });
}
