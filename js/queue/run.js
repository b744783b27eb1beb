'use strict';

const { toJson } = require('../cache-calls.js');
const { outcomeOf } = require('./outcome-errors.js');
const { errorText } = require('./safe-error.js');

/** @import { protocol } from '../protocol.js' */
/** @import { Handler } from './handlers.js' */
/** @import { Job } from './job.js' */

/**
 * What became of a job: a name, the JSON of its result or error, and a delay.
 * @typedef {(outcome: keyof typeof protocol.queue.outcomes, payload?: string, delayMs?: number) => void} Settle
 */

/** One call of a handler. It settles once, whatever the handler does. */
class Run {
  #settle;
  #isSettled = false;
  /** @type {AbortController | undefined} */
  #controller;
  /** @type {{ error: unknown } | undefined} */
  #aborted;

  /** @param {Settle} settle */
  constructor(settle) {
    this.#settle = settle;
  }

  /**
   * @param {Handler} handler
   * @param {InstanceType<typeof Job>} job
   */
  begin(handler, job) {
    let answer;
    try {
      answer = handler(job, this.#context());
    } catch (error) {
      return this.#fail(error);
    }
    if (typeof answer !== 'object' && typeof answer !== 'function') return this.#complete(answer);
    Promise.resolve(answer).then(
      (result) => this.#complete(result),
      (error) => this.#fail(error),
    );
  }

  /** The second argument of a handler. A signal costs more than many handlers do, so it is made when it is read. */
  #context() {
    const signal = () => this.#signal();
    return {
      get signal() {
        return signal();
      },
    };
  }

  #signal() {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted.error);
    }
    return this.#controller.signal;
  }

  /** @param {unknown} error */
  abort(error) {
    this.#aborted ??= { error };
    this.#controller?.abort(error);
  }

  /** @param {unknown} result */
  #complete(result) {
    if (this.#isSettled) return;
    let text;
    try {
      text = result === undefined ? undefined : toJson(result);
    } catch (error) {
      return this.#fail(error);
    }
    this.#isSettled = true;
    this.#settle('completed', text);
  }

  /** @param {unknown} error */
  #fail(error) {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const outcome = outcomeOf(error);
    if (outcome === undefined) return this.#settle('failed', errorText(error));
    if (outcome.name === 'unrecoverable') return this.#settle('unrecoverable', errorText(error));
    this.#settle(outcome.name, undefined, outcome.delayMs);
  }
}

module.exports = { Run };
