/** Stores for express-session and express-rate-limit, through the interfaces of those libraries. */
import { withHosts } from '../contender-host.mjs';
import { storesAmong } from '../contenders.mjs';
import { measureCells } from '../rounds.mjs';
import { LIMITS, SESSIONS, STORE_LIMIT } from '../store-workloads.mjs';

/** One caller measures the way to the server, which other scenarios do. */
const isMany = (callers) => callers > 1;

export async function measureStores({ contenders, callers, redis, effort, progress }) {
  const measured = [];
  for (const [part, operations] of [
    ['sessions', SESSIONS],
    ['limits', LIMITS],
  ]) {
    const chosen = storesAmong(contenders, part);
    if (chosen.length === 0) continue;
    const cells = operations.flatMap((operation) =>
      callers.filter(isMany).map((count) => ({ operation, callers: count })),
    );
    const optionsOf = () => ({ url: redis.url, limit: STORE_LIMIT });
    measured.push(
      await withHosts(chosen, optionsOf, (hosts) =>
        measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress }),
      ),
    );
  }
  return measured.length === 0 ? null : { cells: measured.flatMap(({ cells }) => cells) };
}
