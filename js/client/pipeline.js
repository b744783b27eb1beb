'use strict';

const { Chain } = require('./chain.js');
const { withCallback } = require('./commands.js');
const { replyError } = require('./queued-transaction.js');

/** What stands in for commands among the entries. */
const MULTI = 'MULTI';
const EXEC = 'EXEC';
const DISCARD = 'DISCARD';

/** Commands that are sent together. Each has an outcome of its own; others may run between them. */
class Pipeline extends Chain {
  #sender;
  #entries;
  #isQueueing = false;
  /** Scripts whose code the server is sent in front of what follows. */
  #sentScripts = new Set();
  #outcome;

  constructor(sender) {
    const entries = [];
    super(entries);
    this.#sender = sender;
    this.#entries = entries;
  }

  /** What follows up to `exec` is one transaction. */
  multi() {
    this.#isQueueing = true;
    return Chain.mark(this, MULTI);
  }

  discard() {
    this.#isQueueing = false;
    return Chain.mark(this, DISCARD);
  }

  /** Ends a transaction that `multi` began; else sends everything and answers `[error, reply]` for each. */
  exec(callback) {
    if (this.#isQueueing) {
      this.#isQueueing = false;
      return Chain.mark(this, EXEC);
    }
    this.finish();
    this.#outcome ??= this.#run();
    return withCallback(this.#outcome, callback);
  }

  #run() {
    const entries = this.#entries;
    return new Promise((resolve) => {
      const results = new Array(entries.length);
      let left = entries.length;
      if (left === 0) resolve(results);
      const settle = (index, result) => {
        results[index] = result;
        entries[index].tell?.(...result);
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

  #send(entry, index, settle) {
    const resolve = (reply) => settle(index, [null, reply]);
    const reject = (error) => settle(index, [error]);
    const { command, script, words, flags, error } = entry;
    if (error !== undefined) return reject(error);
    if (script === undefined) return this.#sender.send(command, words, flags, resolve, reject);
    // A script that the server did not know would run again behind the others, so its code goes first.
    if (this.#sentScripts.has(script)) return script.send(this.#sender, words, flags, resolve, reject);
    this.#sentScripts.add(script);
    const whole = script.asCommand(words);
    this.#sender.send(whole.command, whole.words, flags, resolve, reject);
  }

  /** Runs what stands between this marker and the next. Answers where that is. */
  #runTransaction(start, settle) {
    const entries = this.#entries;
    if (entries[start].marker !== MULTI) {
      settle(start, [replyError(`ERR ${entries[start].marker} without MULTI`)]);
      return start;
    }
    let end = start + 1;
    while (end < entries.length && entries[end].marker === undefined) end += 1;
    const inside = entries.slice(start + 1, end);
    settle(start, [null, 'OK']);
    for (let index = start + 1; index < end; index += 1) settle(index, [null, 'QUEUED']);
    if (end === entries.length) return end;
    if (entries[end].marker === EXEC) {
      const settleExec = (result) => settle(end, result);
      runTogether(this.#sender, inside).then(
        (replies) => settleExec([null, replies]),
        (error) => settleExec([error]),
      );
    } else if (entries[end].marker === DISCARD) {
      settle(end, [null, 'OK']);
    } else {
      settle(end, [replyError('ERR MULTI calls can not be nested')]);
    }
    return end;
  }
}

/** Runs entries as one transaction: their replies, with errors among them. */
async function runTogether(sender, entries) {
  const sentScripts = new Set();
  const commands = entries.map(({ command, script, words, flags, error }) => {
    if (error !== undefined) throw error;
    if (script === undefined) return { command, words, flags };
    const isKnown = sentScripts.has(script);
    sentScripts.add(script);
    return { ...script.asCommand(words, isKnown), flags };
  });
  return sender.transaction(commands);
}

module.exports = { Pipeline, runTogether };
