/** What `hit-ratio.mjs` asks of the contender's process. */
import { LRUCache } from 'lru-cache';

import { phoneNumber, seededRandom } from '../../data.mjs';
import { answerOf, inParallel } from '../../near-workloads.mjs';
import { zipf } from '../../zipf.mjs';

const ORGANIZATIONS = 8;
const CALLERS = 16;
const WRITERS = 256;
const FIRST_PHONE = 4_000_000;
/** Of the accesses, in multiples of the working set: before anything is counted, and while it is. */
const WARM_UP = 5;
const COUNTED = 5;

const placeOf = (index) => [`org-${index % ORGANIZATIONS}`, phoneNumber(FIRST_PHONE + index)];
const conversationOf = (index) => [{ role: 'user', content: `Is it number ${index}?`, timestamp: index }];

/** Reads a value. Answers whether it was in this process. */
async function read(adapter, index) {
  const { value, isHere } = await answerOf(adapter.getConversationContext(...placeOf(index)));
  if (value?.[0]?.timestamp !== index) throw new Error('a get answered another value');
  return isHere;
}

async function store(adapter, count) {
  await inParallel(count, WRITERS, async (index) => {
    const stored = await adapter.setConversationContext(...placeOf(index), conversationOf(index));
    if (stored !== true) throw new Error('a value was not stored');
  });
}

/** Stores values, and reads them until there is no room for more copies. Answers how many copies there are then. */
export async function fillCopies({ adapter, copies }, { count }) {
  await store(adapter, count);
  let index = 0;
  while ((await copies()).evictions === 0) {
    if (index >= count) throw new Error(`${count} values fit into the copies`);
    const from = index;
    await inParallel(WRITERS / 2, CALLERS, async (offset) => {
      for (let time = 0; time < 2; time += 1) await read(adapter, from + offset);
    });
    index += WRITERS / 2;
  }
  return (await copies()).entries;
}

/**
 * How many reads by Zipf's law copies answer, and how many an exact LRU of `capacity` entries answers in the same order.
 * With `hasScan` a read of the next key of all, in turn, follows each; these are not counted.
 */
export async function hitRatios({ adapter, copies }, { keys, capacity, exponent, hasScan, seed }) {
  await store(adapter, keys);
  const random = seededRandom(seed);
  const next = shuffled(zipf({ count: keys, exponent, random }), keys, random);
  const lru = new LRUCache({ max: capacity });
  const inLru = (index) => {
    const isHit = lru.get(index) !== undefined;
    if (!isHit) lru.set(index, true);
    return isHit;
  };
  const hits = { near: 0, lru: 0 };
  let scanned = 0;
  const run = (reads) =>
    inParallel(reads, CALLERS, async () => {
      const index = next();
      if (inLru(index)) hits.lru += 1;
      if (await read(adapter, index)) hits.near += 1;
      if (!hasScan) return;
      const other = scanned % keys;
      scanned += 1;
      inLru(other);
      await read(adapter, other);
    });
  await run(keys * WARM_UP);
  Object.assign(hits, { near: 0, lru: 0 });
  await run(keys * COUNTED);
  const reads = keys * COUNTED;
  return { near: hits.near / reads, lru: hits.lru / reads, entries: (await copies()).entries };
}

/** Which keys are asked for often has nothing to do with their numbers, which a scan follows. */
function shuffled(rank, count, random) {
  const keys = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [keys[index], keys[other]] = [keys[other], keys[index]];
  }
  return () => keys[rank()];
}
