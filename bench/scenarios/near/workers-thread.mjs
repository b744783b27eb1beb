/** A worker thread with a contender: does what `workers-work.mjs` asks, one operation at a time. */
import { parentPort, workerData } from 'node:worker_threads';

import { copyTexts, keepTexts, residentMiB } from './memory-work.mjs';

const { open } = await import(new URL(`../../${workerData.module}`, import.meta.url));
const contender = await open(workerData.options);

const OPERATIONS = {
  copyTexts,
  keepTexts,
  // It collects before it looks.
  collect: residentMiB,
  close: () => contender.close(),
};

parentPort.on('message', async ({ operation, argument }) => {
  try {
    await OPERATIONS[operation](contender, argument);
    parentPort.postMessage({});
  } catch (error) {
    parentPort.postMessage({ error: error.message });
  }
  if (operation === 'close') parentPort.close();
});
parentPort.postMessage({});
