'use strict';

const { setTimeout: delay } = require('node:timers/promises');
const { KeyHistory, GONE } = require('./key-history');
const { randomOf } = require('./random');
const { Stalls } = require('./stalls');
const { KINDS, Mismatch } = require('./subjects');

/** Allowed time of a call beyond its timeout. */
const GRACE_MS = 50;
/** Events reach JavaScript a moment after the answers that they explain. */
const EVENT_GRACE_MS = 250;
/** Nothing was sent. */
const NOT_SENT = new Set(['E_CONNECT', 'E_OVERLOADED']);
const EXAMPLES = 5;

/**
 * A mixed load on one instance of the package. Each key has one writer, which knows the expected value.
 *
 * Options: `workers`, `keysPerWorker`, the `kinds` of these keys, `pauseMs` between a worker's calls, `seed`, `commandTimeout`
 * of the instance, `mayForget` (the fault takes values away: a miss is never a loss).
 */
class Load {
  #orgcache;
  #options;
  #random;
  #stalls;
  #subjects = [];
  #steps = [];
  #workers = [];
  #isRunning = false;
  #isTrusted = true;
  #unexplained = [];
  #away = [];
  figures = emptyFigures();

  constructor(orgcache, options) {
    this.#orgcache = orgcache;
    this.#options = { workers: 8, keysPerWorker: 25, pauseMs: 2, seed: 1, mayForget: false, ...options };
    this.#random = randomOf(this.#options.seed);
    const { cacheAdapter } = orgcache;
    cacheAdapter.on('degraded', () => this.#away.push({ from: performance.now(), to: Infinity }));
    for (const event of ['ready', 'recovered']) {
      cacheAdapter.on(event, () => {
        if (this.#away.length > 0) this.#away.at(-1).to = performance.now();
      });
    }
  }

  /**
   * Whether an acknowledgement settles what a key holds. Not while two servers take themselves for the primary:
   * what one of them acknowledges Redis throws away when it follows the other.
   */
  trust(isTrusted) {
    this.#isTrusted = isTrusted;
  }

  /** Begins, or goes on after `pause`. */
  start() {
    this.#stalls = new Stalls();
    this.#isRunning = true;
    if (this.#steps.length === 0) this.#prepare();
    this.#workers = this.#steps.map((step) => this.#work(step));
  }

  #prepare() {
    const { workers, keysPerWorker, kinds = Object.keys(KINDS) } = this.#options;
    for (let worker = 0; worker < workers; worker += 1) {
      const subjects = Array.from({ length: keysPerWorker }, (_, index) =>
        this.#subject(kinds[(worker + index) % kinds.length], `w${worker}-k${index}`),
      );
      this.#subjects.push(...subjects);
      this.#steps.push(() => this.#step(this.#random.pick(subjects)));
    }
    this.#steps.push(this.#organizationStep(workers));
  }

  #subject(kind, name, ...rest) {
    return { ...KINDS[kind](this.#orgcache, name, ...rest), history: new KeyHistory() };
  }

  async #work(step) {
    while (this.#isRunning) {
      await step();
      await delay(this.#options.pauseMs * (0.5 + this.#random.below(100) / 100));
    }
  }

  /** One organization is filled and cleared again and again by one worker. */
  #organizationStep(worker) {
    const organization = 'org-cleared';
    const subjects = Array.from({ length: 5 }, (_, index) =>
      this.#subject('context', `w${worker}-k${index}`, organization),
    );
    this.#subjects.push(...subjects);
    return async () => {
      if (!this.#random.chance(0.02)) return this.#step(this.#random.pick(subjects));
      for (const { history } of subjects) history.attempt(GONE);
      const cleared = await this.#time('clear', () =>
        this.#orgcache.cacheAdapter.clearOrganizationCache(organization),
      );
      if (cleared === undefined || cleared === false) return;
      for (const { history } of subjects) this.#acknowledge(history, GONE);
    };
  }

  #step(subject) {
    if (this.#random.chance(0.5)) return this.#read(subject);
    if (subject.remove && this.#random.chance(0.1)) return this.#remove(subject);
    return this.#write(subject);
  }

  async #write(subject) {
    const { history } = subject;
    const version = history.nextVersion();
    history.attempt(version);
    const accepted = await this.#time(subject, () => subject.write(version), {
      onError: (error) => NOT_SENT.has(error.code) && history.takeBack(version),
    });
    if (accepted === true) {
      this.#acknowledge(history, version);
      this.figures.acknowledged += 1;
    } else {
      this.figures.notAcknowledged += 1;
      if (!subject.isRaw) this.figures.refused += 1;
    }
  }

