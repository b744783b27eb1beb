/** When a write of one process is seen by another that has the value, and what it reads after its thread was blocked. */
import { setTimeout as delay } from 'node:timers/promises';

import { withHosts } from '../../contender-host.mjs';
import { BENTO_TIERED, several } from '../../near-contenders.mjs';
import { percentile } from '../../statistics.mjs';

const WRITES = 400;
const QUICK_WRITES = 100;
const WRITE_EVERY_MS = 5;
export const BLOCK_MS = 500;
/** The write comes when the reader is blocked for certain, and long before it is not. */
const WRITE_AFTER_MS = 150;
const LEAST_MS_BLOCKED_AFTER_WRITE = 50;
const BLOCK_TRIES = 10;
const MOST_ROUNDS = 10;
const NANOSECONDS_A_MS = 1e6;

/** Answers `{ samples }`, where `samples[id][round]` is `{ p50Ms, p99Ms, neverSeen, wentBack, stale, reads }`. */
export async function measureInvalidation({ subject, byId, redis, effort, quick, progress }) {
  const contenders = [subject, byId[BENTO_TIERED]];
  const processes = contenders.flatMap((contender) => several(contender, 2));
  const optionsOf = ({ module }) => ({ url: redis.url, keyPrefix: `bench-near:versions:${module}:` });
  return withHosts(processes, optionsOf, async (hosts) => {
    const samples = Object.fromEntries(contenders.map(({ id }) => [id, []]));
    const rounds = Math.min(effort.rounds, MOST_ROUNDS);
    const writes = quick ? QUICK_WRITES : WRITES;
    const pairs = contenders.map(({ id }, index) => new Pair(id, hosts.slice(index * 2, index * 2 + 2)));
    for (let round = 1; round <= rounds; round += 1) {
      progress(`invalidation: round ${round}`);
      for (const pair of pairs) {
        samples[pair.id].push({ ...(await pair.follow(writes)), ...(await pair.block()) });
      }
    }
    return { samples };
  });
}

/** A process that writes and one that reads, with the version of their keys. */
class Pair {
  #version = 0;
  #writer;
  #reader;

  constructor(id, [writer, reader]) {
    this.id = id;
    this.#writer = writer;
    this.#reader = reader;
  }

  /** All keys have a new version, and the reader has it. */
  async #prepare() {
    this.#version += 1;
    await this.#writer.ask('writeVersions', { last: this.#version, toAllKeys: true });
    await this.#reader.ask('prepareVersions');
  }

  async follow(writes) {
    await this.#prepare();
    const first = this.#version + 1;
    this.#version += writes;
    const following = this.#reader.ask('followVersions', { last: this.#version });
    // Its failure is told below; until then nobody waits for it.
    following.catch(() => {});
    const range = { first, last: this.#version, everyMs: WRITE_EVERY_MS };
    const acknowledged = await this.#writer.ask('writeVersions', range);
    const { seen, endedNs, wentBack } = await following;
    return { ...summarizeVersions({ first, acknowledged, seen, endedNs }), wentBack };
  }

  /** Writes while the reader's thread is blocked; once more where the write came too late for that. */
  async block() {
    for (let attempt = 1; attempt <= BLOCK_TRIES; attempt += 1) {
      await this.#prepare();
      this.#version += 1;
      const blocked = this.#reader.ask('blockThenRead', { blockMs: BLOCK_MS, version: this.#version });
      blocked.catch(() => {});
      await delay(WRITE_AFTER_MS);
      const [writtenNs] = await this.#writer.ask('writeVersions', { last: this.#version, toAllKeys: true });
      const { unblockedNs, stale, reads } = await blocked;
      const blockedAfterMs = Number(unblockedNs - writtenNs) / NANOSECONDS_A_MS;
      if (blockedAfterMs >= LEAST_MS_BLOCKED_AFTER_WRITE) return { stale, reads };
    }
    throw new Error(`${this.id} did not write within ${BLOCK_MS} ms in ${BLOCK_TRIES} tries`);
  }
}

/**
 * From the acknowledgement of each version to the first read that began later than it and answered it or a newer one. A
 * read that began before the acknowledgement waited for nothing. What was never seen was waited for until the end.
 */
export function summarizeVersions({ first, acknowledged, seen, endedNs }) {
  let next = 0;
  let neverSeen = 0;
  const waits = acknowledged.map((acknowledgedNs, index) => {
    while (next < seen.length && seen[next].version < first + index) next += 1;
    if (next === seen.length) neverSeen += 1;
    const seenNs = seen[next]?.beganNs ?? endedNs;
    return Math.max(0, Number(seenNs - acknowledgedNs) / NANOSECONDS_A_MS);
  });
  return { p50Ms: percentile(waits, 0.5), p99Ms: percentile(waits, 0.99), neverSeen };
}
