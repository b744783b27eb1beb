'use strict';

const { OrgCacheError } = require('../errors.js');
const { now } = require('../time.js');
const { Context: FactoryContext, NOT_MODIFIED, Skipped } = require('./factory.js');
const { keepLease, nextTurn } = require('./lease.js');
const { isMistake, kept } = require('./keeping.js');
const { isPromiseLike } = require('./reentrancy.js');
const { TurnRead } = require('./turn-read.js');
const { isWatched } = require('./version.js');

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
 * @property {string} organization
 * @property {number | undefined} version The entry's version when it began, as `isSameVersion` and `isWatched` read it.
 */

/** @type {ReadonlySet<Flight>} */
const NO_FLIGHTS = new Set();

/**
 * One computation of one key in this thread, and the callers that share it. It ends when the factory has ended, even
 * if nobody waits any longer.
 */
class Flight {
  #task;
  #flights;
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
  /**
   * Ends the renewals of the lease.
   * @type {(() => void) | undefined}
   */
  #stopRenewals;
  /** A read of the value that is there now. */
  again = new TurnRead(() => this.#task.entries.read(this.#task.key, this.#task.callWith));
  isDone = false;
  /** Whether nothing is left to do but keep the factory's value, which waits for no other flight. */
  isComputed = false;
  /** The flights that this one's factory waits for. */
  waitsFor = NO_FLIGHTS;

  /**
   * @param {Task} task
   * @param {{ detach(flight: Flight): void }} flights Those that later callers may join.
   */
  constructor(task, flights) {
    this.#task = task;
    this.#flights = flights;
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

  /**
   * @param {Waiter} waiter
   * @param {Found | undefined} [found] The value that is to be replaced, as far as the caller may get it.
   */
  join(waiter, found = this.found) {
    this.#waiters.add(waiter);
    waiter.follow(this);
    if (found !== undefined) this.#show(waiter, found);
    if (this.#isComputing && this.#waiters.has(waiter)) waiter.factoryHasBegun(this);
  }

  /** Whether a later caller must not get the value that is to be replaced: nobody tells of its changes. */
  get isOutdated() {
    return !isWatched(this.#task.version) && this.found?.hasValue === true;
  }

  /**
   * Shows one caller what is there now.
   * @param {Waiter} waiter
   * @param {Found} found
   */
  showOne(waiter, found) {
    if (!this.#waiters.has(waiter)) return;
    if (!found.isFresh) return this.#show(waiter, found);
    const { entries } = this.#task;
    this.#isInBackground = true;
    this.#waiters.delete(waiter);
    entries.countHit(found, this.#operation);
    waiter.resolve(entries.valueOf(found));
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
    this.#flights.detach(this);
    if (this.#lease !== undefined) this.#task.entries.release(this.#lease, true);
  }

  /** @param {Waiter} waiter */
  #answerStale(waiter) {
    const { entries } = this.#task;
    this.#isInBackground = true;
    this.#waiters.delete(waiter);
    const found = /** @type {Found} */ (waiter.fallback);
    entries.countStale(found, this.#operation);
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
    this.#flights.detach(this);
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
    this.#flights.detach(this);
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
   * Computes with `work` once it is the turn of this process, and ends.
   * @param {(context: Context) => unknown} work
   * @param {Turn} [turn] The first answer, if it is known.
   */
  compute(work, turn) {
    if (turn?.outcome === 'granted' && this.isWanted) this.#run(turn.lease, work);
    else this.#computeInTurn(work, turn);
  }

  /**
   * @param {(context: Context) => unknown} work
   * @param {Turn} [turn]
   */
  async #computeInTurn(work, turn) {
    try {
      const mine = await nextTurn(this, turn);
      if (mine === undefined) this.end();
      else this.#run(mine.lease, work);
    } catch (error) {
      this.fail(error);
    }
  }

  /**
   * Nothing is computed.
   * @param {unknown} error
   */
  fail(error) {
    this.rejectAll(error);
    this.end();
  }

  /** @param {unknown} error */
  rejectAll(error) {
    for (const waiter of this.#leaving()) waiter.reject(error);
  }

  end() {
    this.isDone = true;
    this.isComputed = true;
    this.waitsFor = NO_FLIGHTS;
    this.#stopRenewals?.();
    this.#flights.detach(this);
  }

  /**
   * The factory of this flight waits for another one.
   * @param {Flight} flight
   */
  waitFor(flight) {
    if (this.waitsFor === NO_FLIGHTS) this.waitsFor = new Set();
    /** @type {Set<Flight>} */ (this.waitsFor).add(flight);
  }

  /**
   * Calls the factory. Only one that does not answer at once needs timers and a promise.
   * @param {Lease | undefined} lease Undefined if the value is not to be kept.
   * @param {(context: Context) => unknown} work
   */
  #run(lease, work) {
    this.#lease = lease;
    this.#isComputing = true;
    const began = now();
    const context = this.#context();
    let answer;
    try {
      answer = work(context);
      if (isPromiseLike(answer)) {
        this.#await(answer, context, began);
        return;
      }
    } catch (error) {
      this.#failed(error, now() - began);
      return;
    }
    this.#succeeded(answer, context, now() - began);
  }

  /**
   * @param {PromiseLike<unknown>} promise
   * @param {Context} context
   * @param {number} began
   */
  async #await(promise, context, began) {
    const { entries, callWith } = this.#task;
    for (const waiter of this.#waiters) waiter.factoryHasBegun(this);
    if (this.#lease !== undefined) this.#stopRenewals = keepLease(entries, this.#lease, callWith.times);
    let answer;
    try {
      answer = await promise;
    } catch (error) {
      this.#failed(error, now() - began);
      return;
    }
    this.#succeeded(answer, context, now() - began);
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
    this.isComputed = true;
    if (!this.#isAbandoned) {
      this.#task.entries.factoryEnded('failed', ms, error);
      this.#release(this.#mayRest);
      this.answerStale();
      this.rejectAll(error);
    }
    this.end();
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
  #succeeded(answer, context, ms) {
    this.isComputed = true;
    if (this.#isAbandoned) {
      this.end();
      return;
    }
    if (answer instanceof Skipped) {
      this.#release();
      this.#answerAll(answer.value, undefined, false, ms);
      return;
    }
    const { entries } = this.#task;
    /** @type {Payload | undefined} */
    let payload;
    let isKeepable = true;
    try {
      if (answer !== NOT_MODIFIED && answer !== undefined) payload = entries.encode(answer);
    } catch (error) {
      if (isMistake(error)) {
        this.#failed(error, ms);
        return;
      }
      isKeepable = false;
    }
    const made = { payload, isSame: answer === NOT_MODIFIED, own: context.own, ms };
    const keeping = isKeepable ? kept(this.#task, this.#lease, this.found, made) : undefined;
    if (keeping === undefined) {
      this.#release();
      this.#answerAll(answer, payload, false, ms);
      return;
    }
    keeping.then(
      (outcome) => {
        this.#lease = undefined;
        this.#answerAll(answer, payload, entries.isKept(outcome), ms);
      },
      (error) => {
        if (isMistake(error)) this.#failed(error, ms);
        else this.#answerAll(answer, payload, false, ms);
      },
    );
  }

  /**
   * @param {unknown} answer
   * @param {Payload | undefined} payload
   * @param {boolean} isKept
   * @param {number} ms
   */
  #answerAll(answer, payload, isKept, ms) {
    this.#task.entries.factoryEnded(isKept ? 'kept' : 'unkept', ms);
    if (answer === NOT_MODIFIED) this.#giveFound(/** @type {Found} */ (this.found));
    else this.#give(answer, payload);
    this.end();
  }

  /**
   * The factory's value for the first caller, a copy for each other one; or one frozen copy for all. A value without
   * stored form is shared.
   * @param {unknown} value
   * @param {Payload | undefined} payload
   */
  #give(value, payload) {
    const { entries } = this.#task;
    const isShared = entries.isFrozen || payload === undefined;
    const shared = payload !== undefined && isShared ? entries.decode(payload) : value;
    let isFirst = true;
    for (const waiter of this.#leaving()) {
      this.#tellOfFactory();
      waiter.resolve(isFirst || isShared ? shared : entries.decode(payload));
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
