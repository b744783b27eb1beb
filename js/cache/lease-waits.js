'use strict';

const { loadNative } = require('../native.js');
const { protocol } = require('../protocol.js');
const { MAX_TIMER_MS, clearTimeout, setTimeout } = require('../time.js');
const { TurnoverMap } = require('../turnover.js');

/** @typedef {InstanceType<typeof import('../bridge.js').Bridge>} Bridge */

const { events } = protocol;
const { client: native } = loadNative();

/** Waits of this thread for leases that others hold. Native code tells which of these leases have changed. */
class LeaseWaits {
  #bridge;
  /**
   * Functions that end waits, by their numbers.
   * @type {InstanceType<typeof TurnoverMap<number, () => void>>}
   */
  #ends = new TurnoverMap();

  /** @param {Bridge} bridge */
  constructor(bridge) {
    this.#bridge = bridge;
    bridge.listen((name) => {
      if (name === events.leases) this.#wake();
    });
  }

  #wake() {
    const { client } = this.#bridge;
    if (client === undefined) return;
    for (const wait of native.wokenWaits(client).split(' ')) this.#ends.get(Number(wait))?.();
  }

  /**
   * Resolves when the lease of a wait has changed, or after `ms`.
   * @param {number} wait
   * @param {number} ms
   * @returns {Promise<void>}
   */
  until(wait, ms) {
    const { client } = this.#bridge;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        // Another client begins its numbers anew.
        if (this.#ends.get(wait) === end) this.#ends.delete(wait);
        if (client !== undefined && this.#bridge.client === client) native.endWait(client, wait);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, MAX_TIMER_MS));
      this.#ends.set(wait, end);
    });
  }
}

module.exports = { LeaseWaits };
