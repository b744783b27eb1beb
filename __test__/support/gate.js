'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { onEnd } = require('./cleanup');

const UNAVAILABLE = 'HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/**
 * A way to the server at a port that can be cut and opened again, as a network can; or it answers 503 itself, as a proxy
 * does whose server is away. With `certificate` (`cert` and `key`) it takes TLS alone.
 */
async function startGate(port, certificate) {
  const sockets = new Set();
  let state = 'open';
  const pass = (socket) => {
    if (state === 'cut') return socket.destroy();
    if (state === 'unavailable')
      return socket.on('error', () => {}).once('data', () => socket.end(UNAVAILABLE));
    const upstream = net.connect(port, '127.0.0.1');
    socket.pipe(upstream).pipe(socket);
    for (const each of [socket, upstream]) each.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      upstream.destroy();
    });
    upstream.on('close', () => socket.destroy());
    sockets.add(socket);
  };
  const server = certificate ? tls.createServer(certificate, pass) : net.createServer(pass);
  server.on('tlsClientError', () => {});
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const change = (next) => {
    state = next;
    if (state !== 'open') for (const socket of sockets) socket.destroy();
  };
  const cut = () => change('cut');
  onEnd(() => {
    cut();
    return new Promise((resolve) => server.close(resolve));
  });
  return {
    port: server.address().port,
    cut,
    open: () => change('open'),
    makeUnavailable: () => change('unavailable'),
  };
}

module.exports = { startGate };
