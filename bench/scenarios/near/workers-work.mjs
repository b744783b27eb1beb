/** The operations that `workers.mjs` asks of the process of a contender: worker threads, each with the contender opened. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { residentMiB } from './memory-work.mjs';

const THREAD = new URL('./workers-thread.mjs', import.meta.url);

let workers = [];

/** `options` are those with which each thread opens the contender. */
export async function openWorkers(_contender, { module, options, count }) {
  workers = Array.from({ length: count }, () => new Worker(THREAD, { workerData: { module, options } }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
}

/** One worker after the other does one of the operations of `workers-thread.mjs`. */
export async function askWorkers(_contender, { operation, argument }) {
  for (const worker of workers) {
    const answered = once(worker, 'message');
    worker.postMessage({ operation, argument });
    const [{ error }] = await answered;
    if (error) throw new Error(error);
  }
}

/** Resident memory of the process without what a collection in each thread frees. */
export async function residentOfAllMiB(contender) {
  await askWorkers(contender, { operation: 'collect' });
  return residentMiB();
}

export async function closeWorkers(contender) {
  const ended = workers.map((worker) => once(worker, 'exit'));
  await askWorkers(contender, { operation: 'close' });
  await Promise.all(ended);
  workers = [];
}
