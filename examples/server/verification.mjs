// After one organization was cleared: reads everything back, and compares it with what was stored.

import { conversationPath } from './client.mjs';

function sameJson(left, right) {
  return JSON.stringify(left) === JSON.stringify(right);
}

/**
 * Reads every conversation and its summary over HTTP.
 *
 * @returns how many of the cleared organization's are gone, how many of the others' are exactly as
 *   they were stored last, and how many there are of each
 */
export async function verifyClearing({ client, conversations, clearedId, isolation }) {
  const result = { cleared: 0, gone: 0, others: 0, untouched: 0 };

  await client.forEach(conversations, async ({ organizationId, phoneNumber, messages, summary }) => {
    const path = conversationPath({ organizationId, phoneNumber });
    const ofMessages = await client.call('GET', path);
    const ofSummary = await client.call('GET', `${path}/summary`);
    for (const answer of [ofMessages, ofSummary]) isolation.check(answer, organizationId);
    if (organizationId === clearedId) {
      result.cleared += 1;
      if (ofMessages.status === 404 && ofSummary.status === 404) result.gone += 1;
    } else {
      result.others += 1;
      const same =
        sameJson(ofMessages.body?.messages, messages) && sameJson(ofSummary.body?.summary, summary);
      if (same) result.untouched += 1;
    }
  });
  return result;
}
