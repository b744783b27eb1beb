'use strict';

const { Chain } = require('./chain.js');
const { withCallback } = require('./commands.js');
const { runTogether } = require('./pipeline.js');

/** Commands that run together or not at all: nothing of others comes between them. */
class Transaction extends Chain {
  #sender;
  #entries;
  #outcome;

  constructor(sender) {
    const entries = [];
    super(entries);
    this.#sender = sender;
    this.#entries = entries;
  }

  /** `[error, reply]` for each; null where a key that the client watched has changed. */
  exec(callback) {
    this.finish();
    this.#outcome ??= this.#run();
    return withCallback(this.#outcome, callback);
  }

  async #run() {
    const outcome = withResults(await runTogether(this.#sender, this.#entries));
    for (const { tell } of this.#entries) tell?.(null, 'QUEUED');
    return outcome;
  }

  /** Forgets the commands, and what the client watches. */
  discard(callback) {
    this.finish();
    this.#entries.length = 0;
    return withCallback(this.#sender.unwatch(), callback);
  }
}

/** Replies as `[null, reply]`, errors as `[error]`. */
function withResults(replies) {
  if (replies === null) return null;
  return replies.map((reply) => (reply instanceof Error ? [reply] : [null, reply]));
}

module.exports = { Transaction, withResults };
