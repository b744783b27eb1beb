'use strict';

const net = require('node:net');
const { Duplex } = require('node:stream');
const { Link } = require('../../js/ioredis/link.js');
const { onEnd } = require('../support/cleanup');
const { withRedis } = require('../support/redis');
const { startSilentServer } = require('../support/silent-server');
const { until } = require('../support/wait');

const secure = withRedis({ tls: true });
const plain = withRedis();

function open(options) {
  const log = [];
  const link = new Link(options, {
    onConnect: () => log.push('connect'),
    onPush: (message) => log.push(message.map(String)),
    onClose: (error) => {
      link.error = error;
      log.push('close');
    },
  });
  onEnd(() => link.destroy());
  const send = (name, ...words) =>
    new Promise((resolve, reject) => {
      link.send(name, words, 0, resolve, (error, wasSent) =>
        reject(Object.assign(Object.create(error), { cause: error, wasSent })),
      );
    });
  return { link, log, send, closed: () => until(() => log.includes('close'), { what: 'the close' }) };
}

const failure = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );

function securely(tls, others) {
  return { host: secure.host, port: secure.port, tls, ...others };
}

describe('a Link over TLS', () => {
  test.each(['loop', 'thread'])('carries requests, messages and large values (%s)', async (driver) => {
    process.env.CACHE_DRIVER = driver;
    const { ca, cert, key, servername } = secure.tls;
    const { link, log, send } = open(securely({ ca: [ca], cert, key: Buffer.from(key), servername }));
    const value = 'x'.repeat(5 * 1024 * 1024);
    const replies = [send('set', 'large', value), send('get', 'large'), send('subscribe', 'a')];
    expect(await replies[0]).toBe('OK');
    expect((await replies[1]) === value).toBe(true);
    await replies[2];
    await send('unsubscribe');
    expect(log).toEqual(['connect', ['subscribe', 'a', '1'], ['unsubscribe', 'a', '0']]);
    expect(link.remotePort).toBe(secure.port);
    expect(link.traffic().bytesRead).toBeGreaterThan(value.length);
    delete process.env.CACHE_DRIVER;
  });

  test.each([
    [
      'another authority',
      () => ({ ca: secure.tls.otherCa, servername: 'localhost' }),
      'SELF_SIGNED_CERT_IN_CHAIN',
    ],
    ['no authority', () => true, 'SELF_SIGNED_CERT_IN_CHAIN'],
    [
      'another name',
      () => ({ ca: secure.tls.ca, servername: 'other.example' }),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
  ])('is refused by %s in the words of Node', async (_title, tls, code) => {
    const { link, log, send, closed } = open(securely(tls()));
    const lost = failure(send('ping'));
    await closed();
    expect([code, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']).toContain(
      link.error.code,
    );
    expect(await lost).toMatchObject({ wasSent: false, cause: link.error });
    expect(log).toEqual(['close']);
  });

  test('takes options that only the TLS of Node has', async () => {
    const names = [];
    const { send } = open(
      securely({
        ca: secure.tls.ca,
        minVersion: 'TLSv1.3',
        checkServerIdentity: (name) => {
          names.push(name);
        },
      }),
    );
    expect(await send('ping')).toBe('PONG');
    expect(names).toHaveLength(1);
  });

  test('throws for material that is none', () => {
    expect(() => new Link(securely({ ca: 'no PEM', key: 'no key', cert: 'none' }), {})).toThrow();
  });

  test('closes the connection to a silent server after its timeout', async () => {
    const silent = await startSilentServer();
    const { link, closed } = open({ ...silent, tls: true, connectTimeout: 50 });
    await closed();
    expect(link.error).toMatchObject({
      message: 'connect ETIMEDOUT',
      code: 'ETIMEDOUT',
      errorno: 'ETIMEDOUT',
      syscall: 'connect',
    });
    await until(() => silent.connections() === 0);
  });
});

/** A stream that is no socket. */
function tunnel() {
  const socket = net.connect(plain.port, plain.host);
  const stream = new Duplex({
    highWaterMark: 1024,
    read() {
      socket.resume();
    },
    write(chunk, _encoding, done) {
      socket.write(chunk, done);
    },
    final(done) {
      socket.end(done);
    },
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on('data', (chunk) => {
    if (!stream.push(chunk)) socket.pause();
  });
  socket.on('end', () => stream.push(null));
  return stream;
}

describe('a Link over any stream', () => {
  test('carries requests in order, and waits where the stream has enough', async () => {
    const { log, send } = open({ stream: tunnel() });
    const value = 'y'.repeat(300_000);
    const replies = [send('set', 's', value), send('get', 's'), send('strlen', 's')];
    await new Promise(setImmediate);
    replies.push(send('del', 's'));
    expect((await Promise.all(replies)).map((reply) => String(reply).length)).toEqual([2, 300_000, 6, 1]);
    expect(log).toEqual(['connect']);
  });

  test('ends, is destroyed, and gets the failure of the stream', async () => {
    const ended = open({ stream: tunnel() });
    const answered = ended.send('ping');
    ended.link.end();
    expect(await answered).toBe('PONG');
    await ended.closed();
    expect(ended.link.error).toBeUndefined();

    const destroyed = open({ stream: tunnel() });
    const lost = failure(destroyed.send('blpop', 'nothing', 0));
    await until(() => destroyed.link.traffic().bytesWritten > 0);
    destroyed.link.destroy();
    expect(await lost).toMatchObject({ message: 'Connection is closed.', wasSent: true });
    await destroyed.closed();

    const stream = tunnel();
    const failed = open({ stream });
    const why = failure(failed.send('blpop', 'nothing', 0));
    await until(() => failed.link.traffic().bytesWritten > 0);
    stream.destroy(new Error('the tunnel has collapsed'));
    expect(await why).toMatchObject({ message: 'the tunnel has collapsed', wasSent: true });
    await failed.closed();
    expect(failed.link.error.message).toBe('the tunnel has collapsed');

    const dead = open({ stream });
    await dead.closed();
    expect(dead.log).toEqual(['close']);
    expect(dead.link.error.message).toBe('the tunnel has collapsed');
  });

  test('closes a stream that does not speak the protocol', async () => {
    const server = net.createServer((socket) => socket.write('HTTP/1.1 400\r\n\r\n')).listen(0, '127.0.0.1');
    onEnd(() => server.close());
    await until(() => server.listening);
    const stream = net.connect(server.address().port, '127.0.0.1');
    const { link, closed } = open({ stream });
    await closed();
    expect(link.error).toMatchObject({
      name: 'ParserError',
      message: 'Protocol error, got "H" as reply type byte. Please report this.',
    });
    await until(() => stream.destroyed);
  });
});
