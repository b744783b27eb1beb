/** What `write-cost.mjs` asks of the contender's process. */
import { setTimeout as delay } from 'node:timers/promises';

import { createConversation, phoneNumber, seededRandom } from '../../data.mjs';
import { inParallel } from '../../near-workloads.mjs';

const WRITERS = 64;
const READERS = 32;
const MESSAGES = 2;
const FIRST_PHONE = 7_000_000;
const ENOUGH = 0.97;
const DEADLINE_MS = 30_000;
const POLL_MS = 20;
const ANSWER_MS = 100;

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
  await inParallel(count, READERS, async (number) => {
    const place = placeOf(range, first + number * step);
    for (let read = 0; read < 2; read += 1) await adapter.getConversationContext(...place);
  });
  const deadline = performance.now() + DEADLINE_MS;
  while ((await copies()).fills < fills + count * ENOUGH) {
    if (performance.now() > deadline) throw new Error('keys that were read twice got no copies');
    await delay(POLL_MS);
  }
  // The last of them have been asked for.
  await delay(ANSWER_MS);
}
