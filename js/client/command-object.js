'use strict';

const { protocol } = require('../protocol.js');
const { BUFFERS, TEXTS, commandNamed } = require('./commands.js');

const { flat: FLAT } = protocol.commandFlags;

/**
 * A command that is given as an object with `name` and `args`. One of ioredis's class makes its reply itself, of bytes as
 * the server sent them, and has a promise that waits for it: `settle` is the callback for that.
 */
function commandOf({ name, args = [], resolve, reject }) {
  const command = commandNamed(name);
  const words = [...args];
  if (typeof resolve !== 'function') return { command, words, flags: TEXTS };
  const settle = (error, reply) => (error ? reject(error) : resolve(reply));
  return { command, words, flags: BUFFERS | FLAT, settle };
}

module.exports = { commandOf };
