/** Resident memory while a million conversations go through a memory store of 64 MiB. */

import { withHosts } from '../contender-host.mjs';
import { isSubject } from '../contenders.mjs';

export const SETS = 1_000_000;
export const STORE_MAX_BYTES = 64 * 1_048_576;
const SAMPLES = 20;
/** Growth over the second half that is still called flat: a collector's breathing, not a leak. */
export const FLAT_GROWTH = 1.05;

export async function measureMemory({ contenders, progress }) {
  const subject = contenders.find(({ id }) => isSubject(id));
  if (!subject) return null;
  const options = { keyPrefix: 'bench:', useRedis: false, memoryMaxBytes: STORE_MAX_BYTES };
  progress(`memory: ${SETS.toLocaleString('en')} sets`);
  return withHosts(
    [subject],
    () => options,
    async ([host]) => {
      const filling = await host.ask('fillMemory', { sets: SETS, samples: SAMPLES });
      return { sets: SETS, storeMaxBytes: STORE_MAX_BYTES, ...summarizeMemory(filling) };
    },
  );
}

/** @param residentMiB after each equal share of the sets */
export function summarizeMemory({ baselineMiB, residentMiB, setsPerSecond }) {
  const half = residentMiB[Math.ceil(residentMiB.length / 2) - 1];
  const end = residentMiB[residentMiB.length - 1];
  return {
    baselineMiB,
    residentMiB,
    setsPerSecond,
    endMiB: end,
    peakMiB: Math.max(...residentMiB),
    growthOfSecondHalf: end / half,
    flat: end / half <= FLAT_GROWTH,
  };
}
