'use strict';

const { noop } = require('../callback.js');
const { slotOf, slotOfAll } = require('../slots.js');
const { nodeKeyOf } = require('./nodes.js');
const { ShardSubscriber } = require('./shard-subscriber.js');

/**
 * @import { Redis } from '../classes.js'
 * @import { ClusterOptions } from '../../../types/ioredis/options.js'
 * @import { Argument } from '../encode-arguments.js'
 * @import { ShardListeners } from './shard-subscriber.js'
 *
 * @typedef {InstanceType<typeof ShardSubscriber>} ShardSubscriber
 *
 * @typedef {object} GroupListeners
 * @property {(error: Error, pauseMs: number) => void} connectFailed
 * @property {(event: string) => void} emit
 */

/** Pauses before the slots are read again after a subscriber could not connect. They double, with jitter. */
const [BASE_PAUSE_MS, MAX_PAUSE_MS, MOST_DOUBLINGS] = [100, 2000, 10];
const JITTER = 0.5;

/** The option `shardedSubscribers`: one connection per primary, for the channels in its slots. */
class ShardSubscribers {
  /** @type {ClusterOptions['redisOptions']} */
  #redisOptions;
  /** @type {ShardListeners & GroupListeners} */
  #on;
  /** @type {Map<string, ShardSubscriber>} */
  #subscribers = new Map();
  /**
   * The names of nodes by slot at the last reset.
   * @type {string[][]}
   */
  #slots = [];
  /** @type {Map<string, number[]>} */
  #slotsOfNode = new Map();
  /** @type {Map<number, Argument[]>} */
  #channels = new Map();
  /** @type {Map<string, number>} */
  #failures = new Map();
  #isResetting = false;
  /** @type {[slots: string[][], clients: Redis[]] | undefined} */
  #nextReset;

  /**
   * `on` has the cluster's callbacks: those of a subscriber, `connectFailed`, and `emit(event)`.
   * @param {ClusterOptions['redisOptions']} redisOptions
   * @param {ShardListeners & GroupListeners} on
   */
  constructor(redisOptions, on) {
    this.#redisOptions = redisOptions;
    this.#on = on;
  }

  /**
   * The subscriber of a slot. Starts it if necessary.
   * @param {number | null} slot
   */
  subscriberOf(slot) {
    const subscriber = this.#subscribers.get(this.#slots[slot ?? -1]?.[0]);
    if (subscriber?.status === 'idle') this.#start(subscriber);
    return subscriber;
  }

  /**
   * Adds channels of one slot. Answers false if they are in several slots.
   * @param {Argument[]} channels
   */
  addChannels(channels) {
    if (slotOfAll(channels) < 0) return false;
    const slot = slotOf(channels[0]);
    this.#channels.set(slot, [...(this.#channels.get(slot) ?? []), ...channels]);
    return true;
  }

