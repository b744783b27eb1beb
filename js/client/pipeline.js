'use strict';

const { Chain } = require('./chain.js');
const { withCallback } = require('./commands.js');
const { replyError } = require('../errors.js');

/** @import { RedisCallback } from '../../types/client/values.js' */
/** @import { ChainEntry, Outcome, SentEntry } from './chain.js' */
/** @import { Command } from './commands.js' */
/** @import { Script } from './script.js' */
/** @import { CommandSender, Reject } from './sender-types.js' */

/** @typedef {(index: number, outcome: Outcome) => void} Settle */

/** Markers for MULTI, EXEC and DISCARD among the entries. */
const MULTI = 'MULTI';
const EXEC = 'EXEC';
const DISCARD = 'DISCARD';

/** Commands that are sent together. Each has its own outcome, and other clients' commands may run between them. */
class Pipeline extends Chain {
  #sender;
  #entries;
  #isQueueing = false;
  /**
   * Scripts whose code was sent before the rest of the pipeline.
   * @type {Set<Script>}
   */
  #sentScripts = new Set();
  /** @type {Promise<Outcome[]> | undefined} */
  #outcome;

  /** @param {CommandSender} sender */
  constructor(sender) {
    /** @type {ChainEntry[]} */
    const entries = [];
    super(entries);
    this.#sender = sender;
    this.#entries = entries;
  }

  /**
   * The commands that follow, up to `exec`, are one transaction.
   * @param {RedisCallback<unknown>} [callback]
   */
  multi(callback) {
    this.#isQueueing = true;
    return Chain.mark(this, MULTI, callback);
  }

  /** @param {RedisCallback<unknown>} [callback] */
  discard(callback) {
    this.#isQueueing = false;
    return Chain.mark(this, DISCARD, callback);
  }

  /** @param {Command} command */
  isInline(command) {
    return command.framesTransaction;
  }

  /**
   * Runs MULTI, EXEC or DISCARD, given by name.
   * @param {string} method
   * @param {RedisCallback<unknown>} [callback]
   */
  inline(method, callback) {
    if (method !== 'exec') return this[/** @type {'multi' | 'discard'} */ (method)](callback);
    this.#isQueueing = false;
    return Chain.mark(this, EXEC, callback);
  }

  /**
   * Ends a transaction that `multi` began. Otherwise sends everything and answers `[error, reply]` for each
   * command.
   * @param {RedisCallback<unknown>} [callback]
   */
  exec(callback) {
    if (this.#isQueueing) {
      this.#isQueueing = false;
      return Chain.mark(this, EXEC, callback);
    }
    this.finish();
    this.#outcome ??= this.#run();
    return withCallback(this.#outcome, callback);
  }

  /** @returns {Promise<Outcome[]>} */
  #run() {
    const refusal = this.#refusal();
    if (refusal === undefined) return this.#sendAll();
    for (const { notify } of this.#entries) notify?.([refusal]);
    return Promise.reject(refusal);
  }

  /**
   * Why the pipeline is refused: without a command that changes the connection, those behind it would act
   * differently.
   */
  #refusal() {
    for (const { command, args } of this.#entries) {
      const what = command && this.#sender.changeRefused(command, args);
      if (what !== undefined) {
        return replyError(`ERR ${what} needs a connection of its own: nothing of the pipeline was sent`);
      }
    }
    return undefined;
  }

  /** @returns {Promise<Outcome[]>} */
  #sendAll() {
    const entries = this.#entries;
    return new Promise((resolve) => {
      /** @type {Outcome[]} */
      const results = new Array(entries.length);
      let left = entries.length;
      if (left === 0) resolve(results);
      /** @type {Settle} */
      const settle = (index, result) => {
        results[index] = result;
        entries[index].notify?.(result);
        left -= 1;
        if (left === 0) resolve(results);
      };
      for (let index = 0; index < entries.length; index += 1) {
        const entry = entries[index];
        if (entry.marker !== undefined) index = this.#runTransaction(index, settle);
        else this.#send(entry, index, settle);
      }
    });
  }

  /**
   * @param {SentEntry} entry
   * @param {number} index
   * @param {Settle} settle
   */
  #send(entry, index, settle) {
    /** @param {unknown} reply */
    const resolve = (reply) => settle(index, [null, reply]);
    /** @type {Reject} */
    const reject = (error) => settle(index, [/** @type {Error} */ (error)]);
    const { command, script, args, flags, error } = entry;
    if (error !== undefined) return reject(error);
    if (script === undefined) return this.#sender.send(command, args, flags, resolve, reject);
    // The code of a script is sent first. If the server did not know the script, a repeated call would run after
    // later commands.
    if (this.#sentScripts.has(script)) return script.send(this.#sender, args, flags, resolve, reject);
    this.#sentScripts.add(script);
    const whole = script.asCommand(args);
    this.#sender.send(whole.command, whole.args, flags, resolve, reject);
  }

  /**
   * Runs the commands between this marker and the next. Answers the position of the next marker.
   * @param {number} start
   * @param {Settle} settle
   */
  #runTransaction(start, settle) {
    const entries = this.#entries;
    if (entries[start].marker !== MULTI) {
      settle(start, [replyError(`ERR ${entries[start].marker} without MULTI`)]);
      return start;
    }
    let end = start + 1;
    while (end < entries.length && entries[end].marker === undefined) end += 1;
    const inside = /** @type {SentEntry[]} */ (entries.slice(start + 1, end));
    settle(start, [null, 'OK']);
    for (let index = start + 1; index < end; index += 1) settle(index, [null, 'QUEUED']);
    if (end === entries.length) return end;
    if (entries[end].marker === EXEC) {
      /** @param {unknown[] | null} replies */
      const succeed = (replies) => settle(end, [null, replies]);
      runTogether(this.#sender, inside, succeed, (error) => settle(end, [/** @type {Error} */ (error)]));
    } else if (entries[end].marker === DISCARD) {
      settle(end, [null, 'OK']);
    } else {
      settle(end, [replyError('ERR MULTI calls can not be nested')]);
    }
    return end;
  }
}

/**
 * Runs entries as one transaction. Their replies, errors included, go to one of two functions.
 * @param {CommandSender} sender
 * @param {SentEntry[]} entries
 * @param {(replies: unknown[] | null) => void} resolve
 * @param {Reject} reject
 */
function runTogether(sender, entries, resolve, reject) {
  const wrong = entries.find(({ error }) => error !== undefined);
  if (wrong !== undefined) return reject(wrong.error);
  const sentScripts = new Set();
  const commands = entries.map(({ command, script, args, flags }) => {
    if (script === undefined) return { command, args, flags };
    const isKnown = sentScripts.has(script);
    sentScripts.add(script);
    return { ...script.asCommand(args, isKnown), flags };
  });
  sender.transact(commands, resolve, reject);
}

module.exports = { Pipeline, runTogether };
