/** Notifications: the way of one message, and many readers of streams of events. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';

import { withHosts } from '../contender-host.mjs';
import { topicsAmong } from '../contenders.mjs';
import { separated } from '../placement.mjs';
import { orderOfRound } from '../rounds.mjs';

const MESSAGES = 2_000;
export const READERS = 1_000;
const PUBLISHED = 200;
const CLIENTS = fileURLToPath(new URL('sse-clients.mjs', import.meta.url));

export async function measureTopics({ contenders, redis, effort, progress }) {
  const chosen = topicsAmong(contenders);
  if (chosen.length === 0) return null;
  return withHosts(
    chosen,
    () => ({ url: redis.url }),
    async (hosts) => ({
      messages: MESSAGES,
      latency: await measureLatency({ hosts, serverPids: [redis.pid], effort, progress }),
      published: PUBLISHED,
      readers: READERS,
      fanOut: await measureFanOut({ hosts, effort, progress }),
    }),
  );
}

/** `samples[id][round]` has the percentiles of one message's way at a time. */
async function measureLatency({ hosts, serverPids, effort, progress }) {
  progress('topics: publish to receive');
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  await separated({ serverPids, contenderPids: hosts.map(({ pid }) => pid) }, async () => {
    for (const host of hosts) await host.ask('topicLatency', { messages: MESSAGES });
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const host of orderOfRound(hosts, round)) {
        samples[host.id].push(await host.ask('topicLatency', { messages: MESSAGES }));
      }
    }
  });
  return samples;
}

/** `samples[id][round]` has the deliveries of one round to all readers. */
async function measureFanOut({ hosts, effort, progress }) {
  progress(`topics: ${READERS.toLocaleString('en')} readers of streams of events`);
  const samples = Object.fromEntries(hosts.map(({ id }) => [id, []]));
  const clients = await startClients();
  try {
    for (let round = 0; round < effort.rounds; round += 1) {
      for (const host of orderOfRound(hosts, round)) {
        samples[host.id].push(await deliver(host, clients, `round-${round}`));
      }
    }
  } finally {
    clients.end();
  }
  return samples;
}

async function deliver(host, clients, last) {
  const { port } = await host.ask('startStreaming');
  await clients.ask('connect', { port, clients: READERS });
  // The first messages find code that was not run yet.
  await Promise.all([
    clients.ask('read', { word: `${last}-warm` }),
    host.ask('publishAll', { messages: 40, last: `${last}-warm` }),
  ]);
  const startedAt = performance.now();
  const [, { cpuMicros }] = await Promise.all([
    clients.ask('read', { word: `${last}-end` }),
    host.ask('publishAll', { messages: PUBLISHED, last: `${last}-end` }),
  ]);
  const seconds = (performance.now() - startedAt) / 1_000;
  await clients.ask('close');
  await host.ask('stopStreaming');
  const deliveries = (PUBLISHED + 1) * READERS;
  return { deliveriesPerSecond: deliveries / seconds, publisherCpuMicros: cpuMicros / deliveries };
}

async function startClients() {
  const child = fork(CLIENTS, { stdio: 'inherit' });
  let asked = 0;
  const ask = async (operation, argument) => {
    asked += 1;
    const id = asked;
    child.send({ id, operation, argument });
    for (;;) {
      const [answer] = await once(child, 'message');
      if (answer.id !== id) continue;
      if (answer.error) throw new Error(answer.error.message);
      return answer.result;
    }
  };
  return { ask, end: () => child.disconnect() };
}