  /** @param {Argument[]} channels */
  removeChannels(channels) {
    if (slotOfAll(channels) < 0) return false;
    const slot = slotOf(channels[0]);
    const names = new Set(channels.map(String));
    const left = (this.#channels.get(slot) ?? []).filter((channel) => !names.has(String(channel)));
    this.#channels.set(slot, left);
    return true;
  }

  /** Starts the subscribers that have channels or are not lazy. */
  async start() {
    const due = [...this.#subscribers.values()].filter((subscriber) => this.#isDue(subscriber));
    await Promise.all(
      due.map((subscriber) => {
        const started = this.#start(subscriber);
        this.#on.emit('+subscriber');
        return started;
      }),
    );
  }

  /** Stops all subscribers. Their channels are kept for another start. */
  stop() {
    this.#nextReset = undefined;
    for (const subscriber of this.#subscribers.values()) subscriber.stop();
    this.#subscribers.clear();
    this.#slotsOfNode.clear();
  }

  /**
   * Applies the current slots: stops the subscribers of nodes without slots, adds missing ones, subscribes again.
   * @param {string[][]} slots
   * @param {Redis[]} clients
   * @returns {Promise<void>}
   */
  async reset(slots, clients) {
    if (this.#isResetting) {
      this.#nextReset = [slots, clients];
      return;
    }
    this.#isResetting = true;
    try {
      if (this.#takeSlots(slots) || this.#isAnyMissing()) await this.#follow(clients);
    } finally {
      this.#isResetting = false;
      const next = this.#nextReset;
      this.#nextReset = undefined;
      if (next !== undefined) await this.reset(...next);
    }
  }

  /**
   * Stores the slots. Answers whether they have changed.
   * @param {string[][]} slots
   */
  #takeSlots(slots) {
    const isSame =
      this.#slotsOfNode.size > 0 &&
      slots.length === this.#slots.length &&
      slots.every((nodes, slot) => String(nodes) === String(this.#slots[slot]));
    if (isSame) return false;
    this.#slotsOfNode = new Map();
    slots.forEach(([key], slot) => {
      if (!this.#slotsOfNode.has(key)) this.#slotsOfNode.set(key, []);
      this.#slotsOfNode.get(key)?.push(slot);
    });
    this.#slots = slots.map((nodes) => [...nodes]);
    return true;
  }

  #isAnyMissing() {
    const all = [...this.#subscribers.values()];
    const missing = [...this.#slotsOfNode.keys()].some((key) => !this.#subscribers.has(key));
    return missing || all.some((subscriber) => !subscriber.isHealthy);
  }

  /** @param {Redis[]} clients */
  async #follow(clients) {
    for (const [key, subscriber] of this.#subscribers) {
      if (this.#slotsOfNode.has(key) && subscriber.isHealthy) continue;
      subscriber.stop();
      this.#subscribers.delete(key);
      this.#on.emit('-subscriber');
    }
    const started = [];
    for (const key of this.#slotsOfNode.keys()) {
      let subscriber = this.#subscribers.get(key);
      const isNew = subscriber === undefined;
      if (subscriber === undefined) {
        const client = clients.find(({ options }) => nodeKeyOf(options) === key);
        if (client === undefined) continue;
        subscriber = new ShardSubscriber(client.options, this.#redisOptions, this.#on);
        this.#subscribers.set(key, subscriber);
      }
      if (this.#isDue(subscriber)) started.push(this.#start(subscriber));
      if (isNew) this.#on.emit('+subscriber');
    }
    // A subscriber that is not connected yet cannot subscribe.
    await Promise.all(started);
    this.#subscribeAgain();
    this.#on.emit('subscribersReady');
  }

  /** @param {ShardSubscriber} subscriber */
  #isDue(subscriber) {
    if (subscriber.isStarted || !subscriber.isHealthy) return false;
    const slots = this.#slotsOfNode.get(subscriber.key) ?? [];
    return !subscriber.isLazy || slots.some((slot) => (this.#channels.get(slot) ?? []).length > 0);
  }

  /**
   * @param {ShardSubscriber} subscriber
   * @returns {Promise<void>}
   */
  #start(subscriber) {
    return subscriber.start().then(
      () => {
        this.#failures.delete(subscriber.key);
      },
      (error) => this.#connectFailed(subscriber.key, error),
    );
  }

  /**
   * @param {string} key
   * @param {Error} error
   */
  #connectFailed(key, error) {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const pause = Math.min(BASE_PAUSE_MS * 2 ** Math.min(failures, MOST_DOUBLINGS), MAX_PAUSE_MS);
    this.#on.connectFailed(error, Math.max(0, Math.floor(pause + (Math.random() - 0.5) * pause * JITTER)));
  }

  #subscribeAgain() {
    for (const [key, { redis }] of this.#subscribers) {
      const lists = (this.#slotsOfNode.get(key) ?? []).map((slot) => this.#channels.get(slot) ?? []);
      for (const channels of lists.filter(({ length }) => length > 0)) {
        if (!redis || redis.status === 'end') continue;
        const subscribe = () =>
          redis.ssubscribe(.../** @type {[Argument, ...Argument[]]} */ (channels))?.catch(noop);
        if (redis.status === 'ready') subscribe();
        else redis.once('ready', subscribe);
      }
    }
  }
}

module.exports = { ShardSubscribers };
