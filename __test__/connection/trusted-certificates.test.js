'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { onEnd } = require('../support/cleanup');
// Made by OpenSSL, valid from 2000 to 2100; only the one that has expired is not.
const made = require('../support/openssl-certificates.json');
const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { startTlsProxy } = require('../support/tls-proxy');
const { rejection } = require('../support/wait');

const redis = withRedis();

/** The port of a TLS server with this certificate, in front of Redis. */
const serve = (options) => startTlsProxy(redis.port, options);

/** Whether Node's own TLS trusts the server. */
function nodeTrusts(port, ca, servername) {
  return new Promise((resolve) => {
    const socket = tls.connect({ port, host: '127.0.0.1', servername, ca }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

function openAt(port, options, driver = 'auto') {
  const limits = { commandTimeout: 1500, maxRetries: 0, logLevel: 'off' };
  return openPackage({ host: '127.0.0.1', port, driver, clientKeyPrefix: '', ...limits, ...options });
}

async function ask(orgcache) {
  const client = await orgcache.getRedis();
  client.on('error', () => {});
  return client.ping();
}

describe('certificates that Node trusts are trusted', () => {
  test.each([
    ['selfSigned', 'selfSigned'],
    ['selfSignedByCommonName', 'selfSignedByCommonName'],
    ['selfSignedP521', 'selfSignedP521'],
    ['p521', 'authority'],
    ['version1', 'authority'],
    ['version1Chained', 'authority'],
  ])('%s, with the authority %s', async (name, authority) => {
    const port = await serve(made[name]);
    const ca = made[authority].cert ?? made[authority];
    expect(await nodeTrusts(port, ca, 'localhost')).toBe(true);
    for (const driver of ['loop', 'thread']) {
      expect(await ask(openAt(port, { tls: { ca, servername: 'localhost' } }, driver))).toBe('PONG');
    }
  });

  test('over TLS 1.2 too', async () => {
    const port = await serve({ ...made.version1, maxVersion: 'TLSv1.2' });
    const options = { tls: { ca: made.authority, servername: 'localhost' } };
    expect(await ask(openAt(port, options))).toBe('PONG');
  });
});

describe('certificates that Node refuses are refused, with the remedy', () => {
  test.each([
    ['selfSigned', made.other, 'localhost', /authority.*REDIS_TLS_CA/],
    ['selfSignedByCommonName', made.selfSignedByCommonName.cert, 'other.test', /REDIS_TLS_SERVERNAME/],
    ['selfSignedByCommonName', made.selfSigned.cert, 'localhost', /REDIS_TLS_CA/],
    ['version1', made.other, 'localhost', /REDIS_TLS_CA/],
    ['version1Elsewhere', made.authority, 'localhost', /REDIS_TLS_SERVERNAME/],
    ['version1Expired', made.authority, 'localhost', /has expired; renew it/],
    ['version1Forged', made.authority, 'localhost', /REDIS_TLS_CA/],
    ['forClients', made.authority, 'localhost', /serverAuth/],
    ['p521', made.other, 'localhost', /REDIS_TLS_CA/],
  ])('%s', async (name, ca, servername, remedy) => {
    const port = await serve(made[name]);
    expect(await nodeTrusts(port, ca, servername)).toBe(false);
    const error = await rejection(ask(openAt(port, { tls: { ca, servername } })));
    expect(error.code).toBe('E_CONNECT');
    expect(error.message).toMatch(/^[^{}]*certificate[^{}]*$/);
    expect(error.message).toMatch(remedy);
  });
});

describe('TLS on one side only', () => {
  test('plain text to a port that speaks TLS is reported', async () => {
    const port = await serve(made.selfSigned);
    const error = await rejection(ask(openAt(port, {})));
    expect(error.message).toMatch(/TLS.*REDIS_TLS=true/);
  });

  test('TLS to a port that speaks plain text is reported', async () => {
    const options = { tls: { ca: made.authority }, commandTimeout: 6000 };
    const error = await rejection(ask(openAt(redis.port, options)));
    expect(error.message).toMatch(/plain text.*no REDIS_TLS/);
  });

  test('TLS to a server that answers plain text at once is reported', async () => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('-ERR unknown command\r\n'));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    onEnd(() => new Promise((resolve) => server.close(resolve)));
    const error = await rejection(ask(openAt(server.address().port, { tls: true })));
    expect(error.message).toMatch(/plain text.*no REDIS_TLS/);
  });
});
