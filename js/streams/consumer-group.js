'use strict';

const { setMaxListeners } = require('node:events');
const { reasonOf, whenAborted } = require('../abort.js');
const { Context } = require('../context.js');
const { OrgCacheError } = require('../errors.js');
const { timeoutOf } = require('../options.js');
const { clearTimeout, now, setTimeout } = require('../time.js');
const { GroupCommands } = require('./commands.js');
const { EntriesInFlight } = require('./in-flight.js');
const { groupOptions } = require('./options.js');
const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');
const { Backoff, pause } = require('./pause.js');
const { Reader } = require('./reader.js');
const { isFinal, isGroupMissing } = require('./replies.js');

/** @import { ConsumerGroupErrorContext, ConsumerGroupOptions, ConsumerGroupStats } from '../../index.js' */
/** @import { GroupOptions } from './options.js' */
/** @import { Held } from './replies.js' */

const native = loadNative();
/**
 * In the time after which others may claim an entry, entries in progress are renewed `groupRenewals` times, and a
 * consumer claims between `groupLeastClaims` and `groupMostClaims` times.
 */
const { groupRenewals, groupLeastClaims, groupMostClaims } = protocol.limits;

/**
 * One consumer of a consumer group. Each entry is given to the handler at least once, and again until it is
 * acknowledged. The next delivery may be in this process or another: the first that finds the entry idle for
 * `minIdleMs` claims it.
 */
class ConsumerGroup {
  #options;
  /** The context of the handler and of `onError`. */
  #context = new Context();
  #commands;
  #reader;
  #inFlight;
  /** @type {ConsumerGroupStats['state']} */
  #state = 'idle';
  /** @type {Promise<void> | undefined} */
  #starting;
  /** @type {Promise<{ left: number }> | undefined} */
  #stopping;
  /** @type {Promise<void>[]} */
  #loops = [];
  /** Aborts when the consumer must end. `#deadline` aborts when its handlers must end. */
  #ending = new AbortController();
  #deadline = new AbortController();
  #forgetSignal = () => {};
  #counts = { read: 0, claimed: 0, handled: 0, failed: 0, deadLettered: 0, deleted: 0, errors: 0 };

  /** @param {GroupOptions} options */
  constructor(options) {
    this.#options = options;
    // Each entry in flight may add a listener.
    setMaxListeners(0, this.#ending.signal, this.#deadline.signal);
    this.#commands = new GroupCommands(options);
    this.#reader = new Reader(options, (error) => this.#report(error, { during: 'read' }));
    const { concurrency, signal } = options;
    this.#inFlight = new EntriesInFlight({ concurrency, work: (entry) => this.#work(entry) });
    if (signal !== undefined && !signal.aborted) {
      this.#forgetSignal = whenAborted(signal, () => this.stop());
    }
  }

  /**
   * Resolves when stream and group exist and reading has begun. Waits for a server that is away. Rejects with the
   * server's error, with the signal's reason, and with `E_CLOSED` after a stop.
   */
  start() {
    if (this.#ending.signal.aborted) this.#starting = undefined;
    this.#starting ??= this.#context
      .run(() => this.#begin())
      .catch((error) => {
        if (this.#state === 'starting') this.#state = 'idle';
        this.#starting = undefined;
        throw error;
      });
    return this.#starting;
  }

  async #begin() {
    const { from, minIdleMs } = this.#options;
    this.#refuseEnded();
    this.#state = 'starting';
    const ending = this.#ending.signal;
    const created = this.#untilDone({ during: 'create' }, ending, () => this.#commands.create(from));
    await Promise.race([created, aborted(ending)]);
    this.#refuseEnded();
    this.#state = 'running';
    this.#reader.open();
    this.#renewing(minIdleMs / groupRenewals);
    this.#loops = [
      this.#repeat('read', () => this.#read()),
      this.#repeat('claim', async () => {
        await this.#claim();
        // The length is random, so that the consumers of a group do not all claim at the same time.
        await pause(native.pauseBetween(minIdleMs / groupMostClaims, minIdleMs / groupLeastClaims), ending);
      }),
    ];
  }

