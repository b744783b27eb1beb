/** What can be measured, in the order in which it is. */
import { measureAdapter } from './scenarios/adapter.mjs';
import { measureClear } from './scenarios/clear.mjs';
import { measureClient } from './scenarios/client.mjs';
import { measureClusterClient } from './scenarios/cluster-client.mjs';
import { measureEmbedded } from './scenarios/embedded.mjs';
import { measureFailover } from './scenarios/failover.mjs';
import { measureLimiter } from './scenarios/limiter.mjs';
import { measureMemory } from './scenarios/memory.mjs';
import { measureNear } from './scenarios/near/near.mjs';
import { measureOutage } from './scenarios/outage.mjs';
import { measureQueue } from './scenarios/queue/queue.mjs';
import { measureRaw } from './scenarios/raw.mjs';
import { measureSessions } from './scenarios/sessions.mjs';
import { measureStores } from './scenarios/stores.mjs';
import { measureTopics } from './scenarios/topics.mjs';

export const SCENARIOS = {
  raw: { measure: measureRaw, needsRedis: true },
  adapter: { measure: measureAdapter, needsRedis: true },
  embedded: { measure: measureEmbedded, needsRedis: false },
  clear: { measure: measureClear, needsRedis: true },
  memory: { measure: measureMemory, needsRedis: false },
  outage: { measure: measureOutage, needsRedis: true },
  client: { measure: measureClient, needsRedis: true },
  'cluster-client': { measure: measureClusterClient, needsRedis: false },
  limiter: { measure: measureLimiter, needsRedis: true },
  sessions: { measure: measureSessions, needsRedis: true },
  stores: { measure: measureStores, needsRedis: true },
  topics: { measure: measureTopics, needsRedis: true },
  near: { measure: measureNear, needsRedis: true },
  queue: { measure: measureQueue, needsRedis: true },
  failover: { measure: measureFailover, needsRedis: false },
};
