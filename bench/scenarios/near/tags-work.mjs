/** What `tags.mjs` asks of the contender's process. */
import { performance } from 'node:perf_hooks';

import { inParallel } from '../../near-workloads.mjs';

const WRITERS = 256;
const ORGANIZATION = 'org-tags';

export async function fillTag({ cache }, { tag, count }) {
  await inParallel(count, WRITERS, async (index) => {
    const stored = await cache.setTagged(ORGANIZATION, `${tag}:${index}`, { index }, tag);
    if (stored !== true) throw new Error('a value with a tag was not stored');
  });
}

/** Answers how long an invalidation took, after which the tag's first and last value are gone. */
export async function invalidateTag({ cache }, { tag, count }) {
  const startedAt = performance.now();
  await cache.invalidateTag(ORGANIZATION, tag);
  const elapsedMs = performance.now() - startedAt;
  for (const index of [0, count - 1]) {
    const found = await cache.get(ORGANIZATION, `${tag}:${index}`);
    if (found !== undefined && found !== null)
      throw new Error('a value outlived the invalidation of its tag');
  }
  return elapsedMs;
}
