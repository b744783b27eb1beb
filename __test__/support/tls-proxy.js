'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { onEnd } = require('./cleanup');

/** The port of a TLS server with these options of Node (`cert` and `key` at least), in front of the one at `port`. */
async function startTlsProxy(port, options) {
  const server = tls.createServer(options, (socket) => {
    const upstream = net.connect(port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const each of [socket, upstream]) each.on('error', () => {});
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  });
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => new Promise((resolve) => server.close(resolve)));
  return server.address().port;
}

module.exports = { startTlsProxy };
