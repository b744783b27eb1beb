'use strict';

const { whenAborted, reasonOf } = require('../abort.js');
const { OrgCacheError, closedEarly, withoutStacks } = require('../errors.js');
const { loadNative } = require('../native.js');
const { head, protocol } = require('../protocol.js');
const { clearTimeout, nextTick, setTimeout } = require('../time.js');
const { TurnoverMap } = require('../turnover.js');
const { toldError } = require('./safe-error.js');

/** @import { AbortSignalLike } from '../../index.js' */

/**
 * What the hub tells a worker.
 * @typedef {object} Listening
 * @property {(job: any) => void} begin A job begins now.
 * @property {(fence: number, code: any, message: string) => void} abort
 * @property {(name: string, detail: any) => void} tell
 * @property {() => void} ended The client was closed.
 */

/**
 * What ends with the instance.
 * @typedef {{ end: (withinMs: number) => Promise<unknown> }} Ending
 */

/**
 * @typedef {object} OpenCall
 * @property {(value: any) => void} resolve
 * @property {(error: unknown) => void} reject
 * @property {((value: any) => unknown) | undefined} read
 * @property {(() => void) | undefined} forget
 */

const verbs = protocol.verbs.queue;
const { asks, tells } = protocol.queue;
const { client: native } = loadNative();
/** Jobs that leave together: enough for a script's own cost to be small, and few enough that Redis works while others are made. */
const JOBS_A_PART = 32;
/** Numbers of calls are positive and have 31 bits. */
const LAST_CALL = 2 ** 31 - 1;
/** The first word of an event. */
const [RESOLVED, REJECTED, BEGIN, ABORT, JOB_EVENT, WORKER_EVENT, ALERT, ADDED] = [0, 1, 2, 3, 4, 5, 6, 7];

/** The queues and workers of one instance: their way into native code, and what native code tells later. */
class Hub {
  #bridge;
  #context;
  /** @type {number | undefined} */
  #client;
  #isListening = false;
  #lastCall = 0;
  /** Jobs that wait for others of the same turn. */
  #unsent = 0;
  /** @type {InstanceType<typeof TurnoverMap<number, OpenCall>>} */
  #calls = new TurnoverMap();
  /** @type {Map<number, Listening>} */
  #workers = new Map();
  /** @type {Map<number, (alert: any) => void>} */
  #watches = new Map();
  /** @type {Set<Ending>} */
  #endings = new Set();
  /** @type {(() => void)[]} */
  #whenIdle = [];

  /**
   * @param {InstanceType<typeof import('../bridge.js').Bridge>} bridge
   * @param {InstanceType<typeof import('../context.js').Context>} context
   */
  constructor(bridge, context) {
    this.#bridge = bridge;
    this.#context = context;
  }

  get context() {
    return this.#context;
  }

