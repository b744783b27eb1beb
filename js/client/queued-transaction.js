'use strict';

const { OrgCacheError } = require('../errors.js');

/** Commands that wait for EXEC, refused as the server would refuse them. */
class QueuedTransaction {
  commands = [];
  /** What EXEC fails with where one of them was refused. */
  refusal;

  add(entry, resolve, reject) {
    const { command, words } = entry;
    const count = words.length + 1;
    if (command.arity < 0 ? count >= -command.arity : count === command.arity) {
      this.commands.push(entry);
      resolve('QUEUED');
      return;
    }
    const error = replyError(`ERR wrong number of arguments for '${command.method}' command`);
    this.refusal ??= abortedBy([], 'EXECABORT Transaction discarded because of previous errors.');
    this.refusal.previousErrors.push(error);
    reject(error);
  }
}

/** An error as the server would put it. */
function replyError(line) {
  return new OrgCacheError('E_REPLY', line, { redisCode: line.split(' ', 1)[0] });
}

/** What EXEC fails with, and where ioredis's users look for the reasons. */
function abortedBy(previousErrors, line) {
  return Object.assign(replyError(line), { previousErrors });
}

const WITH_REASON = /^EXECABORT Transaction discarded because of previous errors: (.+)$/s;

/** An error of a transaction: where commands were refused before EXEC, the refusal is in `previousErrors`. */
function withPreviousErrors(error) {
  const reason = WITH_REASON.exec(error.message)?.[1];
  return reason === undefined ? error : Object.assign(error, { previousErrors: [replyError(reason)] });
}

module.exports = { QueuedTransaction, replyError, withPreviousErrors };
