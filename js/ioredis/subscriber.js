'use strict';

const { throwLater } = require('./callback.js');
const { SubscriptionSet } = require('./subscription-set.js');

/**
 * @import { Redis } from './classes.js'
 * @import { Connected } from './connecting.js'
 * @import { SubscriptionCommand, SubscriptionKind } from './subscription-set.js'
 */

/** Handles the messages for one client, and tracks the subscriptions of its connection. */
class Subscriber {
  /** @type {Redis} */
  #redis;

  /** @param {Redis} redis */
  constructor(redis) {
    this.#redis = redis;
  }

  /**
   * Takes a message, a confirmation, or a line of MONITOR.
   * @param {unknown} message
   */
  take(message) {
    if (!Array.isArray(message)) {
      if (this.#redis._isMonitoring) this.#tellLine(String(message));
      return;
    }
    const event = String(message[0]);
    switch (event) {
      case 'message':
      case 'smessage':
        this.#tell(event, [], message[1], message[2]);
        break;
      case 'pmessage':
        this.#tell(event, [String(message[1])], message[2], message[3]);
        break;
      case 'subscribe':
      case 'psubscribe':
      case 'ssubscribe':
        this.#begun(event, String(message[1]));
        break;
      case 'unsubscribe':
      case 'punsubscribe':
      case 'sunsubscribe':
        this.#ended(event, message[1], message[2]);
        break;
      default:
    }
  }

  /**
   * @param {SubscriptionKind} kind
   * @param {string} channel
   */
  #begun(kind, channel) {
    const { condition } = /** @type {Connected} */ (this.#redis);
    condition.subscriber ||= new SubscriptionSet();
    condition.subscriber.add(kind, channel);
  }

  /**
   * Also without a request: the server ends subscriptions of a slot that moves to another node.
   * @param {SubscriptionCommand} kind
   * @param {unknown} channel
   * @param {unknown} count
   */
  #ended(kind, channel, count) {
    const { condition } = /** @type {Connected} */ (this.#redis);
    if (!condition.subscriber) return;
    if (channel) condition.subscriber.del(kind, String(channel));
    if (Number(count) === 0) condition.subscriber = false;
  }

  /**
   * A listener that throws does not affect listeners of the other event.
   * @param {string} event
   * @param {string[]} pattern
   * @param {unknown} channel
   * @param {unknown} payload
   */
  #tell(event, pattern, channel, payload) {
    const redis = this.#redis;
    if (redis.listenerCount(event) > 0) {
      const text = payload ? String(payload) : '';
      this.#emit(event, ...pattern, String(channel), text);
    }
    if (redis.listenerCount(`${event}Buffer`) > 0) this.#emit(`${event}Buffer`, ...pattern, channel, payload);
  }

  /** @param {[event: string, ...details: unknown[]]} event */
  #emit(...event) {
    try {
      this.#redis.emit(...event);
    } catch (error) {
      throwLater(error);
    }
  }

  /**
   * Parses `1700000000.123456 [0 127.0.0.1:5000] "get" "key"`. In arguments only quotes are unescaped.
   * @param {string} line
   */
  #tellLine(line) {
    const quote = line.indexOf('"');
    const time = line.slice(0, line.indexOf(' '));
    const [database, source] = line.slice(time.length + 2, quote - 2).split(' ');
    const args = Array.from(line.slice(quote).matchAll(/"((?:[^"\\]|\\.)*)"/g), ([, arg]) =>
      arg.replaceAll('\\"', '"'),
    );
    this.#emit('monitor', time, args, source, database);
  }
}

module.exports = { Subscriber };
