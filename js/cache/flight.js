'use strict';

const { OrgCacheError } = require('../errors.js');
const { now } = require('../time.js');
const { Context: FactoryContext, NOT_MODIFIED, Skipped } = require('./factory.js');
const { keepLease, nextTurn } = require('./lease.js');

/** @import { Failure } from '../errors.js' */
/** @import { CallWith, Lease } from './entries-types.js' */
/** @import { Payload } from './serializers.js' */
/** @import { Turn } from './entries.js' */

/** @typedef {InstanceType<typeof import('./entries.js').Entries>} Entries */
/** @typedef {InstanceType<typeof import('./factory.js').Context>} Context */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */
/** @typedef {InstanceType<typeof import('./waiter.js').Waiter>} Waiter */

/**
 * What a flight computes.
 * @typedef {object} Task
 * @property {string} id Tells flights of this thread apart.
 * @property {string} key
 * @property {Entries} entries
 * @property {CallWith} callWith The first caller's options.
 * @property {'missing' | 'refresh' | 'early'} manner
 * @property {(flight: Flight) => void} onDetach Later callers begin a flight of their own.
 */

/** Errors of keeping a value that its callers are to see. After others they get the value. */
const MISTAKES = ['E_SERIALIZE', 'E_VALUE_TOO_LARGE'];

/**
 * One computation of one key in this thread, and the callers that share it. It ends when the factory has ended, even
 * if nobody waits any longer.
 */
class Flight {
  #task;
  /** @type {Set<Waiter>} */
  #waiters = new Set();
  /**
   * The value that the factory replaces.
   * @type {Found | undefined}
   */
  found;
  /** @type {Lease | undefined} */
  #lease;
  #isComputing = false;
  #isAbandoned = false;
  #isResting = false;
  /** Whether the factory's value is wanted though nobody waits. */
  #isInBackground;
  /** @type {AbortController | undefined} */
  #controller;
  /**
   * Why it was abandoned.
   * @type {unknown}
   */
  #reason;
  isDone = false;
  /**
   * The flights that this one's factory waits for.
   * @type {Set<Flight>}
   */
  waitsFor = new Set();

  /** @param {Task} task */
  constructor(task) {
    this.#task = task;
    this.#isInBackground = task.manner === 'early';
  }

  get id() {
    return this.#task.id;
  }

  get task() {
    return this.#task;
  }

  get isWanted() {
    return this.#isInBackground || this.#waiters.size > 0;
  }

  get isAbandoned() {
    return this.#isAbandoned;
  }

  get isComputing() {
    return this.#isComputing;
  }

  get hasWaiters() {
    return this.#waiters.size > 0;
  }

