/** Rate limits: consume with new, known and limited identifiers, and three policies in one call. */
import { withHosts } from '../contender-host.mjs';
import { limitersAmong } from '../contenders.mjs';
import { LIMITS, OPERATIONS } from '../limiter-workloads.mjs';
import { measureCells } from '../rounds.mjs';

/** One caller measures the way to the server, which other scenarios do. */
const isMany = (callers) => callers > 1;

export async function measureLimiter({ contenders, callers, redis, effort, progress }) {
  const chosen = limitersAmong(contenders);
  if (chosen.length === 0) return null;
  const cells = Object.keys(OPERATIONS).flatMap((operation) =>
    callers.filter(isMany).map((count) => ({ operation, callers: count })),
  );
  const optionsOf = () => ({ url: redis.url, limits: LIMITS });
  return withHosts(chosen, optionsOf, (hosts) =>
    measureCells({ hosts, cells, serverPids: [redis.pid], effort, progress }),
  );
}
