'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { DRIVERS, Ours, keep, open, useDriver } = require('../support/ioredis-clients');
const { withRedis } = require('../support/redis');
const { onEnd } = require('../support/cleanup');
const { rejection } = require('../support/wait');

const secure = withRedis({ tls: true });
const plain = withRedis();

describe.each(DRIVERS)('with the %s driver', (driver) => {
  beforeAll(() => useDriver(driver));

  test('TLS options are those of tls.connect', async () => {
    const { ca, cert, key, servername } = secure.tls;
    const client = open(Ours, { port: secure.port, tls: { ca, cert, key, servername } });
    expect(await client.set('tls', 1)).toBe('OK');
    const stranger = open(Ours, { port: secure.port, tls: { cert, key, servername }, retryStrategy: null });
    const told = new Promise((resolve) => stranger.once('error', resolve));
    expect((await rejection(stranger.ping())).message).toBe('Connection is closed.');
    expect((await told).code).toMatch(/CERT|ISSUER/);
  });

  test('rediss in a URL is TLS, and options beside it count', async () => {
    const { ca, cert, key, servername } = secure.tls;
    const client = open(Ours, `rediss://127.0.0.1:${secure.port}/1`, { tls: { ca, cert, key, servername } });
    expect(await client.ping()).toBe('PONG');
    expect(client.options.db).toBe(1);
  });

  test('a connector of the application may answer a socket, and refuse a server by its INFO', async () => {
    let checks = 0;
    class Tunnel extends Ours.AbstractConnector {
      constructor(options) {
        super(options.disconnectTimeout);
        this.options = options;
      }
      async connect() {
        this.connecting = true;
        this.stream = net.createConnection(this.options.port, '127.0.0.1');
        return this.stream;
      }
      check(info) {
        checks += 1;
        return checks > 1 && info.redis_version !== undefined;
      }
    }
    const client = open(Ours, { port: plain.port, Connector: Tunnel, retryStrategy: () => 1 });
    expect(await client.set('through', 'a tunnel')).toBe('OK');
    expect(checks).toBe(2);
    await client.quit();
  });

  test('the stream of a client tells where it goes, and ends or destroys the connection', async () => {
    const client = open(Ours, { port: plain.port, retryStrategy: () => 1 });
    await client.ping();
    expect(client.stream).toMatchObject({
      remotePort: plain.port,
      remoteAddress: expect.any(String),
      localPort: expect.any(Number),
      writable: true,
      destroyed: false,
    });
    const heard = new Promise((resolve) => client.stream.once('data', resolve));
    await client.ping();
    await heard;
    for (const way of ['end', 'destroy']) {
      const { stream } = client;
      const closed = new Promise((resolve) => stream.once('close', resolve));
      stream[way]();
      await closed;
      expect(await client.ping()).toBe('PONG');
      expect(client.stream).not.toBe(stream);
    }
    const told = new Promise((resolve) => client.once('error', resolve));
    client.stream.destroy(new Error('mine'));
    expect((await told).message).toBe('mine');
    client.stream.setTimeout(1, () => client.stream.destroy());
    await new Promise((resolve) => client.once('close', resolve));
  });

  test('an unref-ed stream still answers', async () => {
    const client = open(Ours, { port: plain.port });
    await client.ping();
    client.stream.unref().ref();
    expect(await client.ping()).toBe('PONG');
  });
});

test('a profile stands for the TLS options of Redis Cloud', () => {
  const client = keep(new Ours({ lazyConnect: true, tls: 'RedisCloudFixed' }));
  expect(client.options.tls.ca.length).toBeGreaterThan(1);
  expect(() => tls.createSecureContext(client.options.tls)).not.toThrow();
});

test('options of a socket beside a connector do not affect another client', async () => {
  const server = net.createServer((socket) => socket.end());
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  onEnd(() => server.close());
  const client = open(Ours, { port: server.address().port, retryStrategy: null });
  expect((await rejection(client.ping())).message).toBe('Connection is closed.');
});
