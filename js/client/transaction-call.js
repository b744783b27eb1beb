'use strict';

const { ofCommand } = require('../errors.js');
const { protocol } = require('../protocol.js');

const { buffers: BUFFERS, flat: FLAT } = protocol.commandFlags;

/**
 * Commands (`{ command, words, flags }`) as one call: the detail of its head, its values, and `repliesOf`, which
 * gives each reply the form that its command asked for. A call has one detail for all of its commands, so where
 * they differ the replies come in the form that loses nothing.
 */
function transactionOf(commands, detail) {
  const details = commands.map(({ command, flags }) => command.detail | flags);
  const isMixed = details.some((one) => one !== details[0]);
  const common = isMixed ? BUFFERS | FLAT : (details[0] ?? 0);
  const values = [];
  for (const { command, words } of commands) {
    values.push(words.length + 1, command.name);
    for (const word of words) values.push(word);
  }
  const repliesOf = (replies) => {
    if (replies === null) return null;
    replies.forEach((reply, index) => {
      if (reply instanceof Error) ofCommand(reply, commands[index].command.name);
    });
    if (!isMixed) return replies;
    return replies.map((reply, index) => inForm(reply, details[index], commands[index].command.method));
  };
  return { detail: detail | common, values, repliesOf };
}

function inForm(reply, detail, method) {
  const isObject = method === 'hgetall' && (detail & FLAT) === 0 && Array.isArray(reply);
  const value = (detail & BUFFERS) === 0 ? asText(reply) : reply;
  return isObject ? objectOf(value) : value;
}

function asText(reply) {
  if (Buffer.isBuffer(reply)) return reply.toString();
  return Array.isArray(reply) ? reply.map(asText) : reply;
}

function objectOf(pairs) {
  const object = {};
  for (let i = 0; i < pairs.length; i += 2) {
    // A field of any name is data: assignment would let `__proto__` change the object's prototype.
    Object.defineProperty(object, String(pairs[i]), {
      value: pairs[i + 1],
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
}

module.exports = { transactionOf };
