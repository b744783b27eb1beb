/** What `write-cost.mjs` asks of the contender's process. */
import { setTimeout as delay } from 'node:timers/promises';

import { createConversation, phoneNumber, seededRandom } from '../../data.mjs';
import { inParallel } from '../../near-workloads.mjs';

const WRITERS = 64;
const READERS = 16;
const MESSAGES = 2;
const FIRST_PHONE = 7_000_000;
/** Fewer than the copies that one process asks for at a time. */
const CHUNK = 128;
const CHUNK_DEADLINE_MS = 1_000;
const ENOUGH = 0.9;
const POLL_MS = 10;

const placeOf = (range, index) => [`org-${range}`, phoneNumber(FIRST_PHONE + index)];

/** Writes all keys of a range. */
export async function writeRange({ adapter }, { range, keys }) {
  const messages = createConversation(seededRandom(MESSAGES), MESSAGES);
  await inParallel(keys, WRITERS, async (index) => {
    if ((await adapter.setConversationContext(...placeOf(range, index), messages)) !== true) {
      throw new Error('a conversation was not stored');
    }
  });
}

/**
 * Asks for copies of every `step`th key from `first` on, and for nothing more: a copy that has answered would be read again
 * when its key is written.
 */
export async function holdRange({ adapter, copies }, { range, keys, first, step }) {
  const count = Math.floor((keys - first - 1) / step) + 1;
  const { fills } = await copies();
  for (let done = 0; done < count; done += CHUNK) {
    const size = Math.min(CHUNK, count - done);
    await inParallel(size, READERS, async (number) => {
      const place = placeOf(range, first + (done + number) * step);
      for (let read = 0; read < 2; read += 1) await adapter.getConversationContext(...place);
    });
    await awaitFills(copies, fills + done + size);
  }
  const asked = (await copies()).fills - fills;
  if (asked < count * ENOUGH) throw new Error(`of ${count} keys that were read twice ${asked} got copies`);
}

/** Waits until so many copies were asked for, but not for long: too many at once are not asked for later. */
async function awaitFills(copies, count) {
  const deadline = performance.now() + CHUNK_DEADLINE_MS;
  while ((await copies()).fills < count && performance.now() < deadline) await delay(POLL_MS);
  // The last answers are under way.
  await delay(POLL_MS);
}
