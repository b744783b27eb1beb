/** What `outage.mjs` asks of the contender's process. */
import { performance } from 'node:perf_hooks';

import { createConversation, phoneNumber, seededRandom } from '../data.mjs';
import { percentile } from '../statistics.mjs';

const CALLERS = 16;
const WRITERS = 64;
const MESSAGES = 2;
const SEED = 7;
const LIVE_CONVERSATIONS = 1_000;
const NORMAL_CALLS = 20_000;
const DEADLINE_MS = 60_000;

const conversation = createConversation(seededRandom(SEED), MESSAGES);
/** The rounds' own events: the one that is under way is waited for from the start. */
let replayed;

function next(adapter, event) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no event '${event}' came`)), DEADLINE_MS);
    adapter.once(event, () => {
      clearTimeout(timer);
      resolve(performance.now());
    });
  });
}

export async function prepareOutage(adapter) {
  for (let index = 0; index < LIVE_CONVERSATIONS; index += 1) {
    await adapter.setConversationContext('live', phoneNumber(index), conversation);
  }
}

/** Gets by a few callers while `goesOn`; answers how long each took. */
async function liveGets(adapter, goesOn) {
  const latencies = [];
  const caller = async (_, number) => {
    for (let index = number; goesOn(latencies.length); index += CALLERS) {
      const startedAt = performance.now();
      const found = await adapter.getConversationContext('live', phoneNumber(index % LIVE_CONVERSATIONS));
      latencies.push((performance.now() - startedAt) * 1_000);
      if (found?.length !== MESSAGES) throw new Error('a live get found no conversation');
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return latencies;
}

export async function liveP99(adapter) {
  return percentile(await liveGets(adapter, (count) => count < NORMAL_CALLS), 0.99);
}

/** Waits until the server is found to be away, and then writes. */
export async function writeInOutage(adapter, { entries }) {
  const degraded = next(adapter, 'degraded');
  // Without a call under way it would be found as well, a little later.
  const first = adapter.get('outage');
  await degraded;
  const noticedAt = Date.now();
  await first;
  let written = 0;
  const writer = async () => {
    while (written < entries) {
      const index = written++;
      const kept = await adapter.setConversationContext('outage', phoneNumber(index), conversation);
      if (kept !== true) throw new Error('a write was not kept');
    }
  };
  const recovering = next(adapter, 'recovering');
  const recovered = next(adapter, 'recovered');
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: WRITERS }, writer));
  const journaledPerSecond = entries / ((performance.now() - startedAt) / 1_000);
  replayed = { recovering, recovered };
  return { noticedAt, journaledPerSecond };
}

export async function awaitReplay(adapter, { entries }) {
  const beganAt = await replayed.recovering;
  let isOver = false;
  const latencies = liveGets(adapter, () => !isOver);
  const endedAt = await replayed.recovered;
  isOver = true;
  return {
    replayedPerSecond: entries / ((endedAt - beganAt) / 1_000),
    p99Micros: percentile(await latencies, 0.99),
  };
}
