/** What the queue service promises a server that moves to it: enough jobs a minute, all of them soon, hardly any that fails. */
import { withHosts } from '../../contender-host.mjs';

/** Of the package alone. The service is a process's own, and so is this one. */
export async function measureSeed({ chosen, redis, counts, progress }) {
  progress('queue: the load of a queue service');
  const [contender] = chosen;
  return withHosts(
    [contender],
    () => ({ url: redis.url }),
    async ([host]) => [await host.ask('seedLoad', { seconds: counts.seedSeconds })],
  );
}
