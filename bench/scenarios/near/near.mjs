/** Values that are kept in the process: how fast they answer, how soon they go, and what they cost Redis and memory. */
import { nearAmong } from '../../near-contenders.mjs';
import { measureCalls } from './calls.mjs';
import { measureHitRatio } from './hit-ratio.mjs';
import { measureInvalidation } from './invalidation.mjs';
import { measureNearMemory } from './memory.mjs';
import { measurePushes } from './pushes.mjs';
import { measureServerCost } from './server-cost.mjs';
import { measureStampede } from './stampede.mjs';
import { measureTags } from './tags.mjs';
import { measureTenants } from './tenants.mjs';
import { measureWorkers } from './workers.mjs';
import { measureWriteCost } from './write-cost.mjs';

/** Each answers null where the build lacks what it measures. */
const PARTS = {
  calls: measureCalls,
  stampede: measureStampede,
  invalidation: measureInvalidation,
  pushes: measurePushes,
  'server-cost': measureServerCost,
  'write-cost': measureWriteCost,
  memory: measureNearMemory,
  workers: measureWorkers,
  'hit-ratio': measureHitRatio,
  tags: measureTags,
  tenants: measureTenants,
};

export const PART_NAMES = Object.keys(PARTS);

export async function measureNear({ contenders, parts, ...options }) {
  const measured = nearAmong(contenders);
  if (!measured) return null;
  const byId = Object.fromEntries(measured.map((contender) => [contender.id, contender]));
  const [subject] = measured;
  const results = { cells: [] };
  for (const part of parts.filter((name) => PART_NAMES.includes(name))) {
    const result = await PARTS[part]({ ...options, subject, byId });
    if (part === 'calls') results.cells = result;
    else results[part] = result;
  }
  return results;
}
