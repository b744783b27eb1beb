'use strict';

const { AsyncResource } = require('node:async_hooks');
const { EventEmitter } = require('node:events');
const { asCallback, noop } = require('../callback.js');
const { Commander } = require('../commander.js');
const { CONNECTION_CLOSED_ERROR_MSG, ClusterAllFailedError, RedisError } = require('../errors.js');
const { Redis } = require('../redis.js');
const { addScanStreams } = require('../scan-stream.js');
const { clearTimeout, nextTick, setImmediate, setTimeout } = require('../../time.js');
const { addTransactionSupport } = require('../transaction.js');
const { DelayQueue } = require('./delay-queue.js');
const { NodePool } = require('./node-pool.js');
const { clusterOptions } = require('./options.js');
const { handleError } = require('./redirection.js');
const { sendCommand } = require('./routing.js');
const { ShardSubscribers } = require('./shard-subscribers.js');
const { resolveStartupNodes } = require('./startup.js');
const { ClusterSubscriber } = require('./subscriber.js');
const { Topology } = require('./topology.js');

/**
 * @import { Command, Pipeline, Script } from '../classes.js'
 * @import { ClusterBase } from '../commander.js'
 * @import { ClusterNode, ClusterOptions, NodeRole } from '../../../types/ioredis/options.js'
 * @import { Callback } from '../../../types/ioredis/calls.js'
 * @import { PipelineMark, Waiting } from '../sending.js'
 * @import { ClusterStatus } from '../../../types/ioredis/classes.js'
 * @import { ClusterClientOptions } from './options.js'
 * @import { Attempts, Redirected } from './redirection.js'
 * @import { PipelineNode } from './routing.js'
 *
 * @typedef {InstanceType<typeof ClusterSubscriber>} ClusterSubscriber
 * @typedef {InstanceType<typeof NodePool>} NodePool
 * @typedef {InstanceType<typeof ShardSubscribers>} ShardSubscribers
 */

const ROLES = ['all', 'master', 'slave'];
const NONE_AVAILABLE = 'None of startup nodes is available';

/** A client of a cluster with the rules of ioredis: one `Redis` for each node, chosen by the slots of keys. */
class Cluster extends /** @type {ClusterBase} */ (/** @type {unknown} */ (EventEmitter)) {
  /** Events are emitted in the context in which the client was made, never in that of a request. */
  #context = new AsyncResource('Cluster');

  /** @type {ClusterClientOptions} */
  options;
  /** @type {ClusterStatus} */
  status = 'wait';
  /** @type {true} */
  isCluster = true;
  /**
   * The names of the nodes of each slot, `host:port`, its primary first.
   * @type {string[][]}
   */
  slots = [];
  /** @type {NodePool} */
  connectionPool;
  /** @type {ShardSubscribers | undefined} */
  shardedSubscribers;
  /** @type {Record<string, Script>} */
  scriptsSet = {};
  /** @type {Set<string>} */
  addedBuiltinSet = new Set();
  /** @type {ClusterNode[]} */
  startupNodes;
  retryAttempts = 0;
  connectionEpoch = 0;
  manuallyClosing = false;
  /** @type {NodeJS.Timeout | null} */
  reconnectTimeout = null;
  /** @type {NodeJS.Timeout | null} */
  slotsTimer = null;
  /** @type {Record<string, number>} */
  _groupsIds = {};
  /** @type {(number | undefined)[]} */
  _groupsBySlot = [];
  /** @type {Map<string, Pipeline>} */
  _autoPipelines = new Map();
  /** @type {Set<string>} */
  _runningAutoPipelines = new Set();
  _delayQueue = new DelayQueue();
  /** @type {(Waiting & { node?: PipelineNode })[]} */
  _offlineQueue = [];
  _topology = new Topology(this);
  /** @type {ClusterSubscriber} */
  subscriber;
  /** @type {((error?: Error) => void)[]} */
  #readyCallbacks = [];

  /**
   * @param {ClusterNode[]} startupNodes
   * @param {ClusterOptions} [options]
   */
  constructor(startupNodes, options = {}) {
    super();
    this.startupNodes = startupNodes;
    this.options = clusterOptions(options);
    if (this.options.shardedSubscribers) this.shardedSubscribers = this.#shardSubscribers();
    const { clusterNodeRetryStrategy, redisOptions, scripts } = this.options;
    this.connectionPool = new NodePool(redisOptions ?? {}, clusterNodeRetryStrategy);
    this.connectionPool.on('-node', (redis) => this.emit('-node', redis));
    this.connectionPool.on('+node', (redis) => this.emit('+node', redis));
    this.connectionPool.on('drain', () => this.setStatus('close'));
    this.connectionPool.on('nodeError', (error, key) => this.emit('node error', error, key));
    this.subscriber = new ClusterSubscriber(this.connectionPool, this);
    for (const [name, definition] of Object.entries(scripts ?? {})) this.defineCommand(name, definition);
    if (this.options.lazyConnect) this.setStatus('wait');
    else this.connect().catch(noop);
  }

