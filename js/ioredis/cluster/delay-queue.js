'use strict';

const { nextTick, setTimeout } = require('../../time.js');

/** Commands that wait before another attempt. Commands with the same reason share one pause. */
class DelayQueue {
  /** @type {Map<string, (() => void)[]>} */
  #waiting = new Map();

  /**
   * Runs `work` when `milliseconds` have passed since the first command with this reason, and `prepare` has called
   * back.
   * @param {string} reason
   * @param {() => void} work
   * @param {number} milliseconds
   * @param {(callback: () => void) => void} [prepare]
   */
  push(reason, work, milliseconds, prepare = nextTick) {
    const queue = this.#waiting.get(reason);
    if (queue !== undefined) {
      queue.push(work);
      return;
    }
    this.#waiting.set(reason, [work]);
    setTimeout(() => prepare(() => this.#run(reason)), milliseconds);
  }

  /** @param {string} reason */
  #run(reason) {
    const queue = this.#waiting.get(reason) ?? [];
    this.#waiting.delete(reason);
    for (const work of queue) work();
  }
}

module.exports = { DelayQueue };
