'use strict';

const { deprecate } = require('node:util');
const { asCallback, noop } = require('./callback.js');
const { sendAgainInCluster, sendInCluster } = require('./cluster/pipeline.js');
const { Commander } = require('./commander.js');

/**
 * @import { Client, Cluster, Command } from './classes.js'
 * @import { Attempts } from './cluster/redirection.js'
 * @import { Methods } from './commander.js'
 * @import { Callback } from '../../types/ioredis/calls.js'
 * @import { PipelineMark } from './sending.js'
 *
 * @typedef {InstanceType<typeof Commander>} Commander
 *
 * @typedef {[error: Error | null, value?: unknown]} Outcome The result or the error of one command.
 * @typedef {Callback<Outcome[] | null>} OnOutcomes
 * @typedef {Pipeline | Promise<Outcome[] | null>} Executed The pipeline itself if EXEC is only queued.
 * @typedef {[name: string, ...args: unknown[]]} Call
 */

/**
 * The commands for which a pipeline has its own methods.
 * @typedef {{
 *   multi(...args: unknown[]): Pipeline,
 *   exec(callback?: OnOutcomes): Executed,
 *   execBuffer(callback?: OnOutcomes): Executed,
 * }} QueuedCommands
 * @typedef {new () => Commander & QueuedCommands} PipelineBase
 */

/**
 * Commands that are sent together. `exec` answers `[error]` or `[null, result]` for each. Commands between `multi`
 * and `exec` are a transaction. Each result of the transaction is transformed by its command.
 */
class Pipeline extends /** @type {PipelineBase} */ (/** @type {unknown} */ (Commander)) {
  /** @type {true} */
  isPipeline = true;
  /**
   * Number of redirections left for a cluster's pipeline, by reason.
   * @type {Attempts | undefined}
   */
  leftRedirections = undefined;
  /** @type {string | undefined} */
  preferKey = undefined;
  nodeifiedPromise = false;
  /** @type {Command[]} */
  _queue = [];
  /** @type {Outcome[]} */
  _result = [];
  _transactions = 0;
  replyPending = 0;
  /**
   * A client gets this with each command, so that it recognizes a pipeline's commands.
   * @type {PipelineMark}
   */
  _stream = { isPipeline: true };

  /** @param {Client} redis */
  constructor(redis) {
    super();
    this.redis = redis;
    this.isCluster = redis.isCluster || redis.constructor.name === 'Cluster';
    this.options = redis.options;
    const methods = /** @type {Methods} */ (/** @type {unknown} */ (redis));
    for (const name of [...Object.keys(redis.scriptsSet), ...redis.addedBuiltinSet]) {
      /** @type {Methods} */ (/** @type {unknown} */ (this))[name] = methods[name];
      /** @type {Methods} */ (/** @type {unknown} */ (this))[`${name}Buffer`] = methods[`${name}Buffer`];
    }
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get length() {
    return this._queue.length;
  }

  /** @param {Command} command */
  sendCommand(command) {
    if (this._transactions > 0) command.inTransaction = true;
    command.pipelineIndex = this._queue.length;
    command.onSettled = (error, value) => {
      this.fillResult(
        error === null ? [null, value] : [error],
        /** @type {number} */ (command.pipelineIndex),
      );
    };
    this._queue.push(command);
    return this;
  }

  /** @param {Call[]} commands */
  addBatch(commands) {
    for (const [name, ...args] of commands) {
      /** @type {Methods} */ (/** @type {unknown} */ (this))[name](...args);
    }
    return this;
  }

  /** @param {unknown[]} args */
  multi(...args) {
    this._transactions += 1;
    return super.multi(...args);
  }

  /**
   * @param {OnOutcomes} [callback]
   * @returns {Executed}
   */
  exec(callback) {
    if (this.isCluster && /** @type {Cluster} */ (this.redis).slots.length === 0) {
      return this._execWhenReady(callback);
    }
    if (this._transactions > 0) {
      this._transactions -= 1;
      return this._execTransaction(callback);
    }
    if (!this.nodeifiedPromise) {
      this.nodeifiedPromise = true;
      asCallback(this.promise, callback);
    }
    if (this._queue.length === 0) this.resolve([]);
    else this._send();
    return this.promise;
  }

  /** @param {OnOutcomes} [callback] */
  _execWhenReady(callback) {
    if (this.redis.status === 'wait') this.redis.connect().catch(noop);
    if (callback !== undefined && !this.nodeifiedPromise) {
      this.nodeifiedPromise = true;
      asCallback(this.promise, callback);
    }
    /** @type {Cluster} */ (this.redis).delayUntilReady((error) => {
      if (error) this.reject(error);
      else this.exec(callback);
    });
    return this.promise;
  }

  /**
   * EXEC. Its replies are texts only if all commands of the transaction want texts.
   * @param {OnOutcomes} [callback]
   */
  _execTransaction(callback) {
    const begin = this._queue.findLastIndex(({ name }) => name === 'multi');
    const areTexts = this._queue.slice(begin + 1).every(({ replyEncoding }) => replyEncoding === 'utf8');
    return areTexts ? super.exec(...given(callback)) : super.execBuffer(...given(callback));
  }

  _send() {
    if (this.isCluster) {
      sendInCluster(this);
      return;
    }
    this.replyPending = this._queue.length;
    for (const command of this._queue) this.redis.sendCommand(command, this._stream);
  }

  /**
   * @param {Outcome} result
   * @param {number} position
   */
  fillResult(result, position) {
    const command = this._queue[position];
    if (command.name === 'exec' && Array.isArray(result[1])) this._transformResults(result[1], position);
    this._result[position] = result;
    this.replyPending -= 1;
    if (this.replyPending === 0) this._finish();
  }

  /**
   * The results of a transaction are in the order of its commands, which are right before EXEC.
   * @param {unknown[]} results
   * @param {number} position
   */
  _transformResults(results, position) {
    results.forEach((value, i) => {
      if (value instanceof Error) return;
      try {
        results[i] = this._queue[position - (results.length - i)].transformReply(value);
      } catch (error) {
        results[i] = error;
      }
    });
  }

  _finish() {
    if (this.isCluster && sendAgainInCluster(this)) return;
    this.resolve(this._result.filter((_, position) => !this._queue[position].ignore));
  }
}

const commander = /** @type {Methods} */ (/** @type {unknown} */ (Commander.prototype));
/**
 * @this {Pipeline}
 * @param {OnOutcomes} [callback]
 * @returns {Executed}
 */
function execBuffer(callback) {
  if (this._transactions > 0) this._transactions -= 1;
  return commander.execBuffer.apply(this, given(callback));
}
Pipeline.prototype.execBuffer = deprecate(execBuffer, 'Pipeline#execBuffer: Use Pipeline#exec instead');

/**
 * @param {Callback} [callback]
 * @returns {[] | [Callback]}
 */
function given(callback) {
  return callback === undefined ? [] : [callback];
}

module.exports = { Pipeline };
