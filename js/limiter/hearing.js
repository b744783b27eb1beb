'use strict';

/** @typedef {InstanceType<typeof import('../topic/hub.js').Hub>} Hub */

/**
 * Hears whose refusals other processes have ended. It subscribes when there is a first refusal to remember, so a process that
 * refuses nobody needs no connection for it.
 */
class Hearing {
  #hub;
  #hear;
  #isBegun = false;
  /** Whether refusals hold for so long that none may miss a message. */
  forgetsAtFirst = false;
  /** @type {(() => void) | undefined} */
  #stop;

  /**
   * @param {() => Hub} hub
   * @param {(said: string) => void} hear Is told what another process has said, or nothing where something may have been missed.
   */
  constructor(hub, hear) {
    this.#hub = hub;
    this.#hear = hear;
  }

  /** @param {string} channel */
  begin(channel) {
    if (this.#isBegun) return;
    this.#isBegun = true;
    this.#subscribe(channel);
  }

  /** @param {string} channel */
  async #subscribe(channel) {
    const listener = {
      take: this.#hear,
      missed: () => this.#hear(''),
      ended: () => this.end(),
      holds: false,
    };
    try {
      const stop = await this.#hub().tap(channel, false, listener);
      if (!this.#isBegun) return stop();
      this.#stop = stop;
      // Something may have been said before the server has confirmed it.
      if (this.forgetsAtFirst) this.#hear('');
    } catch {
      // Refusals hold as long as they may without messages, and the next one tries again.
      this.#isBegun = false;
    }
  }

  end() {
    this.#stop?.();
    this.#stop = undefined;
    this.#isBegun = false;
  }
}

module.exports = { Hearing };