  /** @param {Waiter} waiter */
  join(waiter) {
    this.#waiters.add(waiter);
    waiter.follow(this);
    if (this.found !== undefined) this.#show(waiter, this.found);
    if (this.#isComputing && this.#waiters.has(waiter)) waiter.factoryHasBegun(this);
  }

  /**
   * A value that is to be replaced is known. Callers that do not want to wait take it.
   * @param {Found} found
   */
  show(found) {
    this.found = found;
    for (const waiter of this.#waiters) this.#show(waiter, found);
  }

  /**
   * @param {Waiter} waiter
   * @param {Found} found
   */
  #show(waiter, found) {
    if (waiter.show(this, found)) this.#answerStale(waiter);
  }

  /** @param {Waiter} waiter */
  softTimeout(waiter) {
    // It may have been replaced by nothing meanwhile.
    if (waiter.hasStale) this.#answerStale(waiter);
  }

  /**
   * @param {Waiter} waiter
   * @param {number} hardTimeoutMs
   */
  hardTimeout(waiter, hardTimeoutMs) {
    const { entries } = this.#task;
    entries.tally.timedOut++;
    if (waiter.hasStale) {
      this.#answerStale(waiter);
      this.#rest();
      return;
    }
    this.#isInBackground = true;
    this.#waiters.delete(waiter);
    const sentence = `the factory did not end within hardTimeoutMs, ${hardTimeoutMs} ms; its value will be kept`;
    waiter.reject(new OrgCacheError('E_FACTORY_TIMEOUT', sentence, { retryable: true }));
  }

  /** No process runs a factory for a while, and callers get the stale value at once. */
  #rest() {
    if (this.#isResting) return;
    this.#isResting = true;
    this.#task.onDetach(this);
    if (this.#lease !== undefined) this.#task.entries.release(this.#lease, true);
  }

  /** @param {Waiter} waiter */
  #answerStale(waiter) {
    const { entries } = this.#task;
    this.#isInBackground = true;
    this.#waiters.delete(waiter);
    const found = /** @type {Found} */ (waiter.fallback);
    entries.countStale(this.#operation);
    waiter.resolve(entries.valueOf(found));
  }

  /**
   * A caller has gone. The last one ends the factory, unless its value is wanted in the background.
   * @param {Waiter} waiter
   * @param {unknown} reason
   */
  left(waiter, reason) {
    this.#waiters.delete(waiter);
    if (this.isWanted || this.isDone) return;
    this.#isAbandoned = true;
    this.#reason = reason;
    this.#task.onDetach(this);
    this.#controller?.abort(reason);
    this.#release();
  }

  /** @param {boolean} [rests] Whether no process runs a factory for a while. */
  #release(rests = false) {
    if (this.#lease === undefined) return;
    this.#task.entries.release(this.#lease, rests);
    this.#lease = undefined;
  }

  /**
   * Answers from a value that needs no factory. False if there is none.
   * @param {Found} found
   */
  answerFresh(found) {
    const { entries } = this.#task;
    if (!found.isFresh) return false;
    for (const waiter of this.#leaving()) {
      entries.countHit(found, this.#operation);
      waiter.resolve(entries.valueOf(found));
    }
    return true;
  }

  /** The callers, which get their answers now. Later callers need a flight of their own. */
  #leaving() {
    const waiters = this.#waiters;
    this.#waiters = new Set();
    this.#task.onDetach(this);
    return waiters;
  }

  /** Nobody computes: callers with a stale value get it. */
  answerStale() {
    for (const waiter of this.#waiters) if (waiter.hasStale) this.#answerStale(waiter);
  }

  /**
   * Another process still computes. Callers that have waited long enough get their stale values. Answers how long those
   * that are left want to wait.
   */
  lockTimeout() {
    const time = now();
    let leftMs = Number.POSITIVE_INFINITY;
    for (const waiter of this.#waiters) {
      const left = waiter.lockEndsAt - time;
      if (left <= 0 && waiter.hasStale) this.#answerStale(waiter);
      else leftMs = Math.min(leftMs, left);
    }
    return leftMs;
  }

  /**
   * Waits for the turn of this process, then computes with `work`. Never rejects.
   * @param {(context: Context) => unknown} work
   * @param {Turn} [turn] The first answer, if it is known.
   */
  async compute(work, turn) {
    try {
      const mine = await nextTurn(this, turn);
      if (mine !== undefined) await this.#run(mine.lease, work);
    } catch (error) {
      this.rejectAll(error);
    } finally {
      this.end();
    }
  }

  /** @param {unknown} error */
  rejectAll(error) {
    for (const waiter of this.#leaving()) waiter.reject(error);
  }

  end() {
    this.isDone = true;
    this.waitsFor.clear();
    this.#task.onDetach(this);
  }

  /**
   * @param {Lease | undefined} lease Undefined if the value is not to be kept.
   * @param {(context: Context) => unknown} work
   */
  async #run(lease, work) {
    const { entries, callWith } = this.#task;
    this.#lease = lease;
    this.#isComputing = true;
    for (const waiter of this.#waiters) waiter.factoryHasBegun(this);
    const stop = lease === undefined ? undefined : keepLease(entries, lease, callWith.times);
    const began = now();
    try {
      const context = this.#context();
      let answer;
      try {
        answer = await work(context);
      } catch (error) {
        this.#failed(error, now() - began);
        return;
      }
      if (!this.#isAbandoned) await this.#succeeded(answer, context, now() - began);
    } finally {
      stop?.();
    }
  }

  #context() {
    const { entries, callWith } = this.#task;
    const { found } = this;
    return new FactoryContext({
      controller: () => {
        if (this.#controller === undefined) {
          this.#controller = new AbortController();
          // The factory may ask for its signal late.
          if (this.#isAbandoned) this.#controller.abort(this.#reason);
        }
        return this.#controller;
      },
      stale: found?.hasValue === true ? entries.staleOf(found) : undefined,
      check: (own) => entries.checkOwn(own, callWith),
    });
  }

  /**
   * @param {unknown} error
   * @param {number} ms
   */
  #failed(error, ms) {
    const { entries } = this.#task;
    if (this.#isAbandoned) return;
    entries.factoryEnded('failed', ms, error);
    this.#release(this.#mayRest);
    this.answerStale();
    this.rejectAll(error);
  }

  /** Whether another value answers after a failure. */
  get #mayRest() {
    if (this.found?.hasValue !== true) return false;
    return this.#task.manner !== 'refresh' || this.found.isStale;
  }

  /**
   * @param {unknown} answer
   * @param {Context} context
   * @param {number} ms
   */
  async #succeeded(answer, context, ms) {
    if (answer instanceof Skipped) {
      this.#release();
      this.#task.entries.factoryEnded('unkept', ms);
      this.#give(answer.value, undefined);
      return;
    }
    const { entries } = this.#task;
    const isSame = answer === NOT_MODIFIED;
    let isKept = false;
    /** @type {Payload | undefined} */
    let payload;
    try {
      if (!isSame && answer !== undefined) payload = entries.encode(answer);
      isKept = await this.#keep(payload, isSame, context, ms);
    } catch (error) {
      const { code } = /** @type {Failure} */ (error);
      if (code !== undefined && MISTAKES.includes(code)) {
        this.#failed(error, ms);
        return;
      }
    }
    entries.factoryEnded(isKept ? 'kept' : 'unkept', ms);
    if (isSame) this.#giveFound(/** @type {Found} */ (this.found));
    else this.#give(answer, payload);
  }

  /**
   * @param {Payload | undefined} payload
   * @param {boolean} isSame
   * @param {Context} context
   * @param {number} ms
   */
  async #keep(payload, isSame, { own }, ms) {
    const { entries, callWith } = this.#task;
    const lease = this.#lease;
    if (lease === undefined) return false;
    if (payload === undefined && !isSame && callWith.times.negativeSeconds === 0) {
      this.#release();
      return false;
    }
    const isKept = isSame
      ? await entries.touch(lease, /** @type {Found} */ (this.found), callWith, own, ms)
      : await entries.fill(lease, payload, callWith, own, ms);
    this.#lease = undefined;
    return isKept;
  }

  /**
   * The factory's value for the first caller, a copy for each other one. A value without stored form is shared.
   * @param {unknown} value
   * @param {Payload | undefined} payload
   */
  #give(value, payload) {
    const { entries } = this.#task;
    let isFirst = true;
    for (const waiter of this.#leaving()) {
      this.#tellOfFactory();
      waiter.resolve(isFirst || payload === undefined ? value : entries.decode(payload));
      isFirst = false;
    }
  }

  /** @param {Found} found */
  #giveFound(found) {
    for (const waiter of this.#leaving()) {
      this.#tellOfFactory();
      waiter.resolve(this.#task.entries.valueOf(found));
    }
  }

  #tellOfFactory() {
    this.#task.entries.tell(this.#operation, { tier: 'factory', hit: false, stale: false });
  }

  get #operation() {
    return this.#task.manner === 'refresh' ? 'refresh' : 'getOrSet';
  }
}

module.exports = { Flight };
