/** The operations that `pushes.mjs` asks of the processes of a contender. */
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { inParallel } from '../../near-workloads.mjs';

const CALLERS = 256;
/** Fewer than the copies that one process asks for at a time. */
const CHUNK = 100;
/** In each chunk so many further keys are read so often that copies answer several reads a fill, as those of a cache in use. */
const READ_OFTEN = 20;
const READS = 30;
const POLL_MS = 5;
const WRITE_EVERY_MS = 10;
const OK = '+OK\r\n';
const NANOSECONDS_A_MS = 1e6;
/** Linux counts the processor time of a thread in hundredths of a second. */
const TICKS_A_SECOND = 100;
const IO_THREAD = 'orgcache-io';

const nameOf = (range, index) => `number-${range}-${index}`;
const oftenOf = (range, index) => `often-${range}-${index}`;
const oftenCount = (keys) => Math.ceil(keys / CHUNK) * READ_OFTEN;

/** Writes all keys of a range. */
export async function writeNumbers({ adapter }, { range, keys }) {
  const write = async (key, index) => {
    if ((await adapter.set(key, index)) !== true) throw new Error('a number was not stored');
  };
  await inParallel(keys, CALLERS, (index) => write(nameOf(range, index), index));
  await inParallel(oftenCount(keys), CALLERS, (index) => write(oftenOf(range, index), index));
}

/**
 * Asks for copies of all keys of a range, and reads none of those copies: one that has answered would be asked for again with
 * the change.
 */
export async function holdNumbers({ adapter, copies }, { range, keys }) {
  for (let from = 0; from < keys; from += CHUNK) {
    const count = Math.min(CHUNK, keys - from);
    const often = (from / CHUNK) * READ_OFTEN;
    for (let read = 0; read < 2; read += 1) {
      await inParallel(count, CHUNK, (number) => adapter.get(nameOf(range, from + number)));
      await inParallel(READ_OFTEN, CHUNK, (number) => adapter.get(oftenOf(range, often + number)));
    }
    await awaitCopies(copies);
    await inParallel(READ_OFTEN * READS, CHUNK, (number) =>
      adapter.get(oftenOf(range, often + (number % READ_OFTEN))),
    );
  }
}

/** Waits until no more copies come. */
async function awaitCopies(copies) {
  let before = -1;
  for (let { entries } = await copies(); entries !== before; { entries } = await copies()) {
    before = entries;
    await delay(POLL_MS);
  }
}

/** The keys of a range as Redis has them. */
export async function namesOfNumbers(_contender, { url, range, keys }) {
  const { default: Redis } = await import('ioredis');
  const client = new Redis(url);
  try {
    const names = await client.keys(`*number-${range}-*`);
    if (names.length !== keys) throw new Error(`of ${keys} keys ${names.length} are there`);
    return names;
  } finally {
    client.disconnect();
  }
}

/** Sets all these keys, evenly, over a connection of its own. Answers how many seconds that took. */
export async function writeAtRate(_contender, { url, names, perSecond }) {
  const size = (perSecond * WRITE_EVERY_MS) / 1_000;
  const chunks = [];
  for (let from = 0; from < names.length; from += size) {
    const commands = names.slice(from, from + size).map((name) => {
      const bytes = Buffer.byteLength(name);
      return `*3\r\n$3\r\nSET\r\n$${bytes}\r\n${name}\r\n$1\r\n1\r\n`;
    });
    chunks.push(Buffer.from(commands.join('')));
  }
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  try {
    const answered = new Promise((resolve, reject) => {
      let bytes = 0;
      socket.once('error', reject);
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes === names.length * OK.length) resolve();
      });
    });
    const began = performance.now();
    for (const [index, chunk] of chunks.entries()) {
      const wait = began + index * WRITE_EVERY_MS - performance.now();
      if (wait > 0) await delay(wait);
      socket.write(chunk);
    }
    await answered;
    return (performance.now() - began) / 1_000;
  } finally {
    socket.destroy();
  }
}

let watched = null;

/** Measures this process from now on. */
export async function startWatchingSelf({ copies }) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  watched = { loop, entries: (await copies()).entries, ticks: ioTicks(), at: performance.now() };
  loop.enable();
}

/** Answers `{ ioCores, delayMs, invalidated }`: the cores that the I/O thread took, p99 of the delay, and how many copies went. */
export async function stopWatchingSelf({ copies }) {
  const { loop, entries, ticks, at } = watched;
  loop.disable();
  const ioCores = (ioTicks() - ticks) / TICKS_A_SECOND / ((performance.now() - at) / 1_000);
  // Late messages belong to the changes.
  await delay(POLL_MS * 10);
  const invalidated = entries - (await copies()).entries;
  return { ioCores, delayMs: loop.percentile(99) / NANOSECONDS_A_MS, invalidated };
}

/** The processor time of the I/O threads of this process, in ticks. */
function ioTicks() {
  const tasks = readdirSync('/proc/self/task').map((task) => `/proc/self/task/${task}/`);
  const own = tasks.filter((task) => readFileSync(`${task}comm`, 'utf8').trim() === IO_THREAD);
  const ticksOf = (task) => {
    const fields = readFileSync(`${task}stat`, 'utf8').split(') ')[1].split(' ');
    return Number(fields[11]) + Number(fields[12]);
  };
  return own.map(ticksOf).reduce((sum, ticks) => sum + ticks, 0);
}
