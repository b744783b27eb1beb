/** How long it takes to invalidate a tag of many values, and of few. */
import { withHosts } from '../../contender-host.mjs';
import { BENTO_TIERED } from '../../near-contenders.mjs';
import { median } from '../../statistics.mjs';

export const MANY = 100_000;
export const FEW = 100;
const MOST_ROUNDS = 7;
/** An invalidation is short, so a round has several, and answers their median. */
const REPEATS = 20;

/** Answers `{ samples }`, where `samples[id][round]` is `{ manyMs, fewMs }`. */
export async function measureTags({ subject, byId, redis, effort, progress }) {
  const contenders = [subject, byId[BENTO_TIERED]];
  const optionsOf = ({ id }) => ({ url: redis.url, keyPrefix: `bench-near:tags:${id}:` });
  return withHosts(contenders, optionsOf, async (hosts) => {
    if (!(await hosts[0].ask('hasCache'))) return null;
    const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
    const rounds = Math.min(effort.rounds, MOST_ROUNDS);
    for (const host of hosts) {
      progress(`tags: ${MANY.toLocaleString('en')} values of one tag, ${host.id}`);
      await host.ask('fillTag', { tag: 'many', count: MANY });
      await host.ask('fillTag', { tag: 'few', count: FEW });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const host of hosts) samples[host.id].push(await invalidations(host));
    }
    return { samples };
  });
}

/** The values stay in Redis when their tag was invalidated, so it can be invalidated again and again. */
async function invalidations(host) {
  const times = { many: [], few: [] };
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    times.many.push(await host.ask('invalidateTag', { tag: 'many', count: MANY }));
    times.few.push(await host.ask('invalidateTag', { tag: 'few', count: FEW }));
  }
  return { manyMs: median(times.many), fewMs: median(times.few) };
}
