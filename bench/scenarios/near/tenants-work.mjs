/** What `tenants.mjs` asks of the contender's process. */
import { setImmediate as yieldLoop } from 'node:timers/promises';

import { createConversation, phoneNumber, seededRandom } from '../../data.mjs';
import { answerOf, awaitCopies, inParallel } from '../../near-workloads.mjs';
import { percentile } from '../../statistics.mjs';

const SMALL = { organization: 'org-small', firstPhone: 5_000_000 };
const LARGE = { organization: 'org-large', firstPhone: 6_000_000 };
const MESSAGES = 2;
const SMALL_CALLERS = 16;
/** Calls of the large organization for each of the small one. */
const LARGE_CALLERS = 16;
/** Of the calls of the large organization. The others read, and so get copies. */
const LARGE_WRITES = 0.5;

let messages;

function callsOf({ organization, firstPhone }, adapter) {
  messages ??= createConversation(seededRandom(MESSAGES), MESSAGES);
  return {
    read: (index) => adapter.getConversationContext(organization, phoneNumber(firstPhone + index)),
    async write(index) {
      const phone = phoneNumber(firstPhone + index);
      const stored = await adapter.setConversationContext(organization, phone, messages);
      if (stored !== true) throw new Error('a conversation was not stored');
    },
  };
}

/**
 * A small organization reads its `keys` values, `reads` times. With `factor` above 0 a large one works beside it on as many
 * times the keys. Answers the share of the small one's reads that copies answered, and their p99.
 */
export async function tenantLoad(contender, { keys, reads, factor }) {
  const small = callsOf(SMALL, contender.adapter);
  const large = callsOf(LARGE, contender.adapter);
  const numbers = Array.from({ length: keys }, (_, index) => index);
  await inParallel(keys, SMALL_CALLERS, small.write);
  await awaitCopies(contender, numbers, small.read);
  const largeKeys = keys * factor;
  const random = seededRandom(largeKeys);
  let isOver = false;
  async function largeCaller() {
    while (!isOver) {
      const index = Math.floor(random() * largeKeys);
      if (random() < LARGE_WRITES) await large.write(index);
      else await large.read(index);
    }
  }
  const beside = factor > 0 ? Array.from({ length: LARGE_CALLERS }, largeCaller) : [];
  const latencies = new Float64Array(reads);
  let hits = 0;
  try {
    for (let index = 0; index < reads; index += 1) {
      const startedAt = performance.now();
      const { value, isHere } = await answerOf(small.read(index % keys));
      latencies[index] = (performance.now() - startedAt) * 1_000;
      if (value?.length !== MESSAGES)
        throw new Error('a get did not answer the conversation that was stored');
      if (isHere) hits += 1;
      await yieldLoop();
    }
  } finally {
    isOver = true;
    await Promise.all(beside);
  }
  return { hitRatio: hits / reads, p99Micros: percentile(latencies, 0.99) };
}