  /** The number of the native client. Opens it if necessary. */
  open() {
    const client = this.#bridge.open();
    if (!this.#isListening) {
      this.#isListening = true;
      this.#bridge.listen((name) => {
        if (name === protocol.events.queue) this.#context.run(() => this.#take());
      });
      this.#bridge.onClose(() => this.#closed());
    }
    this.#client = client;
    return client;
  }

  /** @param {number} client */
  isOpen(client) {
    return this.#client === client && this.#bridge.isOpen;
  }

  /**
   * A call that native code answers at once.
   * @param {number} verb
   * @param {number} detail
   * @param {unknown[]} values
   * @returns {any}
   */
  now(verb, detail, values) {
    return native.answer(this.open(), head(verb, detail, values.length), ...values);
  }

  /**
   * Adds jobs. Those of one turn leave together, many of them in parts: Redis works on one while this thread makes the next.
   * @param {unknown[]} values
   * @param {number} count How many jobs they are.
   */
  add(values, count) {
    this.now(verbs.add, 0, values);
    const isFirst = this.#unsent === 0;
    this.#unsent += count;
    if (this.#unsent >= JOBS_A_PART) this.#send();
    else if (isFirst) nextTick(() => this.#send());
  }

  #send() {
    if (this.#unsent === 0) return;
    this.#unsent = 0;
    if (this.#client !== undefined && this.isOpen(this.#client)) this.tell('look');
  }

  /**
   * @param {keyof typeof tells} what
   * @param {unknown[]} values
   */
  tell(what, ...values) {
    const told = this.now(verbs.tell, tells[what], values);
    return typeof told === 'string' ? JSON.parse(told) : told;
  }

  /**
   * A call whose end comes as an event. `start` gets its number. If the signal aborts, the promise rejects at once, and
   * native code forgets the call.
   * @param {(call: number) => void} start
   * @param {{ signal?: AbortSignalLike, read?: (value: any) => unknown }} [how]
   * @returns {Promise<any>}
   */
  call(start, { signal, read } = {}) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(reasonOf(signal));
      const number = this.#nextCall();
      start(number);
      /** @type {OpenCall} */
      const call = { resolve, reject, read, forget: undefined };
      this.#calls.set(number, call);
      if (signal !== undefined) call.forget = whenAborted(signal, (reason) => this.#abandon(number, reason));
    });
  }

  /**
   * @param {keyof typeof asks} what
   * @param {number} queue
   * @param {string | undefined} text The arguments as JSON.
   * @param {{ signal?: AbortSignalLike, read?: (value: any) => unknown }} [how]
   */
  ask(what, queue, text, how) {
    return this.call((call) => this.now(verbs.ask, asks[what], [call, queue, text]), how);
  }

  #nextCall() {
    do this.#lastCall = this.#lastCall === LAST_CALL ? 1 : this.#lastCall + 1;
    while (this.#calls.has(this.#lastCall));
    return this.#lastCall;
  }

  /**
   * @param {number} number
   * @param {unknown} reason
   */
  #abandon(number, reason) {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    this.tell('abandon', number);
    call.reject(reason);
    this.#forget(number);
  }

  /** @param {number} number */
  #forget(number) {
    this.#calls.get(number)?.forget?.();
    this.#calls.delete(number);
    if (this.#calls.size === 0) for (const resume of this.#whenIdle.splice(0)) resume();
  }

  /**
   * @param {number} number
   * @param {Listening} worker
   */
  addWorker(number, worker) {
    this.#workers.set(number, worker);
  }

  /** @param {number} number */
  removeWorker(number) {
    this.#workers.delete(number);
  }

  /**
   * @param {number} number
   * @param {(alert: any) => void} listener
   */
  addWatch(number, listener) {
    this.#watches.set(number, listener);
  }

  /** @param {number} number */
  removeWatch(number) {
    this.#watches.delete(number);
  }

  /** @param {Ending} ending */
  addEnding(ending) {
    this.#endings.add(ending);
  }

  /** @param {Ending} ending */
  removeEnding(ending) {
    this.#endings.delete(ending);
  }

  /** Native code has something to tell. */
  #take() {
    if (this.#client === undefined || this.#client !== this.#bridge.client) return;
    this.heard(this.now(verbs.take, 0, []));
  }

  /**
   * What has become of jobs. Handlers of the jobs that begin in their places run in the context of the instance.
   * @param {number} worker
   * @param {unknown[]} values
   */
  turn(worker, values) {
    this.#context.run(() => this.heard(this.now(verbs.turn, 0, [worker, ...values])));
  }

  /**
   * Events of native code.
   * @param {string | null} text
   */
  heard(text) {
    if (text === null) return;
    for (const event of JSON.parse(text)) this.#hear(event);
  }

  /** @param {any[]} event */
  #hear([kind, number, a, b, c]) {
    switch (kind) {
      case RESOLVED:
        return this.#resolve(number, a);
      case ADDED:
        return this.#resolve(number, [{ id: a, created: true }]);
      case REJECTED:
        return withoutStacks(() => this.#reject(number, toldError(a)));
      case BEGIN:
        return this.#workers.get(number)?.begin(a);
      case ABORT:
        return this.#workers.get(number)?.abort(a, b, c);
      case JOB_EVENT:
      case WORKER_EVENT:
        return this.#workers.get(number)?.tell(a, b);
      case ALERT:
        return this.#alert(number, a);
    }
  }

  /**
   * @param {number} number
   * @param {unknown} alert
   */
  #alert(number, alert) {
    const listener = this.#watches.get(number);
    if (listener !== undefined) this.#context.call(listener, alert);
  }

  /**
   * @param {number} number
   * @param {unknown} value
   */
  #resolve(number, value) {
    const call = this.#calls.get(number);
    if (call === undefined) return;
    this.#forget(number);
    if (call.read === undefined) return call.resolve(value);
    try {
      call.resolve(call.read(value));
    } catch (error) {
      call.reject(error);
    }
  }

  /**
   * @param {number} number
   * @param {unknown} error
   */
  #reject(number, error) {
    const call = this.#calls.get(number);
    this.#forget(number);
    call?.reject(error);
  }

  /** The client closes: nobody will tell of the calls under way. */
  #closed() {
    this.#client = undefined;
    withoutStacks(() => {
      for (const number of [...this.#calls.keys()]) this.#reject(number, closedEarly());
    });
    for (const worker of [...this.#workers.values()]) worker.ended();
    this.#workers.clear();
    this.#watches.clear();
  }

  /** Whether a shutdown has nothing to wait for. */
  get isIdle() {
    return this.#endings.size === 0 && this.#calls.size === 0;
  }

  /**
   * Closes workers, lets calls under way settle, and is done within the time.
   * @param {number} withinMs
   * @returns {Promise<void>}
   */
  end(withinMs) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      const ended = Promise.allSettled([...this.#endings].map((ending) => ending.end(withinMs)));
      ended
        .then(() => this.#idle())
        .then(() => {
          clearTimeout(timer);
          resolve();
        });
    });
  }

  /** @returns {Promise<void>} */
  async #idle() {
    while (this.#calls.size > 0) {
      await /** @type {Promise<void>} */ (new Promise((resume) => this.#whenIdle.push(resume)));
    }
  }
}

function closed() {
  return new OrgCacheError('E_CLOSED', 'the queue was closed');
}

module.exports = { Hub, closed };
