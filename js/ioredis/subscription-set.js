'use strict';

/**
 * @typedef {'subscribe' | 'psubscribe' | 'ssubscribe'} SubscriptionKind
 * @typedef {SubscriptionKind | 'unsubscribe' | 'punsubscribe' | 'sunsubscribe'} SubscriptionCommand
 */

/** @type {Partial<Record<SubscriptionCommand, SubscriptionKind>>} */
const KINDS = { unsubscribe: 'subscribe', punsubscribe: 'psubscribe', sunsubscribe: 'ssubscribe' };

/** The channels, patterns and shard channels of a connection. */
class SubscriptionSet {
  /** @type {Record<SubscriptionKind, Set<string>>} */
  #names = { subscribe: new Set(), psubscribe: new Set(), ssubscribe: new Set() };

  /**
   * @param {SubscriptionCommand} command
   * @returns {Set<string>}
   */
  #of(command) {
    return this.#names[KINDS[command] ?? /** @type {SubscriptionKind} */ (command)];
  }

  /**
   * @param {SubscriptionCommand} command
   * @param {string} name
   */
  add(command, name) {
    this.#of(command).add(name);
  }

  /**
   * @param {SubscriptionCommand} command
   * @param {string} name
   */
  del(command, name) {
    this.#of(command).delete(name);
  }

  /** @param {SubscriptionCommand} command */
  channels(command) {
    return [...this.#of(command)];
  }

  isEmpty() {
    return Object.values(this.#names).every((names) => names.size === 0);
  }
}

module.exports = { SubscriptionSet };
