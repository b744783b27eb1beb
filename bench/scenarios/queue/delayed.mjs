/** Very many delayed jobs: their memory, how fast many that fall due become ready, and live adds meanwhile. */
import { withHosts } from '../../contender-host.mjs';
import { BULLMQ } from '../../queue-contenders.mjs';
import { someName, usedMemory } from './rounds.mjs';

const BYTES = 120;
const DAY_MS = 86_400_000;
/** Jobs a call of a contender's process. */
const PAGE = 50_000;
/** From the last add of jobs that fall due together to that time. */
const MARGIN_MS = 3_000;
const FILL_RATE = 20_000;
/** Long enough that jobs are not fetched ahead, so that becoming ready is what takes the time. */
const HANDLER_MS = 5;
/** Live adds whose p99 is the usual one. */
const USUAL = 1_000;

/** Answers `bytes[id]` and `promotion` as samples: jobs a second, and the p99 of live adds against the usual. */
export async function measureDelayed({ hosts, chosen, redis, admin, counts, progress }) {
  const [subject] = hosts;
  const bytes = {};
  let promotion;
  for (const host of hosts.filter(({ id }) => id === subject.id || id === BULLMQ)) {
    progress(`queue: ${counts.delayed.toLocaleString('en')} delayed jobs, ${host.id}`);
    const name = someName('delayed');
    const before = await usedMemory(admin);
    await fillInPages(host, name, counts.delayed, () => ({ delayMs: DAY_MS }));
    bytes[host.id] = [{ bytesPerJob: ((await usedMemory(admin)) - before) / counts.delayed }];
    if (host === subject) {
      progress(`queue: ${counts.due.toLocaleString('en')} delayed jobs fall due`);
      promotion = [await promote({ host, name, counts, contender: chosen[0], url: redis.url })];
    }
    await admin.flushall();
  }
  return { jobs: counts.delayed, due: counts.due, bytes, promotion };
}

async function fillInPages(host, name, jobs, givenOf) {
  for (let from = 0; from < jobs; from += PAGE) {
    const size = Math.min(PAGE, jobs - from);
    await host.ask('fillQueue', { name, jobs: size, bytes: BYTES, ...givenOf() });
  }
}

/** The worker has a process of its own. */
function promote({ host, name, counts, contender, url }) {
  const worker = { ...contender, id: `${contender.id}-worker` };
  return withHosts(
    [worker],
    () => ({ url }),
    async ([working]) => {
      await working.ask('startWorking', { name, concurrency: 50, handlerMs: HANDLER_MS });
      const usual = await host.ask('liveAdds', { name, adds: USUAL });
      const dueAt = Date.now() + (counts.due / FILL_RATE) * 1_000 + MARGIN_MS;
      await fillInPages(host, name, counts.due, () => ({ dueAt }));
      const live = await host.ask('liveAdds', { name, dueAt, due: counts.due, left: counts.delayed });
      await working.ask('stopWorking');
      return { ...live, usualP99Ms: usual.p99Ms, p99Ratio: live.p99Ms / usual.p99Ms };
    },
  );
}
