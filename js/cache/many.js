'use strict';

const { OrgCacheError } = require('../errors.js');
const { innermost, noteWait, refuseOwnKey, runInside } = require('./reentrancy.js');
const { Waiter } = require('./waiter.js');

/** @import { CallWith } from './entries-types.js' */
/** @import { ManyFactory } from '../../types/cache-entries.js' */
/** @import { OwnOptions } from './factory.js' */

/** @typedef {InstanceType<typeof import('./factory.js').Context>} Context */
/** @typedef {InstanceType<typeof import('./flight.js').Flight>} Flight */
/** @typedef {InstanceType<typeof import('./found.js').Found>} Found */
/** @typedef {InstanceType<typeof import('./scope.js').Scope>} Scope */
/** @typedef {import('./reentrancy.js').Frame} Frame */

/**
 * One call that computes several keys.
 * @typedef {object} Request
 * @property {Scope} scope
 * @property {ManyFactory<any>} factory
 * @property {CallWith} callWith
 * @property {Frame | undefined} frame
 */

/** One call of a factory, for the flights of several keys. */
class Batch {
  #request;
  #flights;
  /** @type {Promise<Map<string, any>> | undefined} */
  #answer;
  /** @type {OwnOptions | undefined} */
  #own;
  /** @type {AbortController | undefined} */
  #controller;
  /** @type {Context[]} */
  #contexts = [];

  /**
   * @param {Request} request
   * @param {readonly Flight[]} flights
   */
  constructor(request, flights) {
    this.#request = request;
    this.#flights = flights;
  }

  /**
   * The value of one key. The first that is asked for calls the factory for all.
   * @param {string} key
   * @param {Context} context
   */
  async valueOf(key, context) {
    this.#contexts.push(context);
    if (this.#controller !== undefined) this.#watch(context);
    this.#answer ??= this.#run();
    const values = await this.#answer;
    context.own = this.#own;
    return values.get(key);
  }

  async #run() {
    const { factory, frame } = this.#request;
    const keys = this.#flights.map(({ task }) => task.key);
    const values = await runInside(this.#flights, frame, () => factory(keys, this.#context()));
    if (values instanceof Map) return values;
    throw new OrgCacheError('E_ARGUMENT', 'the factory of several keys must answer a Map');
  }

  #context() {
    const { scope, callWith } = this.#request;
    const signal = () => this.#signal();
    return {
      get signal() {
        return signal();
      },
      setOptions: (/** @type {OwnOptions} */ own) => {
        scope.entries.checkOwn(own, callWith);
        this.#own = { ...this.#own, ...own };
      },
    };
  }

  #signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      for (const context of this.#contexts) this.#watch(context);
    }
    return this.#controller.signal;
  }

  /** @param {Context} context */
  #watch({ signal }) {
    const onAbort = () => {
      if (this.#flights.every(({ isAbandoned }) => isAbandoned)) this.#controller?.abort(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  }
}

/**
 * The values of these keys. The missing ones are computed by one call of the factory, but for those that others compute.
 * @param {Omit<Request, 'frame'>} given
 * @param {readonly string[]} keys Each once.
 * @returns {Promise<Map<string, any>>}
 */
async function valuesOf(given, keys) {
  const request = { ...given, frame: innermost() };
  const { scope, callWith, frame } = request;
  for (const key of keys) refuseOwnKey(frame, scope.idOf(key));
  /** @type {Flight[]} */
  const own = [];
  const values = keys.map(
    (key) =>
      new Promise((resolve, reject) => {
        const waiter = new Waiter(callWith, resolve, reject);
        let flight = scope.flying('missing', key, callWith);
        if (flight === undefined) {
          flight = scope.begin('missing', key, callWith);
          own.push(flight);
        }
        noteWait(frame, flight);
        flight.join(waiter);
      }),
  );
  const all = Promise.all(values);
  fly(own, request);
  const answers = await all;
  const known = keys.map((key, index) => /** @type {const} */ ([key, answers[index]]));
  return new Map(known.filter(([, value]) => value !== undefined));
}

/**
 * @param {Flight[]} flights
 * @param {Request} request
 */
async function fly(flights, request) {
  const missing = await readAll(flights, request);
  /** @type {{ flight: Flight, turn: import('./entries.js').Turn }[]} */
  const turns = [];
  const { scope, callWith } = request;
  const ask = async (/** @type {Flight} */ flight) => {
    try {
      const how = { isForced: false, attempt: 0 };
      turns.push({
        flight,
        turn: await scope.entries.acquire(flight.task.key, flight.found, callWith, how),
      });
    } catch (error) {
      flight.fail(error);
    }
  };
  await Promise.all(missing.map(ask));
  const granted = turns.filter(({ flight, turn }) => turn.outcome === 'granted' && flight.isWanted);
  const batch = new Batch(
    request,
    granted.map(({ flight }) => flight),
  );
  for (const { flight, turn } of turns) {
    const { key } = flight.task;
    const own = turn.outcome === 'granted' ? batch : new Batch(request, [flight]);
    flight.compute((context) => own.valueOf(key, context), turn);
  }
}

/**
 * Answers the flights of what is there, and returns the others.
 * @param {Flight[]} flights
 * @param {Request} request
 */
async function readAll(flights, { scope, callWith }) {
  /** @type {Flight[]} */
  const missing = [];
  const read = async (/** @type {Flight} */ flight) => {
    try {
      const found = await scope.entries.read(flight.task.key, callWith);
      if (flight.answerFresh(found)) {
        flight.end();
        return;
      }
      scope.entries.tally.misses++;
      flight.show(found);
      missing.push(flight);
    } catch (error) {
      flight.fail(error);
    }
  };
  await Promise.all(flights.map(read));
  return missing;
}

module.exports = { valuesOf };
