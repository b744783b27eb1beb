'use strict';

const { noop } = require('../callback.js');

/** @import { AbstractConnector, Redis } from '../classes.js' */

const CHANNEL = '+switch-master';

/** Subscribes to sentinels. When one reports another primary, closes the connection, once. */
class FailoverDetector {
  /** @type {AbstractConnector} */
  #connector;
  /** @type {Redis[]} */
  #clients;
  #isDone = false;

  /**
   * The detector owns the clients from now on.
   * @param {AbstractConnector} connector
   * @param {Redis[]} clients
   */
  constructor(connector, clients) {
    this.#connector = connector;
    this.#clients = clients;
  }

  /** Ignores sentinels that cannot be subscribed to. Subscribes again to those that come back. */
  async subscribe() {
    const subscribed = this.#clients.map((client) => {
      let isAgain = false;
      client.on('ready', () => {
        if (isAgain) client.subscribe(CHANNEL).catch(noop);
        isAgain = true;
      });
      client.on('message', (channel) => {
        if (channel === CHANNEL) this.#failedOver();
      });
      return client.subscribe(CHANNEL).catch(noop);
    });
    await Promise.all(subscribed);
  }

  #failedOver() {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#connector.disconnect();
  }

  cleanup() {
    this.#isDone = true;
    for (const client of this.#clients) client.disconnect();
  }
}

module.exports = { FailoverDetector };
