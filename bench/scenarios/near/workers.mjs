/** The memory of eight worker threads that all read the same texts: with one store of near copies, and with an lru-cache each. */
import { withHosts } from '../../contender-host.mjs';
import { LRU_CACHE, NEAR_OFF } from '../../near-contenders.mjs';
import { BYTES } from './memory.mjs';

export const WORKERS = 8;
const TEXTS = 200_000;
const QUICK_TEXTS = 50_000;
const NEAR_MAX_BYTES = 2 ** 29;
const WARM_UP_SHARE = 20;

/** Answers `{ texts, samples }`, where `samples[id]` is one `{ grownMiB }`: by what the process has grown with the texts. */
export async function measureWorkers({ subject, byId, redis, quick, progress }) {
  const count = quick ? QUICK_TEXTS : TEXTS;
  const texts = { count, bytes: BYTES };
  const optionsOf = () => ({
    url: redis.url,
    keyPrefix: 'w:',
    nearMaxBytes: NEAR_MAX_BYTES,
    maxItems: count,
  });
  return withHosts([subject, byId[NEAR_OFF], byId[LRU_CACHE]], optionsOf, async ([near, filler, lru]) => {
    progress(`workers: ${WORKERS} of them, ${count.toLocaleString('en')} texts`);
    await filler.ask('fillTexts', texts);
    const samples = {};
    for (const [host, operation] of [
      [near, 'copyTexts'],
      [lru, 'keepTexts'],
    ]) {
      const { module, settings } = host.contender;
      await host.ask('openWorkers', {
        module,
        options: { settings, ...optionsOf() },
        count: WORKERS,
      });
      await host.ask('askWorkers', { operation, argument: { ...texts, count: count / WARM_UP_SHARE } });
      const before = await host.ask('residentOfAllMiB');
      await host.ask('askWorkers', { operation, argument: texts });
      samples[host.id] = [{ grownMiB: (await host.ask('residentOfAllMiB')) - before }];
      await host.ask('closeWorkers');
    }
    return { texts: count, samples };
  });
}
