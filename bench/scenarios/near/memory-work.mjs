/** What `memory.mjs` asks of the contender's process: texts under numbered keys. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { seededRandom } from '../../data.mjs';
import { answerOf, inParallel } from '../../near-workloads.mjs';

const WRITERS = 256;
/** Fewer than the copies that one process asks for at a time. */
const READERS = 128;
const MOST_PASSES = 20;
const READS_OF_COPY = 3;
const MOST_READS = 60;
/** Keys with the same mark, which are read in turn, may have to wait long. */
const ENOUGH = 0.995;
const PAUSE_MS = 1_100;
/** Calls of one turn of the event loop, and which of them writes. */
const CALLS_A_TURN = 200;
const WRITES_ONE_IN = 10;
const NANOSECONDS_A_MS = 1e6;

const keyOf = (index) => `text:${index}`;

/** Texts of `bytes` bytes of ASCII, each of them another, as they come from a reply: flat and with a byte a character. */
function textsOf(bytes) {
  const random = seededRandom(bytes);
  const tail = Buffer.alloc(bytes);
  for (let index = 0; index < bytes; index += 1) tail[index] = 97 + Math.floor(random() * 26);
  return (index) => {
    const text = Buffer.from(tail);
    text.write(String(index).padStart(10, '0'), 0, 'latin1');
    return text.toString('latin1');
  };
}

export async function fillTexts({ adapter }, { count, bytes }) {
  const textOf = textsOf(bytes);
  await inParallel(count, WRITERS, async (index) => {
    if ((await adapter.set(keyOf(index), textOf(index))) !== true) throw new Error('a text was not stored');
  });
}

/**
 * Reads a text until its copy has answered a few times: a kind whose copies answer less than two reads each gets few more.
 * Gives up where the copy does not come soon.
 */
async function readUntilCopied(adapter, index, bytes) {
  let answered = 0;
  for (let read = 0; read < MOST_READS && answered < READS_OF_COPY; read += 1) {
    const { value, isHere } = await answerOf(adapter.get(keyOf(index)));
    if (value?.length !== bytes) throw new Error(`a get did not answer ${bytes} bytes`);
    if (isHere) answered += 1;
  }
}

/** Reads all texts until nearly all have copies. Answers how many do, and what they take by their own count. */
export async function copyTexts({ adapter, copies }, { count, bytes }) {
  for (let pass = 1; pass <= MOST_PASSES; pass += 1) {
    await inParallel(count, READERS, (index) => readUntilCopied(adapter, index, bytes));
    const report = await copies();
    if (report.entries >= count * ENOUGH) {
      return { entries: report.entries, countedMiB: report.bytes / 1_048_576 };
    }
    await delay(PAUSE_MS);
  }
  const { entries, evictions } = await copies();
  throw new Error(`${entries} of ${count} texts have copies; ${evictions} were removed`);
}

/** Keeps the same texts in an lru-cache, which counts nothing but them here. */
export async function keepTexts({ items }, { count, bytes }) {
  const textOf = textsOf(bytes);
  const flat = (text) => Buffer.from(text, 'latin1').toString('latin1');
  for (let index = 0; index < count; index += 1) items.set(flat(keyOf(index)), textOf(index));
  return { entries: items.size, countedMiB: (count * bytes) / 1_048_576 };
}

/** Reads and replaces texts that are kept, and answers the longest time in ms that the event loop was held up. */
async function churn({ read, write }, { count, bytes, calls }) {
  const textOf = textsOf(bytes);
  const random = seededRandom(calls);
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  for (let done = 0; done < calls; done += CALLS_A_TURN) {
    const under = [];
    for (let call = 0; call < CALLS_A_TURN; call += 1) {
      const index = Math.floor(random() * count);
      under.push(call % WRITES_ONE_IN === 0 ? write(keyOf(index), textOf(index)) : read(keyOf(index)));
    }
    await Promise.all(under);
    await turn();
  }
  loop.disable();
  return { longestMs: loop.max / NANOSECONDS_A_MS };
}

export function churnCopies({ adapter }, argument) {
  const read = (key) => adapter.get(key);
  const write = (key, text) => adapter.set(key, text);
  return churn({ read, write }, argument);
}

export function churnKept({ items }, argument) {
  return churn({ read: (key) => items.get(key), write: (key, text) => items.set(key, text) }, argument);
}

/** Resident memory without what a collection frees. */
export async function residentMiB() {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc');
  for (let time = 0; time < 3; time += 1) {
    collect();
    await delay(50);
  }
  return process.memoryUsage.rss() / 1_048_576;
}
