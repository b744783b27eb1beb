/** The promises of the stores of session and rate limit libraries. */
import { AUTO_PIPELINING, atLeast, ratio } from './target-measures.mjs';

const NODE_REDIS = 'node-redis';

export const STORE_TARGETS = [
  {
    name: "store get through express-session's interface, 64 callers, calls/s against connect-redis 9 over node-redis",
    ...atLeast(2, 3, 'x'),
    measure: ratio('stores', { operation: 'store-session-get', callers: 64 }, 'callsPerSecond', NODE_REDIS),
  },
  {
    name: "ERL's store, 64 callers, calls/s against rate-limit-redis 6 over ioredis auto-pipelining",
    ...atLeast(2, 3, 'x'),
    measure: ratio('stores', { operation: 'store-limit', callers: 64 }, 'callsPerSecond', AUTO_PIPELINING),
  },
];
