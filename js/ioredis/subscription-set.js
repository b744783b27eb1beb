'use strict';

const KINDS = { unsubscribe: 'subscribe', punsubscribe: 'psubscribe', sunsubscribe: 'ssubscribe' };

/** Which channels, patterns and channels of shards a connection has subscribed to. */
class SubscriptionSet {
  #names = { subscribe: new Set(), psubscribe: new Set(), ssubscribe: new Set() };

  #of(command) {
    return this.#names[KINDS[command] ?? command];
  }

  add(command, name) {
    this.#of(command).add(name);
  }

  del(command, name) {
    this.#of(command).delete(name);
  }

  channels(command) {
    return [...this.#of(command)];
  }

  isEmpty() {
    return Object.values(this.#names).every((names) => names.size === 0);
  }
}

module.exports = { SubscriptionSet };
