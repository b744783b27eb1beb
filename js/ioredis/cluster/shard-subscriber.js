'use strict';

const { defaults } = require('../options.js');
const { Redis } = require('../redis.js');
const { connectionNameOf, nodeKeyOf } = require('./nodes.js');

/**
 * @import { ClusterOptions } from '../../../types/ioredis/options.js'
 * @import { GivenOptions } from '../options.js'
 *
 * @typedef {InstanceType<typeof Redis>} Redis
 *
 * @typedef {object} ShardListeners
 * @property {(redis: Redis | null, key: string) => void} ended
 * @property {(error: Error, key: string) => void} failed
 * @property {() => void} moved
 * @property {(...message: [event: string, ...details: any[]]) => void} message
 */

const EVENTS = ['smessage', 'smessageBuffer'];

/** The connection for channels of one shard. It does not reconnect: the group makes another. */
class ShardSubscriber {
  /**
   * `idle`, `starting`, `connected`, `ended`.
   * @type {'idle' | 'starting' | 'connected' | 'ended'}
   */
  status = 'idle';
  /** @type {Redis | null} */
  redis;
  key;
  isLazy;
  /** @type {Promise<void> | undefined} */
  #starting;

  /**
   * `on` has the group's callbacks: `ended`, `failed`, `moved`, `message`.
   * @param {GivenOptions} nodeOptions
   * @param {ClusterOptions['redisOptions']} redisOptions
   * @param {ShardListeners} on
   */
  constructor(nodeOptions, redisOptions, on) {
    this.key = nodeKeyOf(nodeOptions);
    this.isLazy = redisOptions?.lazyConnect ?? true;
    const own = {
      enableReadyCheck: false,
      enableOfflineQueue: true,
      connectionName: connectionNameOf('ssubscriber', nodeOptions.connectionName),
      retryStrategy: null,
      lazyConnect: true,
    };
    this.redis = new Redis(defaults(own, nodeOptions, redisOptions));
    this.redis.on('end', () => {
      this.status = 'ended';
      on.ended(this.redis, this.key);
    });
    this.redis.on('error', (error) => on.failed(error, this.key));
    this.redis.on('moved', on.moved);
    for (const event of EVENTS) this.redis.on(event, (...message) => on.message(event, ...message));
  }

  get isStarted() {
    return this.status === 'starting' || this.status === 'connected';
  }

  get isHealthy() {
    return this.status !== 'ended';
  }

  /** @returns {Promise<void>} */
  start() {
    if (this.#starting !== undefined) return this.#starting;
    if (this.isStarted) return Promise.resolve();
    if (this.status === 'ended') {
      return Promise.reject(new Error(`Sharded subscriber ${this.key} cannot be restarted once ended.`));
    }
    this.status = 'starting';
    this.#starting = /** @type {Redis} */ (this.redis).connect().then(
      () => this.#started('connected'),
      (error) => {
        this.#started('ended');
        throw error;
      },
    );
    return this.#starting;
  }

  /** @param {'connected' | 'ended'} status */
  #started(status) {
    this.#starting = undefined;
    if (this.status === 'starting') this.status = status;
  }

  stop() {
    this.status = 'ended';
    const { redis } = this;
    this.redis = null;
    redis?.disconnect();
    redis?.removeAllListeners();
  }
}

module.exports = { ShardSubscriber };
