/** The contenders of the scenario `queue`: the queue of the package, BullMQ over ioredis, and BullMQ over `orgcache/ioredis`. */
import { isSubject } from './contenders.mjs';

const OWN_MODULE = './peers/orgcache-queue.mjs';
const BULLMQ_MODULE = { module: './peers/bullmq.mjs', package: 'bullmq' };

export const BULLMQ = 'bullmq';
export const BULLMQ_OVER_ORGCACHE = 'bullmq-orgcache';

/** As the contenders of `contenders.mjs`. */
export const QUEUE_PEERS = [
  { id: BULLMQ, label: 'BullMQ over ioredis', ...BULLMQ_MODULE, settings: { isOverOrgcache: false } },
  {
    id: BULLMQ_OVER_ORGCACHE,
    label: 'BullMQ over orgcache/ioredis',
    ...BULLMQ_MODULE,
    settings: { isOverOrgcache: true },
  },
];

/** The package among the chosen contenders, and all peers; null without the package. */
export function queuesAmong(contenders) {
  const chosen = contenders.find(({ id }) => isSubject(id));
  if (!chosen) return null;
  return [{ id: chosen.id, module: OWN_MODULE, settings: chosen.settings }, ...QUEUE_PEERS];
}

/** How a contender is named in reports. What is no contender keeps its name. */
export function queueLabel(id) {
  return QUEUE_PEERS.find((peer) => peer.id === id)?.label ?? id;
}
