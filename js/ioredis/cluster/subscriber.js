'use strict';

const { noop } = require('../callback.js');
const { Redis } = require('../redis.js');
const utils = require('../utils.js');
const { connectionNameOf, nodeKeyOf } = require('./nodes.js');

/**
 * @import { EventEmitter } from 'node:events'
 * @import { NodePool } from '../classes.js'
 * @import { GivenOptions } from '../options.js'
 * @import { SubscriptionKind } from '../subscription-set.js'
 *
 * @typedef {InstanceType<typeof Redis>} Redis
 */

/** @type {SubscriptionKind[]} */
const KINDS = ['subscribe', 'psubscribe', 'ssubscribe'];
const EVENTS = ['message', 'messageBuffer', 'pmessage', 'pmessageBuffer'];

/** The one connection for channels. A cluster's nodes pass messages on, so any node will do. */
class ClusterSubscriber {
  /** @type {NodePool} */
  #pool;
  /** @type {EventEmitter} */
  #emitter;
  #isStarted = false;
  /** @type {Redis | null} */
  subscriber = null;
  /**
   * The last subscriber that had all channels. The next one subscribes to the same.
   * @type {Redis | null}
   */
  #lastComplete = null;

  /**
   * @param {NodePool} pool
   * @param {EventEmitter} emitter
   */
  constructor(pool, emitter) {
    this.#pool = pool;
    this.#emitter = emitter;
    pool.on('-node', (_redis, key) => {
      if (this.#isStarted && this.subscriber && nodeKeyOf(this.subscriber.options) === key) this.#select();
    });
    pool.on('+node', () => {
      if (this.#isStarted && !this.subscriber) this.#select();
    });
  }

  getInstance() {
    return this.subscriber;
  }

  start() {
    this.#isStarted = true;
    this.#select();
  }

  stop() {
    this.#isStarted = false;
    this.subscriber?.disconnect();
    this.subscriber = null;
  }

  /** The node may be away for long, so another is chosen at once. */
  #onEnd = () => {
    if (this.#isStarted) this.#select();
  };

  #select() {
    const before = this.#lastComplete;
    for (const redis of [before, this.subscriber]) {
      redis?.off('end', this.#onEnd);
      redis?.disconnect();
    }
    const node = utils.sample(this.#pool.getNodes());
    const subscriber = node ? this.#connectionTo(node.options) : null;
    this.subscriber = subscriber;
    if (subscriber === null) return;
    this.#subscribeAgain(subscriber, before);
    for (const event of EVENTS) {
      subscriber.on(event, (...message) => this.#emitter.emit(event, ...message));
    }
  }

  /** @param {GivenOptions} options */
  #connectionTo({ host, port, username, password, tls, connectionName }) {
    const redis = new Redis({
      host,
      port,
      username,
      password,
      tls,
      enableReadyCheck: true,
      connectionName: connectionNameOf('subscriber', connectionName),
      lazyConnect: true,
      retryStrategy: null,
    });
    // The pool's clients report errors.
    redis.on('error', noop);
    redis.once('end', this.#onEnd);
    return redis;
  }

  /**
   * @param {Redis} redis
   * @param {Redis | null} before
   */
  #subscribeAgain(redis, before) {
    const channels = (before?.condition || before?.prevCondition)?.subscriber;
    /** @type {[SubscriptionKind, string[]][]} */
    const asked = channels ? KINDS.map((kind) => [kind, channels.channels(kind)]) : [];
    const again = asked.flatMap(([kind, names]) => {
      if (names.length === 0) return [];
      return kind === 'ssubscribe' ? names.map((name) => redis[kind](name)) : [redis[kind](names)];
    });
    if (again.length === 0) {
      this.#lastComplete = redis;
      return;
    }
    Promise.all(again).then(() => {
      this.#lastComplete = redis;
    }, noop);
  }
}

module.exports = { ClusterSubscriber };