  #acknowledge(history, version) {
    if (this.#isTrusted) history.acknowledge(version);
  }

  async #remove(subject) {
    subject.history.attempt(GONE);
    const removed = await this.#time(subject, () => subject.remove());
    if (removed === true || removed > 0) this.#acknowledge(subject.history, GONE);
  }

  async #read(subject) {
    const from = performance.now();
    const version = await this.#time(subject, () => subject.read());
    if (version === undefined || subject.history.allows(version)) return;
    const seen = { subject: subject.name, expected: `${subject.history}`, version };
    if (version !== GONE) this.#wrong(seen);
    else if (!this.#options.mayForget) this.#unexplained.push({ ...seen, from, to: performance.now() });
  }

  #wrong(seen) {
    this.figures.wrong += 1;
    if (this.figures.wrongExamples.length < EXAMPLES) this.figures.wrongExamples.push(seen);
  }

  /** Makes one call and records it. Undefined if it was rejected. */
  async #time(subject, call, { onError } = {}) {
    const { figures } = this;
    const from = performance.now();
    const stalledBefore = this.#stalls.until(from);
    figures.underWay += 1;
    try {
      return await call();
    } catch (error) {
      onError?.(error);
      this.#failed(subject, error);
      return undefined;
    } finally {
      const to = performance.now();
      figures.underWay -= 1;
      figures.settled += 1;
      const ms = to - from - (this.#stalls.until(to) - stalledBefore);
      figures.longestMs = Math.max(figures.longestMs, ms);
      if (ms > this.#options.commandTimeout + GRACE_MS) {
        figures.late += 1;
        const name = subject.name ?? subject;
        if (figures.lateExamples.length < EXAMPLES) figures.lateExamples.push({ name, ms: Math.round(ms) });
      }
    }
  }

  #failed(subject, error) {
    if (error instanceof Mismatch) return this.#wrong({ subject: subject.name, error: error.message });
    const code = error.redisCode ? `${error.code}/${error.redisCode}` : (error.code ?? error.message);
    const { rejected } = this.figures;
    rejected[code] = (rejected[code] ?? 0) + 1;
    // Calls of the adapter never reject because of Redis.
    if (!subject.isRaw) this.#wrong({ subject: subject.name ?? subject, error: String(error), code });
  }

  /** Stops calling and waits for calls in flight. */
  async pause() {
    this.#isRunning = false;
    await Promise.all(this.#workers);
    this.#stalls?.stop();
  }

  async stop() {
    await this.pause();
    this.#judgeMisses();
    return this.figures;
  }

  /** A miss of an expected value is no loss while Redis was away, or after the call's deadline. */
  #judgeMisses() {
    for (const miss of this.#unexplained.splice(0)) {
      const wasAway = this.#away.some(
        ({ from, to }) => from - EVENT_GRACE_MS <= miss.to && to + EVENT_GRACE_MS >= miss.from,
      );
      const timedOut = miss.to - miss.from >= 0.9 * this.#options.commandTimeout;
      if (!wasAway && !timedOut) this.#wrong({ ...miss, what: 'missed while Redis was there' });
    }
  }

  /**
   * Reads every key through `orgcache` (by default the instance of the load) and counts as lost what is
   * not what it must be.
   */
  async verify(orgcache = this.#orgcache) {
    const { figures } = this;
    for (const { name, history } of this.#subjects) {
      const [kind, ...words] = name.split(' ');
      const reader = KINDS[kind](orgcache, words.at(-1), ...(kind === 'context' ? [words[0]] : []));
      const version = await reader.read();
      figures.verified += 1;
      const isForgotten = version === GONE && this.#options.mayForget;
      if (history.allows(version) || isForgotten) continue;
      figures.lost += 1;
      if (figures.lostExamples.length < EXAMPLES) {
        figures.lostExamples.push({ name, expected: `${history}`, found: version });
      }
    }
    return figures;
  }
}

function emptyFigures() {
  return {
    settled: 0,
    underWay: 0,
    acknowledged: 0,
    notAcknowledged: 0,
    /** Writes of the adapter that neither Redis nor the journal took. */
    refused: 0,
    longestMs: 0,
    late: 0,
    lateExamples: [],
    wrong: 0,
    wrongExamples: [],
    rejected: {},
    verified: 0,
    lost: 0,
    lostExamples: [],
  };
}

module.exports = { Load };
