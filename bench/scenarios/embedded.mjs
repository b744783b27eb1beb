/** Gets by one caller from the store inside the process, without any Redis. */

import { withHosts } from '../contender-host.mjs';
import { contenderById, isSubject } from '../contenders.mjs';
import { measureCells } from '../rounds.mjs';
import { MESSAGE_COUNTS } from './adapter.mjs';

/** Over no Redis the JavaScript adapter is the same whatever its client: one stands for all. */
const JAVASCRIPT_LAYER = 'ioredis';

export async function measureEmbedded({ contenders, effort, progress }) {
  const chosen = contenders.filter(({ id }) => isSubject(id) || id === JAVASCRIPT_LAYER);
  if (chosen.length === 0) return null;
  const optionsOf = () => ({ keyPrefix: 'bench:', useRedis: false });
  const cells = MESSAGE_COUNTS.map((messages) => ({
    operation: 'adapter-get',
    messages,
    callers: 1,
  }));
  return withHosts(chosen, optionsOf, (hosts) =>
    measureCells({ hosts, cells, serverPids: [], effort, progress }),
  );
}

export function embeddedLabel(id) {
  if (id === JAVASCRIPT_LAYER) return 'JavaScript adapter over its Map';
  return contenderById(id).adapter;
}
