/** The queue of the package under test. */
import { createRequire } from 'node:module';
import { load } from './orgcache.mjs';

const requireHere = createRequire(import.meta.url);

/** As many as BullMQ keeps. */
const RETAIN = { completed: { count: 1_000 }, dead: { count: 1_000 } };

export async function open({ url, settings }) {
  const { isEarlier: _, ...options } = settings;
  const create = () => load(false).createInstance({ url, logLevel: 'off', ...options });
  const orgcache = create();
  const others = [];
  const jobOf = (given, orgIdOf) => (data) => {
    const job = { type: 'job', data, ...given };
    return orgIdOf ? { ...job, orgId: orgIdOf(data) } : job;
  };
  return {
    openQueue(name) {
      const queue = orgcache.createQueue(name, { retain: RETAIN });
      return {
        add: (data, given) => queue.add('job', data, given),
        addMany: (list, given, orgIdOf) => queue.addMany(list.map(jobOf(given, orgIdOf))),
        drain: () => queue.drain(),
        setWeight: (orgId, weight) => queue.setOrganization(orgId, { weight }),
        countDelayed: async () => (await queue.counts()).delayed,
        work: (handler, concurrency) => orgcache.createWorker(name, handler, { concurrency }),
        close: () => queue.close(),
      };
    },
    openWorker: (name, handler, { concurrency, leaseMs }) =>
      orgcache.createWorker(name, handler, leaseMs ? { concurrency, leaseMs } : { concurrency }),
    /** With connections of its own. */
    async openAlone(name, handler) {
      const other = create();
      others.push(other);
      return other.createWorker(name, handler);
    },
    async openService() {
      const { hostname, port } = new URL(url);
      Object.assign(process.env, { REDIS_HOST: hostname, REDIS_PORT: port });
      return requireHere('../../js/entry/queueService.js').queueService;
    },
    async close() {
      await Promise.all([orgcache, ...others].map((instance) => instance.shutdown()));
    },
  };
}
