/** What `topics.mjs` asks of the contender's process. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';

import { percentile } from '../statistics.mjs';

/** The text of a message: a trade, about 100 bytes. */
const message = (number) => ({ number, symbol: 'ORG', price: 17.25, volume: 300, side: 'buy', venue: 'X' });

let server;

/** Sends one message when the one before has come. Answers `{ p50Micros, p99Micros }` from publishing to receiving. */
export async function topicLatency(client, { messages }) {
  let receive;
  const end = await client.subscribe((payload) => receive(payload));
  const latencies = new Float64Array(messages);
  try {
    for (let number = 0; number < messages; number += 1) {
      const received = new Promise((resolve, reject) => {
        receive = (payload) =>
          payload.number === number ? resolve() : reject(new Error('a message came out of order'));
      });
      const startedAt = performance.now();
      const published = client.publish(message(number));
      await received;
      latencies[number] = (performance.now() - startedAt) * 1_000;
      await published;
    }
  } finally {
    await end();
  }
  return { p50Micros: percentile(latencies, 0.5), p99Micros: percentile(latencies, 0.99) };
}

/** Begins to stream to whoever connects. Answers the port. */
export async function startStreaming(client) {
  server = createServer((request, response) => {
    client.stream(request, response);
  });
  server.listen(0, '127.0.0.1', 4_096);
  await once(server, 'listening');
  return { port: server.address().port };
}

/** Publishes messages as fast as they are acknowledged in fours. The last one says that it is. */
export async function publishAll(client, { messages, last }) {
  const cpu = process.cpuUsage();
  for (let number = 0; number < messages; number += 4) {
    await Promise.all([0, 1, 2, 3].map((more) => client.publish(message(number + more))));
  }
  await client.publish({ last });
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: user + system };
}

export async function stopStreaming() {
  server.closeAllConnections();
  server.close();
}
