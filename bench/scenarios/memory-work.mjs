/** What `memory.mjs` asks of the contender's process. */
import { performance } from 'node:perf_hooks';

import { createConversation, phoneNumber, seededRandom } from '../data.mjs';

const CALLERS = 64;
const MESSAGES = 2;
const SEED = 64;
/** Conversations are drawn once: making a million would measure the generator's garbage. */
const DISTINCT_CONVERSATIONS = 256;

function residentMiB() {
  return process.memoryUsage.rss() / 1_048_576;
}

export async function fillMemory(adapter, { sets, samples }) {
  const random = seededRandom(SEED);
  const conversations = Array.from({ length: DISTINCT_CONVERSATIONS }, () =>
    createConversation(random, MESSAGES),
  );
  const baselineMiB = residentMiB();
  const resident = [];
  const startedAt = performance.now();
  let next = 0;

  async function caller(until) {
    while (next < until) {
      const index = next;
      next += 1;
      const messages = conversations[index % DISTINCT_CONVERSATIONS];
      const stored = await adapter.setConversationContext('org-memory', phoneNumber(index), messages);
      if (stored !== true) throw new Error('a conversation was not stored');
    }
  }

  for (let sample = 1; sample <= samples; sample += 1) {
    const until = Math.round((sets * sample) / samples);
    await Promise.all(Array.from({ length: CALLERS }, () => caller(until)));
    resident.push(residentMiB());
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  return { baselineMiB, residentMiB: resident, setsPerSecond: sets / seconds };
}
