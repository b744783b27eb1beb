/** What `stampede.mjs` asks of the contender's process. */
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `callers` ask for one key that nobody has. Answers how many factories ran here, and moments in nanoseconds of the
 * clock that all processes of a machine share: when the last of these ended (null without one), and the last answer.
 */
export async function rush({ cache }, { organization, key, callers, factoryMs }) {
  let factories = 0;
  let endedNs = null;
  let answeredNs = 0n;
  async function factory() {
    factories += 1;
    await delay(factoryMs);
    endedNs = process.hrtime.bigint();
    return { key, by: process.pid };
  }
  async function caller() {
    const value = await cache.getOrSet(organization, key, factory);
    answeredNs = process.hrtime.bigint();
    if (value?.key !== key) throw new Error("a getOrSet did not answer a factory's value");
  }
  await Promise.all(Array.from({ length: callers }, caller));
  return { factories, endedNs, answeredNs };
}
