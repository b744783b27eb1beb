'use strict';

const { Chain } = require('./chain.js');
const { withCallback } = require('./commands.js');
const { runTogether } = require('./pipeline.js');

/** What the server says of a command that waits for EXEC. */
const QUEUED = [null, 'QUEUED'];

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

  #run() {
    const entries = this.#entries;
    return new Promise((resolve, reject) => {
      const succeed = (replies) => {
        for (const { tell } of entries) tell?.(QUEUED);
        resolve(withResults(replies));
      };
      const fail = (error) => {
        const refused = refusedEntry(entries, error);
        for (const entry of entries) entry.tell?.(tellingOf(entry, refused, error));
        reject(error);
      };
      runTogether(this.#sender, entries, succeed, fail);
    });
  }

  /** Forgets the commands, and what the client watches. */
  discard(callback) {
    this.finish();
    this.#entries.length = 0;
    return withCallback(this.#sender.unwatch(), callback);
  }
}

/** The entry for which EXEC was refused; undefined where the transaction failed as a whole, or nobody knows. */
function refusedEntry(entries, { previousErrors: [reason] = [] }) {
  if (reason === undefined) return undefined;
  const name = /'([^' ]+)/.exec(reason.message)?.[1].toLowerCase().split('|', 1)[0];
  if (name === undefined) return undefined;
  return (
    entries.find(({ command, words }) => command?.method === name && !hasEnough(command, words)) ??
    entries.find(({ command }) => command?.method === name)
  );
}

function hasEnough({ arity }, words) {
  return arity < 0 ? words.length + 1 >= -arity : words.length + 1 === arity;
}

/** What the callback of a command hears of a transaction that was not carried out. */
function tellingOf(entry, refused, error) {
  if (refused === undefined) return [error];
  return entry === refused ? [error.previousErrors[0]] : QUEUED;
}

/** Replies as `[null, reply]`, errors as `[error]`. */
function withResults(replies) {
  if (replies === null) return null;
  return replies.map((reply) => (reply instanceof Error ? [reply] : [null, reply]));
}

module.exports = { Transaction, withResults };
