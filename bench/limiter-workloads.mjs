/** The calls that the callers of `load.mjs` make of a rate limiter. */

/** A power of two, so that choosing an identifier costs one bit operation. */
const KNOWN_COUNT = 1_024;
const KNOWN_MASK = KNOWN_COUNT - 1;

/** `wide` is never reached within `windowSeconds`; identifiers at `narrow` stay there for `longSeconds`. */
export const LIMITS = { wide: 1_000_000, narrow: 1, windowSeconds: 2, longSeconds: 3_600 };

/** How each operation is named in reports. */
export const OPERATIONS = {
  'limiter-new': 'Rate limit, new identifiers',
  'limiter-known': `Rate limit, ${KNOWN_COUNT.toLocaleString('en')} identifiers again and again`,
  'limiter-three': 'Rate limit, three policies in one call, new identifiers',
  'limiter-limited': 'Rate limit, identifiers at their limit',
};

let made = 0;

export function limiterWorkload(client, { operation }) {
  const known = Array.from({ length: KNOWN_COUNT }, (_, index) => `known-${index}`);
  const own = `${process.pid}-${operation}`;
  const fresh = () => `${own}-${made++}`;
  const expecting = (answer) => (reply) => {
    if (reply !== answer) throw new Error(`a call was ${reply ? 'admitted' : 'refused'}`);
  };
  const workloads = {
    'limiter-new': { invoke: () => client.consume(fresh()), verify: expecting(true) },
    'limiter-known': {
      invoke: (index) => client.consume(known[index & KNOWN_MASK]),
      verify: expecting(true),
    },
    'limiter-three': { invoke: () => client.consumeThree(fresh()), verify: expecting(true) },
    'limiter-limited': {
      invoke: (index) => client.consumeLimited(known[index & KNOWN_MASK]),
      verify: expecting(false),
      async prepare() {
        for (let i = 0; i < 2; i += 1) await Promise.all(known.map((id) => client.consumeLimited(id)));
      },
    },
  };
  if (!Object.hasOwn(workloads, operation)) throw new Error(`There is no workload named '${operation}'.`);
  return { async prepare() {}, ...workloads[operation] };
}
