'use strict';

const { Chain } = require('./chain.js');
const { withCallback } = require('./commands.js');
const { runTogether } = require('./pipeline.js');

/** @import { Failure } from '../errors.js' */
/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { ChainEntry, Outcome, SentEntry } from './chain.js' */
/** @import { Command } from './commands.js' */
/** @import { Refusal } from './queued-transaction.js' */
/** @import { CommandSender, Reject } from './sender-types.js' */
/** @import { Argument } from './encode-arguments.js' */

/**
 * The server's reply to a command that waits for EXEC.
 * @type {Outcome}
 */
const QUEUED = [null, 'QUEUED'];

/** Commands that run together or not at all. No commands of other clients run between them. */
class Transaction extends Chain {
  #sender;
  #entries;
  /** @type {Promise<Outcome[] | null> | undefined} */
  #outcome;

  /** @param {CommandSender} sender */
  constructor(sender) {
    /** @type {SentEntry[]} */
    const entries = [];
    super(/** @type {ChainEntry[]} */ (entries));
    this.#sender = sender;
    this.#entries = entries;
  }

  /**
   * `[error, reply]` for each command; null if a key that the client watched has changed.
   * @param {RedisCallback<unknown>} [callback]
   */
  exec(callback) {
    this.finish();
    this.#outcome ??= this.#run();
    return withCallback(this.#outcome, callback);
  }

  /** @returns {Promise<Outcome[] | null>} */
  #run() {
    const entries = this.#entries;
    return new Promise((resolve, reject) => {
      /** @param {unknown[] | null} replies */
      const succeed = (replies) => {
        for (const { notify } of entries) notify?.(QUEUED);
        resolve(withResults(replies));
      };
      /** @type {Reject} */
      const fail = (error) => {
        const refused = refusedEntry(entries, /** @type {Failure & Partial<Refusal>} */ (error));
        for (const entry of entries)
          entry.notify?.(outcomeOf(entry, refused, /** @type {Refusal} */ (error)));
        reject(error);
      };
      runTogether(this.#sender, entries, succeed, fail);
    });
  }

  /**
   * Drops the commands and the client's watches.
   * @param {RedisCallback<string>} [callback]
   */
  discard(callback) {
    this.finish();
    this.#entries.length = 0;
    return withCallback(this.#sender.unwatch(), callback);
  }
}

/**
 * The entry because of which EXEC was refused; undefined if the transaction failed as a whole, or if that is
 * unknown.
 * @param {SentEntry[]} entries
 * @param {Failure & Partial<Refusal>} error
 */
function refusedEntry(entries, { previousErrors: [reason] = [] }) {
  if (reason === undefined) return undefined;
  const name = /'([^' ]+)/.exec(reason.message)?.[1].toLowerCase().split('|', 1)[0];
  if (name === undefined) return undefined;
  return (
    entries.find(({ command, args }) => command?.method === name && !hasEnough(command, args)) ??
    entries.find(({ command }) => command?.method === name)
  );
}

/**
 * @param {Command} command
 * @param {Argument[]} args
 */
function hasEnough({ arity }, args) {
  return arity < 0 ? args.length + 1 >= -arity : args.length + 1 === arity;
}

/**
 * The outcome for a command's callback if the transaction was not carried out.
 * @param {SentEntry} entry
 * @param {SentEntry | undefined} refused
 * @param {Refusal} error
 * @returns {Outcome}
 */
function outcomeOf(entry, refused, error) {
  if (refused === undefined) return [error];
  return entry === refused ? [error.previousErrors[0]] : QUEUED;
}

/**
 * Replies as `[null, reply]`, errors as `[error]`.
 * @param {unknown[] | null} replies
 * @returns {Outcome[] | null}
 */
function withResults(replies) {
  if (replies === null) return null;
  return replies.map((reply) => (reply instanceof Error ? [reply] : [null, reply]));
}

module.exports = { Transaction, withResults };
