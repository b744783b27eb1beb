'use strict';

const { EventEmitter } = require('node:events');
const { abortable, whenAborted } = require('../abort.js');
const { OrgCacheError } = require('../errors.js');
const { WAITING, refuseUnknown, timeoutOf } = require('../options.js');
const { protocol } = require('../protocol.js');
const { TurnoverMap } = require('../turnover.js');
const { normalized, roomText, splitOptions } = require('./given.js');
const { isObserved, publish } = require('./happenings.js');
const { handlersOf } = require('./handlers.js');
const { closed } = require('./hub.js');
const { Job } = require('./job.js');
const { Run } = require('./run.js');
const { toldError } = require('./safe-error.js');
const { soon } = require('./soon.js');

/** @import { AbortSignalLike, CloseWorker, WorkerEvents, WorkerStats } from '../../index.js' */
/** @import { Told } from './job.js' */

/**
 * @typedef {object} Parts
 * @property {InstanceType<typeof import('./hub.js').Hub>} hub
 * @property {(name: string) => string | undefined} variable
 * @property {Set<string>} names The queues that were used here.
 */

const verbs = protocol.verbs.queue;
const { jobCalls, jobEvents, kinds, outcomes } = protocol.queue;
const EVENTS = [...Object.keys(jobEvents), ...['started', 'stalled', 'idle', 'unhandled', 'error', 'state']];
/** Values of an outcome, and how many of them cross at once. */
const WORDS_AN_OUTCOME = 4;
const MOST_WORDS = WORDS_AN_OUTCOME * 500;
/** @type {WorkerStats} */
const NO_STATS = {
  ...{ active: 0, started: 0, completed: 0, failed: 0 },
  ...{ handedBack: 0, lost: 0, timedOut: 0, abandoned: 0 },
};
const NOTHING_DONE = { finished: 0, handedBack: 0, abandoned: 0 };

