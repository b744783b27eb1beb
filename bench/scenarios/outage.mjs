/** What an outage costs: finding it, keeping writes, replaying them, and live calls meanwhile. */

import { withHosts } from '../contender-host.mjs';
import { isSubject } from '../contenders.mjs';
import { spread } from '../statistics.mjs';

export const ENTRIES = 100_000;
/** Room for all of them. */
const JOURNAL_MAX_BYTES = 512 * 1_048_576;
const ROUNDS = 5;

/** The server is stopped and goes on, so that it has what it had before. */
export async function measureOutage({ contenders, redis, progress }) {
  const subject = contenders.find(({ id }) => isSubject(id));
  if (!subject) return null;
  const options = {
    url: redis.url,
    keyPrefix: 'bench:outage:',
    useRedis: true,
    journalMaxBytes: JOURNAL_MAX_BYTES,
  };
  return withHosts(
    [subject],
    () => options,
    async ([host]) => {
      const samples = [];
      await host.ask('prepareOutage');
      for (let round = 1; round <= ROUNDS; round += 1) {
        progress(`outage: round ${round}, ${ENTRIES.toLocaleString('en')} writes`);
        const normalP99Micros = await host.ask('liveP99');
        const stoppedAt = Date.now();
        process.kill(redis.pid, 'SIGSTOP');
        try {
          const { noticedAt, journaledPerSecond } = await host.ask('writeInOutage', { entries: ENTRIES });
          process.kill(redis.pid, 'SIGCONT');
          const replay = await host.ask('awaitReplay', { entries: ENTRIES });
          samples.push({ foundMs: noticedAt - stoppedAt, journaledPerSecond, normalP99Micros, ...replay });
        } finally {
          process.kill(redis.pid, 'SIGCONT');
        }
      }
      return { entries: ENTRIES, samples };
    },
  );
}

export function outageSummary({ samples }) {
  const of = (read) => spread(samples.map(read));
  return {
    foundMs: of(({ foundMs }) => foundMs),
    journaledPerSecond: of(({ journaledPerSecond }) => journaledPerSecond),
    replayedPerSecond: of(({ replayedPerSecond }) => replayedPerSecond),
    p99Ratio: of(({ p99Micros, normalP99Micros }) => p99Micros / normalP99Micros),
  };
}
