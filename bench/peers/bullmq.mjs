/** BullMQ with its fastest settings, over ioredis or over `orgcache/ioredis`. */
import { createRequire } from 'node:module';
import { Queue, Worker } from 'bullmq';

const requireHere = createRequire(import.meta.url);
const RETAIN = { removeOnComplete: 1_000, removeOnFail: 1_000 };

export async function open({ url, settings }) {
  const Redis = settings.isOverOrgcache ? requireHere('../../js/entry/ioredis.js') : requireHere('ioredis');
  const connections = [];
  const connect = () => {
    const connection = new Redis(url, { maxRetriesPerRequest: null });
    connection.on('error', () => {});
    connections.push(connection);
    return connection;
  };
  const openWorker = (name, handler, { concurrency }) => {
    const worker = new Worker(name, handler, { connection: connect(), concurrency });
    worker.on('error', () => {});
    return { close: () => worker.close() };
  };
  const optionsOf = (given) => (given?.delayMs ? { delay: given.delayMs } : undefined);
  return {
    openQueue(name) {
      const queue = new Queue(name, { connection: connect(), defaultJobOptions: RETAIN });
      queue.on('error', () => {});
      return {
        add: (data, given) => queue.add('job', data, optionsOf(given)),
        addMany: (list, given) =>
          queue.addBulk(list.map((data) => ({ name: 'job', data, opts: optionsOf(given) }))),
        work: (handler, concurrency) => openWorker(name, handler, { concurrency }),
        close: () => queue.close(),
      };
    },
    openWorker,
    openAlone: async (name, handler) => openWorker(name, handler, { concurrency: 5 }),
    async close() {
      for (const connection of connections) connection.disconnect();
    },
  };
}
