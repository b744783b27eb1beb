'use strict';

const { asCallback, noop } = require('./callback.js');
const { Pipeline } = require('./pipeline.js');

/**
 * @import { Client, Cluster, Redis } from './classes.js'
 * @import { Methods } from './commander.js'
 * @import { Call, OnOutcomes, Outcome } from './pipeline.js'
 */

/**
 * Adds `pipeline`, `multi` and `exec` to clients.
 * @param {object} prototype
 */
function addTransactionSupport(prototype) {
  const methods = /** @type {Methods} */ (prototype);
  const { exec, multi } = methods;

  /**
   * @this {Client}
   * @param {Call[]} [commands]
   */
  methods.pipeline = function (commands) {
    const pipeline = new Pipeline(this);
    if (Array.isArray(commands)) pipeline.addBatch(commands);
    return pipeline;
  };

  /**
   * @this {Client}
   * @param {any[]} given Commands, options, or both.
   */
  methods.multi = function (...given) {
    const commands = Array.isArray(given[0]) ? given[0] : undefined;
    const options = given[1] ?? (commands === undefined ? given[0] : undefined);
    if (options?.pipeline === false) return multi.call(this);
    const transaction = new Transaction(this);
    transaction.multi();
    if (commands !== undefined) transaction.addBatch(commands);
    return transaction;
  };

  /**
   * @this {Client}
   * @param {OnOutcomes} [callback]
   */
  methods.exec = function (callback) {
    return asCallback(exec.call(this).then(resultsOf), callback);
  };
}

/**
 * A pipeline that is one transaction: `exec` answers only the results of its commands, or null if a watched key
 * changed.
 */
class Transaction extends Pipeline {
  /**
   * @param {OnOutcomes} [callback]
   * @returns {Promise<Outcome[] | null>}
   */
  exec(callback) {
    if (this.isCluster && /** @type {Cluster} */ (this.redis).slots.length === 0) {
      return this.#execWhenReady(callback);
    }
    if (this._transactions > 0) super.exec();
    // Another attempt of the same transaction, whose promise exists already.
    if (this.nodeifiedPromise) return /** @type {Promise<Outcome[]>} */ (super.exec());
    const results = () => /** @type {Promise<Outcome[]>} */ (super.exec()).then(resultsOfPipeline);
    const client = /** @type {Partial<Redis>} */ (this.redis);
    const promise = client._traceBatch?.(results, Math.max(this.length - 2, 0)) ?? results();
    return asCallback(promise, callback);
  }

  /** @param {OnOutcomes} [callback] */
  execBuffer(callback) {
    if (this._transactions > 0) super.execBuffer();
    return this.exec(callback);
  }

  /** @param {OnOutcomes} [callback] */
  #execWhenReady(callback) {
    if (this.redis.status === 'wait') this.redis.connect().catch(noop);
    const promise = new Promise((resolve, reject) => {
      /** @type {Cluster} */ (this.redis).delayUntilReady((error) => {
        if (error) reject(error);
        else this.exec().then(resolve, reject);
      });
    });
    return asCallback(promise, callback);
  }
}

/** @param {Outcome[]} results */
function resultsOfPipeline(results) {
  const last = results[results.length - 1];
  if (last === undefined) {
    throw new Error('Pipeline cannot be used to send any commands when the `exec()` has been called on it.');
  }
  const [error, replies] = last;
  if (error) {
    const previousErrors = results.slice(0, -1).flatMap(([previous]) => (previous ? [previous] : []));
    throw Object.assign(error, { previousErrors });
  }
  return resultsOf(replies);
}

/**
 * @param {unknown} replies
 * @returns {Outcome[] | null}
 */
function resultsOf(replies) {
  if (!Array.isArray(replies)) return /** @type {null} */ (replies);
  return replies.map((reply) => (reply instanceof Error ? [reply] : [null, reply]));
}

module.exports = { Transaction, addTransactionSupport, resultsOf };
