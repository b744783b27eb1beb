'use strict';

const net = require('node:net');
const { onEnd } = require('./cleanup');

/** Complete requests at the beginning of `text`, as lists of arguments, and the rest. */
function requestsIn(text) {
  const requests = [];
  let rest = text;
  for (;;) {
    const head = /^\*(\d+)\r\n/.exec(rest);
    if (head === null) return { requests, rest };
    let at = head[0].length;
    const words = [];
    for (let i = 0; i < Number(head[1]); i++) {
      const length = /^\$(\d+)\r\n/.exec(rest.slice(at));
      if (length === null) return { requests, rest };
      const from = at + length[0].length;
      at = from + Number(length[1]) + 2;
      if (rest.length < at) return { requests, rest };
      words.push(rest.slice(from, at - 2));
    }
    requests.push(words);
    rest = rest.slice(at);
  }
}

/**
 * A server that answers as a test says: `answer(words, socket)` gives the bytes of a reply, `null` for none. `requests` are
 * all that came but the handshake's. A connection of which `onConnection(socket)` answers false is never answered.
 */
async function startFakeServer(answer = () => '+OK\r\n', { onConnection = () => true } = {}) {
  const requests = [];
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    let rest = '';
    const isAnswered = onConnection(socket);
    socket.on('data', (bytes) => {
      if (!isAnswered) return;
      const found = requestsIn(rest + bytes.toString('latin1'));
      rest = found.rest;
      for (const words of found.requests) {
        const isHandshake = ['client', 'info'].includes(words[0].toLowerCase());
        if (!isHandshake) requests.push(words);
        const reply = isHandshake ? '+OK\r\n' : answer(words, socket);
        if (reply !== null) socket.write(reply);
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  onEnd(() => {
    drop();
    return new Promise((resolve) => server.close(resolve));
  });
  return { port: server.address().port, requests, drop, connections: () => sockets.size };
}

module.exports = { startFakeServer };
