'use strict';

const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises');
const { CLEARED, FURTHER_KEYS, ORGANIZATIONS } = require('./subjects');
const { writtenValue, numberIn } = require('./values');

const CALLERS = 3;
/**
 * The shares of what a caller does next, in thousandths; the rest are reads. The foreign process is `steady`, or by a fault's wish `busy` or
 * `quiet`.
 */
const RATES = {
  often: { readsAtOnce: 24, longestPauseMs: 3, shares: { set: 60, setAndRead: 15, delete: 8, clear: 10 } },
  steady: { readsAtOnce: 1, longestPauseMs: 30, shares: { set: 80, setAndRead: 10, delete: 10 } },
  busy: { readsAtOnce: 1, longestPauseMs: 30, shares: { set: 600 } },
  quiet: { readsAtOnce: 1, longestPauseMs: 30, shares: {} },
};
/** The times that a key is read in a race, around the arrival of its copy, and afterwards. */
const READS_AROUND = 10;
const READS_AFTERWARDS = 8;
const SHORT_TEXT = 60;
const LONG_TEXT = 3000;
const FURTHER_READS = 12;

/** The callers of one thread: each reads and writes without end, and records what it does. */
class Load {
  #thread;
  #client;
  #log;
  #subjects;
  #random;
  #nextNumber;
  #options;
  #callers = [];
  #isRunning = true;
  /** Codes of calls that were rejected, and how often. */
  rejected = {};
  /** Reads that were made. */
  reads = 0;

  /**
   * `options`: `rate` (of `RATES`), `races` (in place of calls at random: `{ leadMs, fillMs }`), `textLength` of the values, `readsFurther` (reads of keys that are not judged),
   * `isForeign` (the client is none of the package's), `hasForeign` (another process writes the keys that are its own).
   */
  constructor({ thread, client, log, subjects, random, nextNumber, options = {} }) {
    this.#thread = thread;
    this.#client = client;
    this.#log = log;
    this.#subjects = subjects;
    this.#random = random;
    this.#nextNumber = nextNumber;
    this.#options = options;
  }

  get #rate() {
    const { isForeign, rate = isForeign ? 'steady' : 'often' } = this.#options;
    return RATES[rate];
  }

  start() {
    const { races, isForeign } = this.#options;
    if (races && !isForeign) this.#callers = this.#ownSubjects().map((subject) => this.#race(subject));
    else this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  /** The two threads of a process share the keys among themselves. */
  #ownSubjects() {
    return [...this.#subjects.keys()].filter((subject) => subject % 2 === this.#thread % 2);
  }

  tune(options) {
    Object.assign(this.#options, options);
  }

  /** Calls in flight are waited for. */
  async stop() {
    this.#isRunning = false;
    await Promise.all(this.#callers);
  }

  async #call() {
    while (this.#isRunning && !this.#log.isFull) {
      await this.#step();
      // Near answers alone would never let the loop turn.
      if (this.#rate === RATES.often && this.#random.chance(0.5)) await turn();
      else await delay(this.#random.below(this.#rate.longestPauseMs + 1));
    }
  }

  /**
   * Writes a key while a copy of it is under way, and reads it where that copy arrives. Nobody else of the process reads the key:
   * any answer of Redis would tell the near cache what the copy has missed.
   */
  async #race(subject) {
    while (this.#isRunning && !this.#log.isFull) {
      // A read behind this one wants a copy.
      await this.#set(subject);
      const read = this.#read(subject, 1);
      // The read's answer, and so the fill, comes before the next write, or while that is under way.
      if (this.#random.chance(0.5)) await read;
      const { leadMs, fillMs } = this.#options.races;
      await delay(leadMs);
      const set = this.#set(subject);
      await read;
      await set;
      // The old copy comes, and half the lead later what tells of the write.
      await delay(fillMs - leadMs / 2);
      for (let time = 0; time < READS_AROUND; time += 1) {
        await this.#read(subject, 2);
        await delay(2);
      }
      // Copies that answer are worth another one after the next write.
      for (let time = 0; time < READS_AFTERWARDS && this.#isRunning; time += 1) {
        await this.#read(subject, 1);
        await delay(this.#random.below(60));
      }
      if (this.#random.chance(0.3)) await this.#clear(this.#subjects[subject].organization);
    }
  }

  async #step() {
    const { isForeign, hasForeign = true, readsFurther } = this.#options;
    const subject = this.#random.below(this.#subjects.length);
    const mayChange = isForeign || !hasForeign || !this.#subjects[subject].isForeign;
    const action = mayChange ? this.#action() : 'read';
    if (action === 'set') return this.#set(subject);
    if (action === 'setAndRead') return this.#setAndRead(subject);
    if (action === 'delete') return this.#delete(subject);
    if (action === 'clear') return this.#clear(this.#subjects[subject].organization);
    if (readsFurther && this.#random.chance(0.3)) return this.#readFurther();
    return this.#read(subject, 1 + this.#random.below(this.#rate.readsAtOnce));
  }

  #action() {
    let drawn = this.#random.below(1000);
    for (const [action, share] of Object.entries(this.#rate.shares)) {
      if (drawn < share) return action;
      drawn -= share;
    }
    return 'read';
  }

  async #read(subject, times) {
    for (let read = 0; read < times && !this.#log.isFull; read += 1) {
      this.reads += 1;
      const number = this.#log.begin('read', subject);
      try {
        const answer = await this.#client.read(this.#subjects[subject]);
        this.#log.end(number, 'acknowledged', numberIn(answer));
      } catch (error) {
        this.#log.end(number, 'refused');
        this.#count(error);
      }
    }
  }

  async #setAndRead(subject) {
    const set = this.#set(subject);
    await this.#read(subject, 3);
    return set;
  }

  #set(subject) {
    if (this.#log.isFull) return undefined;
    const value = this.#nextNumber();
    const length = this.#random.chance(0.2) ? LONG_TEXT : SHORT_TEXT;
    const json = writtenValue(value, this.#options.textLength ?? length);
    return this.#change('set', subject, () => this.#client.set(this.#subjects[subject], json), value);
  }

  #delete(subject) {
    // Conversations have no delete.
    const names = this.#subjects[subject];
    if (!names.delete && !this.#options.isForeign) return this.#set(subject);
    return this.#change('delete', subject, () => this.#client.delete(names));
  }

  /** Clears an organization, if it may be cleared, and reads what it had. */
  async #clear(name) {
    const organization = ORGANIZATIONS.indexOf(name);
    if (!CLEARED.includes(organization)) return;
    await this.#change('clear', organization, () => this.#client.clear(name));
    for (const [subject, { organization: owner }] of this.#subjects.entries()) {
      if (owner === name) await this.#read(subject, 2);
    }
  }

  async #change(kind, target, call, value) {
    if (this.#log.isFull) return;
    const number = this.#log.begin(kind, target, value);
    try {
      this.#log.end(number, await call());
    } catch (error) {
      this.#log.end(number, 'inDoubt');
      this.#count(error);
    }
  }

  async #readFurther() {
    for (let read = 0; read < FURTHER_READS; read += 1) {
      this.reads += 1;
      const subject = this.#random.pick(FURTHER_KEYS);
      try {
        const answer = await this.#client.read(subject);
        if (answer === null) await this.#client.set(subject, writtenValue(1, SHORT_TEXT));
      } catch (error) {
        this.#count(error);
      }
    }
  }

  #count(error) {
    const code = error.code ?? error.message;
    this.rejected[code] = (this.rejected[code] ?? 0) + 1;
  }
}

module.exports = { Load };
