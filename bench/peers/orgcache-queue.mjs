/** The queue of the package under test. */
import { load } from './orgcache.mjs';

/** As many as BullMQ keeps. */
const RETAIN = { completed: { count: 1_000 }, dead: { count: 1_000 } };

export async function open({ url, settings }) {
  const { isEarlier: _, ...options } = settings;
  const orgcache = load(false).createInstance({ url, logLevel: 'off', ...options });
  const jobOf = (given) => (data) => ({ type: 'job', data, ...given });
  return {
    openQueue(name) {
      const queue = orgcache.createQueue(name, { retain: RETAIN });
      return {
        add: (data, given) => queue.add('job', data, given),
        addMany: (list, given) => queue.addMany(list.map(jobOf(given))),
        drain: () => queue.drain(),
        setWeight: (orgId, weight) => queue.setOrganization(orgId, { weight }),
        work(handler, concurrency) {
          const worker = orgcache.createWorker(name, handler, { concurrency });
          return { close: () => worker.close() };
        },
        close: () => queue.close(),
      };
    },
    close: () => orgcache.shutdown(),
  };
}
