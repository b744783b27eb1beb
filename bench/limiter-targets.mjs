/** The promises of the rate limiter. */
import { AUTO_PIPELINING, atLeast, atMost, ratio } from './target-measures.mjs';

/** The contender over ioredis with auto-pipelining is rate-limiter-flexible in this scenario. */
const against = (operation, callers, metric = 'callsPerSecond') =>
  ratio('limiter', { operation, callers }, metric, AUTO_PIPELINING);

export const LIMITER_TARGETS = [
  {
    name: 'consume, new identifiers, 64 callers, calls/s against rate-limiter-flexible over ioredis auto-pipelining',
    ...atLeast(2, 3, 'x'),
    measure: against('limiter-new', 64),
  },
  {
    name: 'consume, new identifiers, 512 callers, the same',
    ...atLeast(2.5, 3, 'x'),
    measure: against('limiter-new', 512),
  },
  {
    name: 'event-loop time a consume, 512 callers, the same',
    ...atMost(0.3, 0.2, 'x'),
    measure: against('limiter-new', 512, 'loopMicrosPerCall'),
  },
  {
    name: 'consume of three policies in one call, 64 callers, calls/s against its union of three',
    ...atLeast(3, 4, 'x'),
    measure: against('limiter-three', 64),
  },
  {
    name: 'consume, identifiers at their limit, 64 callers, calls/s against its block in memory',
    ...atLeast(1.5, 3, 'x'),
    measure: against('limiter-limited', 64),
  },
];
