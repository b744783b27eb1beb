/** What `clear.mjs` asks of a contender's process. */
import { performance } from 'node:perf_hooks';

import { createConversation, phoneNumber, seededRandom } from '../data.mjs';

const CALLERS = 256;
const MESSAGES = 2;
const SEED = 10_000;

async function forEachPhone(count, visit) {
  let next = 0;
  async function caller() {
    while (next < count) {
      const phone = phoneNumber(next);
      next += 1;
      await visit(phone);
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

export async function fillOrganization(adapter, { organization, count }) {
  const random = seededRandom(SEED);
  await forEachPhone(count, async (phone) => {
    const messages = createConversation(random, MESSAGES);
    const stored = await adapter.setConversationContext(organization, phone, messages);
    if (stored !== true) throw new Error('a conversation was not stored');
  });
}

export async function countConversations(adapter, { organization, count }) {
  let found = 0;
  await forEachPhone(count, async (phone) => {
    if ((await adapter.getConversationContext(organization, phone)) !== null) found += 1;
  });
  return found;
}

export async function clearOrganization(adapter, { organization }) {
  const startedAt = performance.now();
  await adapter.clearOrganizationCache(organization);
  return { elapsedMs: performance.now() - startedAt };
}
