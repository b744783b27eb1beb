/** What `sessions.mjs` asks of a contender's process. */
import { performance } from 'node:perf_hooks';

import { dataOf, forEachIndex } from '../session-workloads.mjs';

/** Creates sessions, so many for each user. Answers the ids of the first and the last. */
async function fillSessions(client, { name, count, perUser }) {
  const ids = [];
  await forEachIndex(count, async (index) => {
    ids[index] = await client.create(`${name}-${Math.floor(index / perUser)}`, dataOf(index));
  });
  return [ids[0], ids[count - 1]];
}

/** Ends all sessions of a user, and looks whether two of them are gone. */
async function endUser(client, { userId, ids }) {
  const startedAt = performance.now();
  await client.destroyAll(userId);
  const elapsedMs = performance.now() - startedAt;
  for (const id of ids) if (await client.get(id)) throw new Error('a session survived the end of its user');
  return { elapsedMs };
}

/** The operations of a contender's process, by their names. */
export function sessionOperations(contenderOf) {
  return {
    fillSessions: (argument) => fillSessions(contenderOf().client, argument),
    endUser: (argument) => endUser(contenderOf().client, argument),
  };
}
