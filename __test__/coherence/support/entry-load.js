'use strict';

const { setImmediate: turn, setTimeout: delay } = require('node:timers/promises');
const { TAGS } = require('./entry-subjects');
const { ORGANIZATIONS } = require('./subjects');
const { numberIn, writtenValue } = require('./values');

const CALLERS = 4;
const LONGEST_PAUSE_MS = 4;
/** The shares of what a caller does next, in thousandths; the rest are reads. */
const SHARES = {
  getOrSet: 430,
  set: 40,
  delete: 40,
  expire: 15,
  invalidate: 25,
  mutate: 15,
  clear: 12,
};
/** Reads at once. */
const MOST_READS = 4;
/** So long a factory takes at most, and one in a few takes longer. */
const FACTORY_MS = 30;
const SLOW_FACTORY_MS = 150;
const SLOW_CHANCE = 0.08;
const FAILURE_CHANCE = 0.05;
/** A guarded change takes as long at most. */
const CHANGE_MS = 20;
const SHORT_TEXT = 60;
const LONG_TEXT = 3000;

class FactoryError extends Error {}

/** The callers of one thread, which read, compute and invalidate entries without end, and record what they do. */
class EntryLoad {
  #client;
  #log;
  #subjects;
  #random;
  #nextNumber;
  #textLength;
  #callers = [];
  #isRunning = true;
  /** Factories and changes that go on though their call has its answer. */
  #inBackground = new Set();
  /** Codes of calls that were rejected, and how often. */
  rejected = {};
  /** Reads that were made. */
  reads = 0;

  /** `client` is an `EntryClient`; `textLength`, if given, is that of all values. */
  constructor({ client, log, subjects, random, nextNumber, options: { textLength } = {} }) {
    this.#client = client;
    this.#log = log;
    this.#subjects = subjects;
    this.#random = random;
    this.#nextNumber = nextNumber;
    this.#textLength = textLength;
  }

  start() {
    this.#callers = Array.from({ length: CALLERS }, () => this.#call());
  }

  tune({ textLength = this.#textLength }) {
    this.#textLength = textLength;
  }

  /** Calls in flight are waited for, and what goes on in the background. */
  async stop() {
    this.#isRunning = false;
    await Promise.all(this.#callers);
    while (this.#inBackground.size > 0) await Promise.all(this.#inBackground);
  }

  async #call() {
    while (this.#isRunning && !this.#log.isFull) {
      await this.#step();
      if (this.#random.chance(0.5)) await turn();
      else await delay(this.#random.below(LONGEST_PAUSE_MS + 1));
    }
  }

  #step() {
    const index = this.#random.below(this.#subjects.length);
    const subject = this.#subjects[index];
    const action = this.#action();
    const organization = ORGANIZATIONS.indexOf(subject.organization);
    if (action === 'getOrSet') return this.#getOrSet(index);
    if (action === 'set') return this.#set(index);
    if (action === 'delete') return this.#change('delete', index, 0, () => this.#client.delete(subject));
    if (action === 'expire') return this.#change('expire', index, 0, () => this.#client.expire(subject));
    if (action === 'mutate') return this.#mutate(index);
    if (action === 'clear')
      return this.#change('clear', organization, 0, () => this.#client.clear(subject.organization));
    if (action === 'invalidate') {
      const tag = this.#random.pick(TAGS);
      return this.#change('invalidate', organization, tag, () =>
        this.#client.invalidate(subject.organization, tag),
      );
    }
    return this.#read(index);
  }

  #action() {
    let drawn = this.#random.below(1000);
    for (const [action, share] of Object.entries(SHARES)) {
      if (drawn < share) return action;
      drawn -= share;
    }
    return 'read';
  }

  async #read(index) {
    const times = 1 + this.#random.below(MOST_READS);
    for (let read = 0; read < times && !this.#log.isFull; read += 1)
      await this.#answered('read', index, () => this.#client.read(this.#subjects[index]));
  }

  #getOrSet(index) {
    return this.#answered('getOrSet', index, (call) =>
      this.#client.getOrSet(this.#subjects[index], () => this.#factory(index, call)),
    );
  }

  async #answered(kind, index, ask) {
    if (this.#log.isFull) return;
    this.reads += 1;
    const number = this.#log.begin(kind, index);
    try {
      this.#log.end(number, 'acknowledged', numberIn(await ask(number)));
    } catch (error) {
      this.#log.end(number, 'refused');
      if (!(error instanceof FactoryError)) this.#count(error);
    }
  }

  /** Makes a value, and records from when on: what it is made from is read at its begin. */
  #factory(index, call) {
    const made = this.#make(index, call);
    const known = made.catch(() => {}).finally(() => this.#inBackground.delete(known));
    this.#inBackground.add(known);
    return made;
  }

  async #make(index, call) {
    if (this.#log.isFull) throw new FactoryError('The log is full.');
    const value = this.#nextNumber();
    const number = this.#log.begin('factory', index, value, call);
    const ms = this.#random.chance(SLOW_CHANCE) ? SLOW_FACTORY_MS : FACTORY_MS;
    await delay(this.#random.below(ms));
    const hasFailed = this.#random.chance(FAILURE_CHANCE);
    this.#log.end(number, hasFailed ? 'refused' : 'acknowledged');
    if (hasFailed) throw new FactoryError('This factory fails on purpose.');
    return this.#value(value);
  }

  #value(number) {
    const length = this.#random.chance(0.2) ? LONG_TEXT : SHORT_TEXT;
    return writtenValue(number, this.#textLength ?? length);
  }

  #set(index) {
    const number = this.#nextNumber();
    const value = this.#value(number);
    return this.#change('set', index, number, () => this.#client.set(this.#subjects[index], value));
  }

  /** The change is over when its function has ended: what was computed until then may be of before. */
  #mutate(index) {
    const subject = this.#subjects[index];
    const tag = this.#random.chance(0.5) ? 0 : this.#random.pick(TAGS);
    return this.#change('mutate', index, tag, async (call) => {
      let changed;
      const outcome = await this.#client.mutate(subject, tag, async () => {
        await delay(this.#random.below(CHANGE_MS));
        if (!this.#log.isFull) changed = this.#log.begin('changed', index, tag, call);
      });
      if (changed !== undefined) this.#log.end(changed, outcome);
      return outcome;
    });
  }

  async #change(kind, target, value, call) {
    if (this.#log.isFull) return;
    const number = this.#log.begin(kind, target, value);
    try {
      this.#log.end(number, await call(number));
    } catch (error) {
      this.#log.end(number, 'inDoubt');
      this.#count(error);
    }
  }

  #count(error) {
    const code = error.code ?? error.message;
    this.rejected[code] = (this.rejected[code] ?? 0) + 1;
  }
}

module.exports = { EntryLoad };
