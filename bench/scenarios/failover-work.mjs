/** What `failover.mjs` asks of the contender's process. */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Each write may wait for its whole deadline, so the next one does not wait for it. */
const WRITE_EVERY_MS = 5;
const DEADLINE_MS = 60_000;
const POLL_MS = 5;

let writing;

class Writing {
  #client;
  #timer;
  #lastAt = performance.now();
  #longestMs = 0;
  writes = 0;
  refused = 0;

  constructor(client) {
    this.#client = client;
    this.#timer = setInterval(() => this.#write(), WRITE_EVERY_MS);
  }

  #write() {
    this.#client.set('bench:failover', this.writes).then(
      () => {
        const now = performance.now();
        this.#longestMs = Math.max(this.#longestMs, now - this.#lastAt);
        this.#lastAt = now;
        this.writes += 1;
      },
      () => {
        this.refused += 1;
      },
    );
  }

  /** Answers `{ longestMs, refused }`: the longest time between two writes that succeeded, and how many did not. */
  stop() {
    clearInterval(this.#timer);
    return { longestMs: this.#longestMs, refused: this.refused };
  }
}

export function startWriting(client) {
  writing = new Writing(client);
}

export async function awaitWrites({ count }) {
  const wanted = writing.writes + count;
  const deadline = performance.now() + DEADLINE_MS;
  while (writing.writes < wanted) {
    if (performance.now() > deadline) throw new Error(`no write succeeded in ${DEADLINE_MS / 1_000} s`);
    await delay(POLL_MS);
  }
}

export function stopWriting() {
  return writing.stop();
}
