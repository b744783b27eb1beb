'use strict';

const { noop } = require('../callback.js');

/** @import { AbstractConnector, Redis } from '../classes.js' */

const CHANNEL = '+switch-master';

/** Hears from sentinels that another server is the primary now, and then gives up the connection, once. */
class FailoverDetector {
  /** @type {AbstractConnector} */
  #connector;
  /** @type {Redis[]} */
  #clients;
  #isDone = false;

  /**
   * The clients are the detector's from now on.
   * @param {AbstractConnector} connector
   * @param {Redis[]} clients
   */
  constructor(connector, clients) {
    this.#connector = connector;
    this.#clients = clients;
  }

  /** Sentinels that cannot be subscribed to are done without; those that come back are subscribed to again. */
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
