/** What `invalidation.mjs` asks of the contender's process. A conversation's version is the timestamp of its only message. */
import { setTimeout as delay, setImmediate as yieldLoop } from 'node:timers/promises';

import { phoneNumber } from '../../data.mjs';
import { awaitCopies, inParallel } from '../../near-workloads.mjs';

const ORGANIZATION = 'org-versions';
const KEYS = 64;
/** Reads between two turns of the event loop, which messages of a bus need. */
const READS_A_TURN = 32;
const CALLERS = 16;
/** A version that was not seen for so long is not going to be: an older one was kept after the new one was told. */
const GIVE_UP_MS = 5_000;

const phones = Array.from({ length: KEYS }, (_, index) => phoneNumber(2_000_000 + index));
const conversationOf = (version) => [{ role: 'user', content: 'Is it still available?', timestamp: version }];

async function readVersion(adapter, phone) {
  const messages = await adapter.getConversationContext(ORGANIZATION, phone);
  return messages?.[0]?.timestamp ?? null;
}

async function writeVersion(adapter, phone, version) {
  const stored = await adapter.setConversationContext(ORGANIZATION, phone, conversationOf(version));
  if (stored !== true) throw new Error('a version was not stored');
}

/** Reads all keys until this process has them. Those of a cache without a report are read twice. */
export async function prepareVersions(contender) {
  const read = (phone) => readVersion(contender.adapter, phone);
  for (let time = 0; time < 2; time += 1) await inParallel(KEYS, CALLERS, (index) => read(phones[index]));
  await awaitCopies(contender, phones, read);
}

/**
 * Writes versions `first` to `last` of the first key, one every `everyMs`, or `last` of all keys at once. Answers when
 * each was acknowledged, in nanoseconds of the clock that all processes share.
 */
export async function writeVersions({ adapter }, { first, last, everyMs, toAllKeys = false }) {
  if (toAllKeys) {
    await inParallel(KEYS, KEYS, (index) => writeVersion(adapter, phones[index], last));
    return [process.hrtime.bigint()];
  }
  const acknowledged = [];
  for (let version = first; version <= last; version += 1) {
    await writeVersion(adapter, phones[0], version);
    acknowledged.push(process.hrtime.bigint());
    await delay(everyMs);
  }
  return acknowledged;
}

/**
 * Reads the first key without a pause until it has version `last`, or a version stays for long. Answers when the first read
 * of each version began, when the last read did, and how many reads answered an older version than one before them.
 */
export async function followVersions({ adapter }, { last }) {
  const seen = [];
  let current = null;
  let wentBack = 0;
  let changedAt = performance.now();
  for (;;) {
    for (let read = 0; read < READS_A_TURN; read += 1) {
      const beganNs = process.hrtime.bigint();
      const version = await readVersion(adapter, phones[0]);
      if (version < current) wentBack += 1;
      if (version <= current) continue;
      current = version;
      changedAt = performance.now();
      seen.push({ version, beganNs });
      if (version >= last) return { seen, wentBack, endedNs: beganNs };
    }
    if (performance.now() - changedAt > GIVE_UP_MS) {
      return { seen, wentBack, endedNs: process.hrtime.bigint() };
    }
    await yieldLoop();
  }
}

/** Blocks this thread, then begins a read of every key at once. Answers how many were older than `version`. */
export async function blockThenRead({ adapter }, { blockMs, version }) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs);
  const unblockedNs = process.hrtime.bigint();
  const versions = await Promise.all(phones.map((phone) => readVersion(adapter, phone)));
  return { unblockedNs, reads: versions.length, stale: versions.filter((found) => found < version).length };
}
