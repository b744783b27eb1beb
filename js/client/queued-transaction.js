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
    this.refusal = replyError('EXECABORT Transaction discarded because of previous errors.');
    reject(replyError(`ERR wrong number of arguments for '${command.method}' command`));
  }
}

/** An error as the server would put it. */
function replyError(line) {
  return new OrgCacheError('E_REPLY', line, { redisCode: line.split(' ', 1)[0] });
}

module.exports = { QueuedTransaction, replyError };
