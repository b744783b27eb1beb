/** Conversations through the adapter: nine gets to one set. */
import { withHosts } from '../contender-host.mjs';
import { measureCells } from '../rounds.mjs';

const OPERATION = 'adapter-mixed';
export const MESSAGE_COUNTS = [2, 40];

export async function measureAdapter({ contenders, callers, redis, effort, progress }) {
  const cells = MESSAGE_COUNTS.flatMap((messages) =>
    callers.map((count) => ({ operation: OPERATION, messages, callers: count })),
  );
  // The layers write different bytes, so they must not read each other's.
  const optionsOf = ({ id }) => ({ url: redis.url, keyPrefix: `bench:${id}:`, useRedis: true });
  return withHosts(contenders, optionsOf, (hosts) =>
    measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress }),
  );
}
