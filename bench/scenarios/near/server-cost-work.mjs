/** What `server-cost.mjs` asks of the contender's process. */
import { createConversation, phoneNumber, seededRandom } from '../../data.mjs';
import { inParallel } from '../../near-workloads.mjs';
import { zipf } from '../../zipf.mjs';

const CALLERS = 64;
const MESSAGES = 2;
const ORGANIZATIONS = 8;
const FIRST_PHONE = 3_000_000;

/** Samplers take a moment to make, and serve every round. */
const samplers = new Map();

function samplerOf(options) {
  const name = JSON.stringify(options);
  if (!samplers.has(name)) samplers.set(name, zipf({ ...options, random: seededRandom(process.pid) }));
  return samplers.get(name);
}

/** Gets and sets of conversations that are chosen by Zipf's law; of all calls `writeShare` are sets. */
export async function mixedLoad({ adapter }, { calls, keys, exponent, writeShare }) {
  const next = samplerOf({ count: keys, exponent });
  const random = seededRandom(calls ^ process.pid);
  const messages = createConversation(random, MESSAGES);
  await inParallel(calls, CALLERS, async () => {
    const rank = next();
    const place = [`org-${rank % ORGANIZATIONS}`, phoneNumber(FIRST_PHONE + rank)];
    if (random() < writeShare) {
      if ((await adapter.setConversationContext(...place, messages)) !== true) {
        throw new Error('a conversation was not stored');
      }
      return;
    }
    const found = await adapter.getConversationContext(...place);
    if (found !== null && found.length !== MESSAGES) throw new Error('a get answered another length');
  });
}
