// As worker.cjs in mode check, through `import`.
import { parentPort, workerData } from 'node:worker_threads';
import { cacheAdapter } from '../../index.mjs';

const { name, calls } = workerData;
const numbers = Array.from({ length: calls }, (_, index) => index);
await Promise.all(
  numbers.map((index) => cacheAdapter.setConversationContext(name, `49${index}`, [{ name, index }])),
);
const answers = await Promise.all(
  numbers.map((index) => cacheAdapter.getConversationContext(name, `49${index}`)),
);
const wrong = answers.filter((messages, index) => messages?.[0].name !== name || messages[0].index !== index);
parentPort.postMessage({ name, wrong: wrong.length });