/** Runs handlers for the jobs of a queue. types/queue.d.ts says what each method promises. */
class Worker {
  #hub;
  #names;
  #queueName;
  #options;
  #variable;
  #handlers;
  /** @type {((error: InstanceType<typeof OrgCacheError>) => void) | undefined} */
  #onError;
  #emitter = new EventEmitter();
  /** @type {number | undefined} */
  #number;
  /** @type {string | undefined} */
  #name;
  #isPaused = false;
  #hasEnded = false;
  /**
   * Handlers that run, by the token of their job.
   * @type {InstanceType<typeof TurnoverMap<number, InstanceType<typeof Run>>>}
   */
  #runs = new TurnoverMap();
  /**
   * What has become of jobs and has not crossed yet.
   * @type {unknown[]}
   */
  #settled = [];
  #isDue = false;
  /** Whether somebody observed jobs when native code was told what to tell. */
  #isObserved = false;
  /** @type {WorkerStats | undefined} */
  #lastStats;
  /** @type {() => void} */
  #tellClosed = () => undefined;
  /** @type {Promise<void>} */
  #closed = new Promise((resolve) => {
    this.#tellClosed = resolve;
  });
  /** @type {(() => void) | undefined} */
  #forgetSignal;
  /** @type {Promise<{ finished: number, handedBack: number, abandoned: number }> | undefined} */
  #closing;

  /**
   * @param {string} queueName
   * @param {unknown} handlers
   * @param {unknown} given
   * @param {Parts} parts
   */
  constructor(queueName, handlers, given, { hub, variable, names }) {
    const { signal, others } = splitOptions(given, '{ concurrency: 10 }');
    const { onError, ...options } = others;
    this.#hub = hub;
    this.#names = names;
    this.#queueName = queueName;
    this.#variable = variable;
    this.#handlers = handlersOf(handlers);
    /** @type {Record<string, any>} */
    const withTypes = { ...options, handlers: this.#handlers.types };
    this.#options = withTypes;
    normalized('worker', queueName, this.#text);
    if (onError !== undefined && typeof onError !== 'function') {
      throw new OrgCacheError('E_CONFIG', 'the option onError must be a function');
    }
    this.#onError = onError;
    if (signal?.aborted) {
      this.#end();
      return;
    }
    if (options.autorun !== false) this.run();
    if (signal !== undefined) this.#watch(signal);
  }

  /** @param {AbortSignalLike} aborter */
  #watch(aborter) {
    this.#forgetSignal = whenAborted(aborter, () => {
      this.close().catch(() => undefined);
    });
  }

  get #text() {
    return roomText(this.#options, this.#variable);
  }

  /** @returns {string} */
  get queueName() {
    return this.#queueName;
  }

  get name() {
    return this.#name ?? this.#options.name;
  }

  get isRunning() {
    return this.#number !== undefined && !this.#hasEnded && this.#closing === undefined && !this.#isPaused;
  }

  get isPaused() {
    return this.#isPaused;
  }

  get closed() {
    return this.#closed;
  }

  run() {
    this.#refuseIfClosed();
    if (this.#number !== undefined) return;
    const values = [this.#queueName, this.#text];
    /** @type {{ worker: number, name: string }} */
    const opened = JSON.parse(this.#hub.now(verbs.open, kinds.worker, values));
    this.#number = opened.worker;
    this.#name = opened.name;
    this.#hub.addWorker(opened.worker, {
      begin: (told) => this.#begin(told),
      abort: (fence, code, message) => this.#abort(fence, code, message),
      tell: (name, detail) => this.#tell(name, detail),
      ended: () => this.#end(),
    });
    this.#hub.addEnding(this);
    this.#names.add(this.#queueName);
    this.#listen();
    if (this.#isPaused) this.#hub.tell('pause', opened.worker);
    this.#hub.tell('run', opened.worker);
  }

  #refuseIfClosed() {
    if (this.#hasEnded || this.#closing !== undefined) {
      throw new OrgCacheError('E_CLOSED', 'the worker was closed');
    }
  }

  pause() {
    this.#refuseIfClosed();
    this.#isPaused = true;
    if (this.#number !== undefined) this.#hub.tell('pause', this.#number);
  }

  resume() {
    this.#refuseIfClosed();
    this.#isPaused = false;
    if (this.#number !== undefined) this.#hub.tell('resume', this.#number);
  }

  /** @param {number} concurrency */
  setConcurrency(concurrency) {
    this.#refuseIfClosed();
    const options = { ...this.#options, concurrency };
    normalized('worker', this.#queueName, roomText(options, this.#variable));
    this.#options = options;
    if (this.#number !== undefined) this.#hub.tell('concurrency', this.#number, concurrency);
  }

  /** @returns {WorkerStats} */
  stats() {
    if (this.#number === undefined || this.#hasEnded) return { ...(this.#lastStats ?? NO_STATS) };
    return statsOf(this.#hub.tell('stats', kinds.worker, this.#number));
  }

  /** @param {Told} told */
  #begin(told) {
    const { fence, type } = told;
    const handler = this.#handlers.of(type);
    if (handler === undefined) return this.#settle(fence, 'unhandled');
    const job = new Job(told, (kind, payload, ms) => this.#jobCall(fence, kind, payload, ms));
    const run = new Run((outcome, payload, delayMs) => {
      this.#runs.delete(fence);
      this.#settle(fence, outcome, payload, delayMs);
    });
    this.#runs.set(fence, run);
    if (this.#isObserved !== isObserved()) this.#listen();
    if (this.#isObserved || this.#emitter.listenerCount('started') > 0) {
      const { id, orgId, attempt } = job;
      this.#emit('started', { id, type, orgId, attempt, fence });
    }
    run.begin(handler, job);
  }

  /**
   * @param {number} fence
   * @param {keyof typeof jobCalls} kind
   * @param {string} [payload]
   * @param {number} [ms]
   */
  #jobCall(fence, kind, payload, ms) {
    if (this.#number === undefined || this.#hasEnded) throw closed();
    const hub = this.#hub;
    return hub.call((call) => hub.tell('job', call, this.#number, fence, jobCalls[kind], payload, ms));
  }

  /**
   * @param {number} fence
   * @param {any} code
   * @param {string} message
   */
  #abort(fence, code, message) {
    const run = this.#runs.get(fence);
    if (run === undefined) return;
    // Native code has freed or will free its place itself, so that a handler that never ends is not kept here.
    this.#runs.delete(fence);
    run.abort(toldError({ code, message }));
  }

  /**
   * @param {number} fence
   * @param {keyof typeof outcomes} outcome
   * @param {string} [payload]
   * @param {number} [delayMs]
   */
  #settle(fence, outcome, payload, delayMs) {
    if (this.#hasEnded) return;
    this.#settled.push(fence, outcomes[outcome], payload, delayMs);
    if (this.#isDue) return;
    this.#isDue = true;
    soon(this.#cross);
  }

  /** Tells native code of outcomes. Its answer has the jobs that begin in their places. */
  #cross = () => {
    this.#isDue = false;
    const settled = this.#settled;
    this.#settled = [];
    for (let from = 0; from < settled.length && !this.#hasEnded; from += MOST_WORDS) {
      const values = settled.slice(from, from + MOST_WORDS);
      this.#hub.turn(/** @type {number} */ (this.#number), values);
    }
  };

  /**
   * @param {string} name
   * @param {any} detail
   */
  #tell(name, detail) {
    if (name !== 'error') return this.#emit(name, detail ?? {});
    const error = toldError(detail);
    if (this.#onError !== undefined) this.#hub.context.call(/** @type {any} */ (this.#onError), error);
    this.#emit(name, error);
  }

  /**
   * An error that nobody listens to ends nothing.
   * @param {string} name
   * @param {any} detail
   */
  #emit(name, detail) {
    publish(name, this.#queueName, detail);
    if (this.#emitter.listenerCount(name) > 0) this.#hub.context.emit(this.#emitter, name, detail);
  }

  /** Tells native code which events of jobs somebody listens to. */
  #listen() {
    if (this.#number === undefined || this.#hasEnded) return;
    let mask = 0;
    this.#isObserved = isObserved();
    for (const [name, position] of Object.entries(jobEvents)) {
      if (this.#isObserved || this.#emitter.listenerCount(name) > 0) mask |= 1 << position;
    }
    this.#hub.tell('listen', this.#number, mask);
  }

  /**
   * @template {keyof WorkerEvents} Event
   * @param {Event} event
   * @param {(...details: WorkerEvents[Event]) => void} listener
   */
  on(event, listener) {
    refuseUnknown([event], EVENTS, 'the event');
    this.#emitter.on(event, /** @type {(...details: any[]) => void} */ (listener));
    this.#listen();
    return this;
  }

  /**
   * @template {keyof WorkerEvents} Event
   * @param {Event} event
   * @param {(...details: WorkerEvents[Event]) => void} listener
   */
  once(event, listener) {
    refuseUnknown([event], EVENTS, 'the event');
    this.#emitter.once(event, /** @type {(...details: any[]) => void} */ (listener));
    this.#listen();
    return this;
  }

  /**
   * @template {keyof WorkerEvents} Event
   * @param {Event} event
   * @param {(...details: WorkerEvents[Event]) => void} listener
   */
  off(event, listener) {
    this.#emitter.off(event, /** @type {(...details: any[]) => void} */ (listener));
    this.#listen();
    return this;
  }

  /**
   * Not an async function: a second call gets the same promise.
   * @param {CloseWorker} [options]
   */
  close(options) {
    const end = () => {
      const timeoutMs = options?.timeoutMs;
      if (timeoutMs !== undefined) timeoutOf(options);
      this.#closing ??= this.#close(timeoutMs);
      return this.#closing;
    };
    return abortable(options, end, WAITING);
  }

  /**
   * A shutdown of the instance closes it within that time.
   * @param {number} withinMs
   */
  end(withinMs) {
    this.#closing ??= this.#close(undefined, withinMs);
    return this.#closing;
  }

  /**
   * @param {number | undefined} timeoutMs
   * @param {number} [withinMs]
   * @returns {Promise<{ finished: number, handedBack: number, abandoned: number }>}
   */
  async #close(timeoutMs, withinMs) {
    this.#forgetSignal?.();
    const number = this.#number;
    if (number === undefined || this.#hasEnded) {
      this.#end();
      return { ...NOTHING_DONE };
    }
    const hub = this.#hub;
    try {
      const start = (/** @type {number} */ call) =>
        hub.tell('closeWorker', call, number, timeoutMs, withinMs);
      const { stats, ...closed } = await hub.call(start);
      if (stats !== undefined) this.#lastStats = statsOf(stats);
      return closed;
    } catch (error) {
      // The client was closed before the worker.
      if (/** @type {any} */ (error).code !== 'E_CLOSED') throw error;
      return { ...NOTHING_DONE, abandoned: this.#runs.size };
    } finally {
      this.#end();
    }
  }

  #end() {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#forgetSignal?.();
    this.#hub.removeEnding(this);
    if (this.#number !== undefined) this.#hub.removeWorker(this.#number);
    const error = closed();
    for (const run of this.#runs.values()) run.abort(error);
    this.#runs.clear();
    this.#tellClosed();
  }

  async [Symbol.asyncDispose]() {
    await this.close();
  }
}

/**
 * @param {any} told
 * @returns {WorkerStats}
 */
function statsOf({ running, begun, completed, failed, handedBack, lost, timedOut, abandoned }) {
  return { active: running, started: begun, completed, failed, handedBack, lost, timedOut, abandoned };
}

module.exports = { Worker };