  #refuseEnded() {
    const { signal } = this.#options;
    if (signal?.aborted) throw reasonOf(signal);
    if (this.#ending.signal.aborted) {
      throw new OrgCacheError('E_CLOSED', 'the consumer group was stopped: make another to go on');
    }
  }

  /**
   * Stops reading, hands back entries that no handler has begun, and waits for the handlers, at most `timeoutMs`.
   * Then their signal aborts and their entries stay pending. Answers `{ left }`, the number of those entries. Never
   * rejects once it has begun. A second call gets the same promise.
   * @param {{ timeoutMs?: number }} [options]
   */
  stop(options = {}) {
    try {
      const timeoutMs = timeoutOf(options);
      this.#stopping ??= this.#end(timeoutMs);
      return this.#stopping;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @param {number} timeoutMs */
  async #end(timeoutMs) {
    this.#state = 'stopping';
    this.#forgetSignal();
    this.#ending.abort();
    this.#inFlight.close();
    const late = this.#deadline.signal;
    const timer = setTimeout(() => this.#deadline.abort(), timeoutMs);
    const done = this.#windDown(late).catch((error) => this.#report(error, { during: 'stop' }));
    await Promise.race([done, aborted(late)]);
    clearTimeout(timer);
    const left = this.#inFlight.running;
    this.#deadline.abort();
    this.#reader.close();
    this.#state = 'stopped';
    return { left };
  }

  /** @param {AbortSignal} late */
  async #windDown(late) {
    if (this.#loops.length === 0) return;
    await this.#reader.endRead();
    this.#reader.close();
    await Promise.all(this.#loops);
    await this.#commands.handBack(this.#inFlight.dropWaiting());
    await this.#inFlight.idle(late);
    if (this.#options.hasOwnName && !late.aborted) await this.#commands.forget();
  }

  /** @returns {ConsumerGroupStats} */
  stats() {
    const { consumer } = this.#options;
    const { running, waiting } = this.#inFlight;
    return { state: this.#state, consumer, running, waiting, ...this.#counts };
  }

  async [Symbol.asyncDispose]() {
    await this.stop();
  }

  async #read() {
    await this.#inFlight.room(this.#ending.signal);
    if (this.#ending.signal.aborted) return;
    const entries = await this.#reader.read();
    if (entries.length === 0) return;
    this.#counts.read += entries.length;
    this.#commands.advance(entries[entries.length - 1].id);
    this.#inFlight.take(entries);
  }

  /** The first batch is claimed even if there is no room: a busy consumer must not leave all claims to others. */
  async #claim() {
    await this.#commands.lookUpPosition();
    /** @type {string | null} */
    let cursor = null;
    do {
      /** @param {string} id */
      const isInFlight = (id) => this.#inFlight.has(id);
      const claimed = await this.#commands.claim(cursor, this.#options.batchSize, isInFlight);
      this.#counts.claimed += claimed.entries.length;
      this.#counts.deleted += claimed.deleted;
      this.#inFlight.take(claimed.entries);
      cursor = claimed.cursor;
      await this.#inFlight.room(this.#ending.signal);
    } while (cursor !== null && !this.#ending.signal.aborted);
  }

  /**
   * Continues while a stop waits for the last handlers. Reads meet the same failures.
   * @param {number} everyMs
   */
  async #renewing(everyMs) {
    const signal = this.#deadline.signal;
    for (;;) {
      await pause(everyMs, signal);
      if (signal.aborted) return;
      await this.#commands.renew(this.#inFlight.heldSince(now() - everyMs)).catch(() => {});
    }
  }

  /**
   * Repeats `act` until the consumer ends. A failure is reported, and tried again after a pause.
   * @param {ConsumerGroupErrorContext['during']} during
   * @param {() => Promise<void>} act
   */
  async #repeat(during, act) {
    const signal = this.#ending.signal;
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        await act();
        backoff.reset();
      } catch (error) {
        if (signal.aborted) return;
        this.#report(error, { during });
        if (isGroupMissing(error)) await this.#createAgain();
        await backoff.pause(signal);
      }
    }
  }

  async #createAgain() {
    try {
      await this.#commands.createAgain();
    } catch (error) {
      this.#report(error, { during: 'create' });
    }
  }

  /** @param {Held} held */
  async #work(held) {
    const { id, deliveries, entry } = held;
    const { handler, maxDeliveries } = this.#options;
    if (deliveries > maxDeliveries) {
      return this.#deadLetter(held, `delivered ${deliveries - 1} times and never acknowledged`);
    }
    const signal = this.#deadline.signal;
    try {
      // In a context of its own: a handler must not see the context of another.
      await new Context().run(handler, entry, { signal });
    } catch (error) {
      this.#counts.failed += 1;
      this.#report(error, { during: 'handle', id, deliveries });
      if (deliveries >= maxDeliveries) await this.#deadLetter(held, messageOf(error));
      return;
    }
    this.#counts.handled += 1;
    await this.#settle({ during: 'acknowledge', id, deliveries }, () => this.#commands.acknowledge(id));
  }

  /**
   * @param {Held} held
   * @param {string} reason
   */
  async #deadLetter(held, reason) {
    const { id, deliveries } = held;
    await this.#settle({ during: 'dead-letter', id, deliveries }, async () => {
      if (await this.#commands.deadLetter(held, reason)) this.#counts.deadLettered += 1;
    });
  }

  /**
   * Does nothing after the deadline of a stop: a handler that failed because of the stop says nothing against its
   * entry.
   * @param {ConsumerGroupErrorContext} about
   * @param {() => Promise<unknown>} act
   */
  async #settle(about, act) {
    // If the server refuses for good, the entry stays pending and is delivered again.
    await this.#untilDone(about, this.#deadline.signal, act).catch((error) => this.#report(error, about));
  }

  /**
   * Repeats `act` until it succeeds or the signal aborts. Rejects with a permanent error of the server.
   * @param {ConsumerGroupErrorContext} about
   * @param {AbortSignal} signal
   * @param {() => Promise<unknown>} act
   */
  async #untilDone(about, signal, act) {
    const backoff = new Backoff();
    while (!signal.aborted) {
      try {
        return await act();
      } catch (error) {
        if (isFinal(error)) throw error;
        this.#report(error, about);
        await backoff.pause(signal);
      }
    }
  }

  /**
   * @param {unknown} error
   * @param {ConsumerGroupErrorContext} about
   */
  #report(error, about) {
    this.#counts.errors += about.during === 'handle' ? 0 : 1;
    const { onError } = this.#options;
    if (onError !== undefined) this.#context.call(onError, error, about);
  }
}

/**
 * The message of what a handler threw, which may be any value.
 * @param {unknown} thrown
 */
function messageOf(thrown) {
  const error = /** @type {Partial<Error> | null | undefined} */ (thrown);
  return String(error?.message ?? error);
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function aborted(signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * A consumer of a group on a stream. It sends nothing before `start()`. Throws `E_CONFIG` for a bad option.
 * @param {ConsumerGroupOptions} options
 */
function createConsumerGroup(options) {
  return new ConsumerGroup(groupOptions(options));
}

module.exports = { createConsumerGroup };
