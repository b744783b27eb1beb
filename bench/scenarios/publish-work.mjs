/** What `client.mjs` asks of the contender's process about messages. */
import { performance } from 'node:perf_hooks';

import { percentile } from '../statistics.mjs';

const CHANNEL = 'bench:channel';

/** Sends one message when the one before has come. Answers `{ p50Micros, p99Micros }` from publishing to receiving. */
export async function publishLatency(client, { messages }) {
  const subscriber = client.duplicate();
  let receive;
  subscriber.on('message', (_channel, text) => receive(text));
  await subscriber.subscribe(CHANNEL);
  const latencies = new Float64Array(messages);
  try {
    for (let index = 0; index < messages; index += 1) {
      const expected = String(index);
      const received = new Promise((resolve, reject) => {
        receive = (text) =>
          text === expected ? resolve() : reject(new Error('a message came out of order'));
      });
      const startedAt = performance.now();
      const published = client.publish(CHANNEL, expected);
      await received;
      latencies[index] = (performance.now() - startedAt) * 1_000;
      if ((await published) !== 1)
        throw new Error('a message went to another number of subscribers than one');
    }
  } finally {
    subscriber.disconnect();
  }
  return { p50Micros: percentile(latencies, 0.5), p99Micros: percentile(latencies, 0.99) };
}
