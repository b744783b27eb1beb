/** What a million short texts take: as near copies, and in an lru-cache. */
import { withHosts } from '../../contender-host.mjs';
import { LRU_CACHE, NEAR_OFF } from '../../near-contenders.mjs';

const ENTRIES = 1_000_000;
const QUICK_ENTRIES = 100_000;
export const BYTES = 200;
const NEAR_MAX_BYTES = 2 ** 30;
const WARM_UP_SHARE = 20;
/** Nine of ten are reads. */
const CALLS = 1_000_000;
const STALL_ROUNDS = 3;
/** Redis tells of a million keys by default. */
const TRACKED_KEYS = 4 * ENTRIES;

/**
 * Answers `{ entries, samples, stalls }`, where `samples[id]` is one `{ grownMiB, countedMiB, entryBytes }`: of all, of all by their own
 * count, and of each; and `stalls[id][round]` is `{ longestMs }`: how long the event loop was held up while texts were read and replaced.
 */
export async function measureNearMemory({ subject, byId, redis, quick, progress }) {
  const count = quick ? QUICK_ENTRIES : ENTRIES;
  const texts = { count, bytes: BYTES };
  const chosen = [subject, byId[NEAR_OFF], byId[LRU_CACHE]];
  const optionsOf = () => ({
    url: redis.url,
    // As short as the keys of lru-cache, nearly.
    keyPrefix: 'b:',
    nearMaxBytes: NEAR_MAX_BYTES,
    maxItems: count,
  });
  // Whoever reads the targets alone needs no peers.
  const { default: Redis } = await import('ioredis');
  const admin = new Redis(redis.url);
  try {
    await admin.config('SET', 'tracking-table-max-keys', TRACKED_KEYS);
    return await withHosts(chosen, optionsOf, async ([near, filler, lru]) => {
      progress(`near memory: ${count.toLocaleString('en')} texts`);
      await filler.ask('fillTexts', texts);
      const samples = {
        [subject.id]: [await grown(near, 'copyTexts', texts)],
        [LRU_CACHE]: [await grown(lru, 'keepTexts', texts)],
      };
      const stalls = { [subject.id]: [], [LRU_CACHE]: [] };
      const churned = { ...texts, calls: quick ? CALLS / 10 : CALLS };
      for (let round = 1; round <= STALL_ROUNDS; round += 1) {
        progress(`near memory: stalls, round ${round}`);
        stalls[subject.id].push(await near.ask('churnCopies', churned));
        stalls[LRU_CACHE].push(await lru.ask('churnKept', churned));
      }
      return { entries: count, samples, stalls };
    });
  } finally {
    admin.disconnect();
  }
}

async function grown(host, operation, texts) {
  // The heap grows with the first calls, whatever they keep.
  const first = await host.ask(operation, { ...texts, count: texts.count / WARM_UP_SHARE });
  const before = await host.ask('residentMiB');
  const all = await host.ask(operation, texts);
  const entries = all.entries - first.entries;
  const countedMiB = all.countedMiB - first.countedMiB;
  const grownMiB = (await host.ask('residentMiB')) - before;
  return { grownMiB, countedMiB, entryBytes: (grownMiB * 1_048_576) / entries };
}