  #shardSubscribers() {
    const refresh = () =>
      this.refreshSlotsCache((error) => {
        if (error instanceof ClusterAllFailedError) this.disconnect(true);
      });
    return new ShardSubscribers(this.options.redisOptions, {
      ended: (redis, key) => {
        this.emit('-node', redis, key);
        refresh();
      },
      failed: (error, key) => this.emit('nodeError', error, key),
      moved: refresh,
      message: (...message) => this.emit(...message),
      connectFailed: (error, pauseMs) => {
        this.emit('error', error);
        setTimeout(refresh, pauseMs);
      },
      emit: (event) => this.emit(event),
    });
  }

  get autoPipelineQueueSize() {
    let size = 0;
    for (const pipeline of this._autoPipelines.values()) size += pipeline.length;
    return size;
  }

  /**
   * Resolves when the cluster is ready. Rejects if no start-up node answers.
   * @param {Callback<void>} [callback]
   */
  connect(callback) {
    return asCallback(this.#connect(), callback);
  }

  async #connect() {
    if (['connecting', 'connect', 'ready'].includes(this.status)) {
      throw new Error('Redis is already connecting/connected');
    }
    this.connectionEpoch += 1;
    const epoch = this.connectionEpoch;
    this.setStatus('connecting');
    try {
      const nodes = await resolveStartupNodes(this.startupNodes, this.options);
      if (this.connectionEpoch !== epoch) {
        throw new RedisError('Connection is discarded because a new connection is made');
      }
      if (this.status !== 'connecting') throw new RedisError('Connection is aborted');
      this.connectionPool.reset(nodes);
    } catch (thrown) {
      const error = /** @type {Error} */ (thrown);
      // If the client was disconnected meanwhile, there is no node whose end would be reported.
      if (this.connectionEpoch === epoch && ['connecting', 'disconnecting'].includes(this.status)) {
        this.setStatus('close');
        this.#closed(error);
        this.#callReady(error);
      }
      throw error;
    }
    await this.#untilReady();
  }

  /** @returns {Promise<void>} */
  #untilReady() {
    return new Promise((resolve, reject) => {
      const onRefresh = () => {
        this.#callReady();
        this.removeListener('close', onClose);
        this.manuallyClosing = false;
        this.setStatus('connect');
        if (this.options.enableReadyCheck) this.#checkReady(becomeReady);
        else becomeReady();
      };
      const onClose = () => {
        const error = new Error(NONE_AVAILABLE);
        this.removeListener('refresh', onRefresh);
        this.#callReady(error);
        reject(error);
      };
      const becomeReady = () => {
        this.setStatus('ready');
        this.retryAttempts = 0;
        this.#sendOffline();
        this.#refreshRegularly();
        resolve();
      };
      this.once('refresh', onRefresh);
      this.once('close', onClose);
      this.once('close', () => this.#closed());
      this._resetShardedSubscribers();
      this.refreshSlotsCache((error) => {
        if (error?.message !== ClusterAllFailedError.defaultMessage) return;
        Redis.prototype.silentEmit.call(this, 'error', error);
        this.connectionPool.reset([]);
      });
      this.subscriber.start();
      this.shardedSubscribers?.start().catch(noop);
    });
  }

  /** @param {() => void} becomeReady */
  #checkReady(becomeReady) {
    this.cluster('INFO', (error, text) => {
      const isDown = typeof text === 'string' && /^cluster_state:fail/m.test(text);
      if (!error && !isDown) becomeReady();
      else if (this.status === 'connect') this.disconnect(true);
    });
  }

  disconnect(reconnect = false) {
    const { status } = this;
    this.#beginToClose(reconnect);
    if (status === 'wait') {
      this.setStatus('close');
      this.#closed();
    } else this.connectionPool.reset([]);
  }

  end() {
    this.disconnect();
  }

  /**
   * @param {Callback<'OK'>} [callback]
   * @returns {Promise<'OK'>}
   */
  quit(callback) {
    const { status } = this;
    this.#beginToClose(false);
    if (status === 'wait') {
      setImmediate(() => {
        this.setStatus('close');
        this.#closed();
      });
      return asCallback(Promise.resolve('OK'), callback);
    }
    const quitting = this.nodes().map((node) =>
      node.quit().catch((error) => {
        // A connection that is already closed counts as quit.
        if (error.message !== CONNECTION_CLOSED_ERROR_MSG) throw error;
      }),
    );
    return asCallback(
      Promise.all(quitting).then(() => 'OK'),
      callback,
    );
  }

  /** @param {boolean} reconnect */
  #beginToClose(reconnect) {
    this.setStatus('disconnecting');
    if (!reconnect) {
      this.manuallyClosing = true;
      clearTimeout(this.reconnectTimeout ?? undefined);
      this.reconnectTimeout = null;
    }
    clearTimeout(this.slotsTimer ?? undefined);
    this.slotsTimer = null;
    this.subscriber.stop();
    this.shardedSubscribers?.stop();
  }

  /**
   * Handles the end of all connections, and decides whether another attempt follows.
   * @param {Error} [reason]
   */
  #closed(reason) {
    const { clusterRetryStrategy } = this.options;
    let delay;
    if (!this.manuallyClosing && typeof clusterRetryStrategy === 'function') {
      this.retryAttempts += 1;
      delay = clusterRetryStrategy.call(this, this.retryAttempts, reason);
    }
    if (typeof delay !== 'number') {
      this.setStatus('end');
      for (const { command } of this.#takeOffline()) command.reject(new Error(NONE_AVAILABLE));
      return;
    }
    this.setStatus('reconnecting');
    this.reconnectTimeout = setTimeout(() => {
      this.reconnectTimeout = null;
      this.connect().catch(noop);
    }, delay);
  }

  /**
   * Another client, with these start-up nodes unless others are given.
   * @param {ClusterNode[]} [startupNodes]
   * @param {ClusterOptions} [options]
   */
  duplicate(startupNodes = [], options = {}) {
    const nodes = startupNodes.length > 0 ? startupNodes : [...(this.startupNodes ?? [])];
    const Class = /** @type {typeof Cluster} */ (this.constructor);
    return new Class(nodes, { ...this.options, ...options });
  }

  /** @param {NodeRole} [role] */
  nodes(role = 'all') {
    if (!ROLES.includes(role)) {
      throw new Error(`Invalid role "${role}". Expected "all", "master" or "slave"`);
    }
    return this.connectionPool.getNodes(role);
  }

  /**
   * @param {Command} command
   * @param {PipelineMark} [stream]
   * @param {PipelineNode} [node]
   */
  sendCommand(command, stream, node) {
    return sendCommand(this, command, stream, node);
  }

  /**
   * @param {Error} error
   * @param {Attempts} attempts
   * @param {Redirected} on
   */
  handleError(error, attempts, on) {
    handleError(this, error, attempts, on);
  }

  /** @param {(error?: Error) => void} [callback] */
  refreshSlotsCache(callback) {
    this._topology.refresh(callback);
  }

  _resetShardedSubscribers() {
    this.shardedSubscribers?.reset(this.slots, this.connectionPool.getNodes('all')).catch(noop);
  }

  /**
   * Calls back when the slots are known, or with an error if no node answers.
   * @param {(error?: Error) => void} callback
   */
  delayUntilReady(callback) {
    this.#readyCallbacks.push(callback);
  }

  /** @param {Error} [error] */
  #callReady(error) {
    const callbacks = this.#readyCallbacks;
    this.#readyCallbacks = [];
    for (const callback of callbacks) nextTick(callback, error);
  }

  #sendOffline() {
    for (const { command, stream, node } of this.#takeOffline()) this.sendCommand(command, stream, node);
  }

  #takeOffline() {
    const waiting = this._offlineQueue;
    this._offlineQueue = [];
    return waiting;
  }

  #refreshRegularly() {
    const { slotsRefreshInterval } = this.options;
    if (this.slotsTimer || !slotsRefreshInterval) return;
    const next = () => {
      this.slotsTimer = setTimeout(() => {
        this.refreshSlotsCache(() => {
          if (this.slotsTimer) next();
        });
      }, slotsRefreshInterval);
    };
    next();
  }

  /**
   * @param {[event: string | symbol, ...details: any[]]} args
   * @returns {boolean}
   */
  emit(...args) {
    // The emitter's constructor emits before the context exists.
    if (this.#context === undefined) return super.emit(...args);
    return this.#context.runInAsyncScope(super.emit, this, ...args);
  }

  /** @param {ClusterStatus} status */
  setStatus(status) {
    this.status = status;
    nextTick(() => this.emit(status));
  }
}

/** The methods of commands. Pipelines have them too. */
for (const name of Reflect.ownKeys(Commander.prototype)) {
  if (Object.hasOwn(Cluster.prototype, name)) continue;
  const own = /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Commander.prototype, name));
  Object.defineProperty(Cluster.prototype, name, own);
}
addTransactionSupport(Cluster.prototype);
addScanStreams(Cluster.prototype);

module.exports = { Cluster };
