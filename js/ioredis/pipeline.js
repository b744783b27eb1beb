'use strict';

const { deprecate } = require('node:util');
const { asCallback, noop } = require('./callback.js');
const { sendAgainInCluster, sendInCluster } = require('./cluster/pipeline.js');
const { Commander } = require('./commander.js');

/**
 * Commands that are sent together. `exec` answers one `[error]` or `[null, result]` for each. Between `multi` and
 * `exec` they are a transaction, whose results get what each of its commands makes of a reply.
 */
class Pipeline extends Commander {
  isPipeline = true;
  /** How often a cluster has sent it to another node; by reason. */
  leftRedirections = undefined;
  preferKey = undefined;
  nodeifiedPromise = false;
  _queue = [];
  _result = [];
  _transactions = 0;
  replyPending = 0;
  /** A client is given this with each command, so that it knows the command for a pipeline's. */
  _stream = { isPipeline: true };

  constructor(redis) {
    super();
    this.redis = redis;
    this.isCluster = redis.isCluster || redis.constructor.name === 'Cluster';
    this.options = redis.options;
    for (const name of [...Object.keys(redis.scriptsSet), ...redis.addedBuiltinSet]) {
      this[name] = redis[name];
      this[`${name}Buffer`] = redis[`${name}Buffer`];
    }
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  get length() {
    return this._queue.length;
  }

  sendCommand(command) {
    if (this._transactions > 0) command.inTransaction = true;
    command.pipelineIndex = this._queue.length;
    command.onSettled = (error, value) => {
      this.fillResult(error === null ? [null, value] : [error], command.pipelineIndex);
    };
    this._queue.push(command);
    return this;
  }

  addBatch(commands) {
    for (const [name, ...args] of commands) this[name](...args);
    return this;
  }

  multi(...args) {
    this._transactions += 1;
    return super.multi(...args);
  }

  exec(callback) {
    if (this.isCluster && this.redis.slots.length === 0) return this._execWhenReady(callback);
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

  _execWhenReady(callback) {
    if (this.redis.status === 'wait') this.redis.connect().catch(noop);
    if (callback !== undefined && !this.nodeifiedPromise) {
      this.nodeifiedPromise = true;
      asCallback(this.promise, callback);
    }
    this.redis.delayUntilReady((error) => {
      if (error) this.reject(error);
      else this.exec(callback);
    });
    return this.promise;
  }

  /** EXEC. Its replies are texts only where all commands of the transaction want them so. */
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

  fillResult(result, position) {
    const command = this._queue[position];
    if (command.name === 'exec' && Array.isArray(result[1])) this._transformResults(result[1], position);
    this._result[position] = result;
    this.replyPending -= 1;
    if (this.replyPending === 0) this._finish();
  }

  /** The results of a transaction stand in the order of its commands, which are right before EXEC. */
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

Pipeline.prototype.execBuffer = deprecate(function (callback) {
  if (this._transactions > 0) this._transactions -= 1;
  return Commander.prototype.execBuffer.apply(this, given(callback));
}, 'Pipeline#execBuffer: Use Pipeline#exec instead');

function given(callback) {
  return callback === undefined ? [] : [callback];
}

module.exports = { Pipeline };
