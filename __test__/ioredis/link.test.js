'use strict';

const net = require('node:net');
const { Link } = require('../../js/ioredis/link.js');
const { protocol } = require('../../js/protocol.js');
const { onEnd } = require('../support/cleanup');
const { runProgram } = require('../support/process');
const { withRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { until } = require('../support/wait');

const { buffers: BUFFERS, flat: FLAT, stringNumbers: STRING_NUMBERS } = protocol.commandFlags;

const redis = withRedis({ unixSocket: true });

/** A server that calls `serve(socket)` for each connection. */
async function startServer(serve) {
  const sockets = new Set();
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  onEnd(stop);
  return { host: '127.0.0.1', port: server.address().port, sockets };
}

/** A Link that records the calls of its handlers, in order. */
function open(options) {
  const log = [];
  const pushes = [];
  const link = new Link(options, {
    onConnect: () => log.push('connect'),
    onPush: (message) => {
      pushes.push(message);
      log.push('push');
    },
    onClose: (error) => {
      log.push('close');
      link.error = error;
    },
  });
  const send = (name, words = [], flags = 0) =>
    new Promise((resolve, reject) => {
      link.send(
        name,
        words,
        flags,
        (reply) => {
          log.push(name);
          resolve(reply);
        },
        (error, wasSent) => {
          log.push(`${name} lost`);
          reject(Object.assign(Object.create(error), { wasSent, cause: error }));
        },
      );
    });
  onEnd(() => link.destroy());
  return { link, log, pushes, send, closed: () => until(() => log.includes('close'), { what: 'the close' }) };
}

const failure = (promise) =>
  promise.then(
    () => undefined,
    (error) => error,
  );
const here = () => ({ host: redis.host, port: redis.port });

describe.each(['loop', 'thread'])('a Link with the %s driver', (driver) => {
  const before = process.env.CACHE_DRIVER;

  beforeEach(() => {
    process.env.CACHE_DRIVER = driver;
  });

  afterAll(() => {
    if (before === undefined) delete process.env.CACHE_DRIVER;
    else process.env.CACHE_DRIVER = before;
  });

  test('sends commands from before the connection in order, and gives replies in the requested form', async () => {
    const { link, log, send } = open(here());
    const replies = await Promise.all([
      send('set', ['k', Buffer.from([0xff, 0])]),
      send('get', ['k'], BUFFERS),
      send('del', ['h', 'n']),
      send('hset', ['h', 'a', 1, 'b', '2']),
      send('hgetall', ['h']),
      send('hgetall', ['h'], FLAT),
      send('incrby', ['n', 7], STRING_NUMBERS),
      send('mget', ['n', 'none']),
    ]);
    const { 1: bytes, 2: _deleted, ...others } = replies;
    expect(bytes).toEqual(Buffer.from([0xff, 0]));
    expect(Object.values(others)).toEqual([
      'OK',
      2,
      { a: '1', b: '2' },
      ['a', '1', 'b', '2'],
      '7',
      ['7', null],
    ]);
    expect(log[0]).toBe('connect');
    expect(link.remotePort).toBe(redis.port);
    expect(link.localAddress).toBe('127.0.0.1');
    expect(link.traffic()).toMatchObject({ bytesRead: expect.any(Number), bytesWritten: expect.any(Number) });
    expect(link.traffic().bytesWritten).toBeGreaterThan(100);
  });

  test('reaches a unix socket', async () => {
    const { link, send } = open({ path: redis.unixPath });
    expect(await send('ping')).toBe('PONG');
    expect(link.remoteAddress).toBeUndefined();
  });

  test('gives errors of the server in all their words, made by the function it was given', async () => {
    class Own extends Error {}
    const { send } = open({ ...here(), makeReplyError: (message) => new Own(message) });
    const error = await failure(send('nosuch', ['secret']));
    expect(error.cause).toBeInstanceOf(Own);
    expect(error.message).toMatch(/^ERR unknown command 'nosuch', with args beginning with: 'secret'/);
    await send('multi');
    await send('incr', ['text']);
    await send('lpush', ['text', 'x']);
    const [, nested] = await send('exec');
    expect(nested).toBeInstanceOf(Own);
    expect(nested.message).toMatch(/^WRONGTYPE /);
  });

  test('says how no connection came about as the sockets of Node do', async () => {
    const port = await closedPort();
    const refused = open({ host: '127.0.0.1', port });
    const lost = failure(refused.send('ping'));
    await refused.closed();
    expect(refused.link.error).toMatchObject({
      message: `connect ECONNREFUSED 127.0.0.1:${port}`,
      code: 'ECONNREFUSED',
      errno: -111,
      syscall: 'connect',
      address: '127.0.0.1',
      port,
    });
    expect(await lost).toMatchObject({ wasSent: false, cause: refused.link.error });
    expect(refused.log).toEqual(['ping lost', 'close']);

    const nowhere = open({ path: '/nonexistent/redis.sock' });
    await nowhere.closed();
    expect(nowhere.link.error).toMatchObject({
      message: 'connect ENOENT /nonexistent/redis.sock',
      code: 'ENOENT',
      address: '/nonexistent/redis.sock',
    });

    const unknown = open({ host: 'no-such-host.invalid', port: 6379 });
    await unknown.closed();
    expect(unknown.link.error).toMatchObject({ syscall: 'getaddrinfo', hostname: 'no-such-host.invalid' });
    expect(unknown.link.error.message).toMatch(/^getaddrinfo (ENOTFOUND|EAI_AGAIN) no-such-host.invalid$/);
  });

  test('rejects requests without a reply in order, says which were sent, and closes last', async () => {
    const server = await startServer((socket) => {
      socket.once('data', () => socket.resetAndDestroy());
    });
    const { link, log, send, closed } = open(server);
    await until(() => log.includes('connect'));
    const lost = ['a', 'b', 'c'].map((name) => failure(send(name)));
    await closed();
    const [first, ...others] = await Promise.all(lost);
    expect(first).toMatchObject({ wasSent: true });
    expect(first.cause).toBe(link.error);
    for (const other of others) expect(other.cause).toBe(first.cause);
    expect(link.error).toMatchObject({ message: 'read ECONNRESET', code: 'ECONNRESET', syscall: 'read' });
    expect(log).toEqual(['connect', 'a lost', 'b lost', 'c lost', 'close']);
    expect(await failure(send('d'))).toMatchObject({ wasSent: false });
    await closed();
    expect(log.filter((entry) => entry === 'close')).toHaveLength(1);
  });

  test('closes without an error where the server closes in order', async () => {
    const server = await startServer((socket) => socket.once('data', () => socket.end('+OK\r\n')));
    const { link, log, send, closed } = open(server);
    const [answered, lost] = [send('a'), failure(send('b'))];
    expect(await answered).toBe('OK');
    expect(await lost).toMatchObject({ message: 'Connection is closed.', wasSent: true });
    await closed();
    expect(link.error).toBeUndefined();
    expect(log).toEqual(['connect', 'a', 'b lost', 'close']);
  });

  test('answers requests in flight before an end, and ends those that block', async () => {
    const { link, log, send, closed } = open(here());
    const answered = [send('set', ['e', '1']), send('incr', ['e'])];
    const lost = failure(send('blpop', ['nothing', 0]));
    link.end();
    const late = failure(send('incr', ['e']));
    expect(await Promise.all(answered)).toEqual(['OK', 2]);
    expect(await lost).toMatchObject({ message: 'Connection is closed.', wasSent: true });
    expect(await late).toMatchObject({ message: 'Connection is closed.', wasSent: false });
    await closed();
    expect(link.error).toBeUndefined();
    expect(log.at(-1)).toBe('close');
    expect(await redis.command('GET', 'e')).toBe('2');
  });

  test('is destroyed at once, connected or not', async () => {
    const silent = await startSilentServer();
    const { link, log, send, closed } = open(silent);
    await until(() => log.includes('connect'));
    const lost = failure(send('a'));
    await until(() => link.traffic().bytesWritten > 0);
    link.destroy();
    expect(log).toEqual(['connect']);
    await closed();
    expect(await lost).toMatchObject({ message: 'Connection is closed.', wasSent: true });
    expect(link.error).toBeUndefined();
    await until(() => silent.connections() === 0, { what: 'the server to see the end' });

    const early = open(silent);
    const unsent = failure(early.send('a'));
    early.link.destroy();
    await early.closed();
    expect(await unsent).toMatchObject({ message: 'Connection is closed.' });
    expect(early.log).toEqual(['a lost', 'close']);
    await silent.stop();
  });

  test('puts replies together that come in pieces, and huge ones', async () => {
    const pieces = '*2\r\n$3\r\nabc\r\n:12\r\n+OK\r\n$0\r\n\r\n';
    const server = await startServer((socket) => {
      socket.setNoDelay(true);
      socket.once('data', async () => {
        for (const byte of pieces) {
          socket.write(byte);
          await new Promise(setImmediate);
        }
      });
    });
    const { send } = open(server);
    expect(await Promise.all([send('a'), send('b'), send('c')])).toEqual([['abc', 12], 'OK', '']);

    const large = open(here());
    const value = 'x'.repeat(20 * 1024 * 1024);
    await large.send('set', ['large', value]);
    const replies = await Promise.all([large.send('get', ['large']), large.send('strlen', ['large'])]);
    expect(replies[0] === value).toBe(true);
    expect(replies[1]).toBe(value.length);
    await large.send('del', ['large']);
  });

  test('hands messages and confirmations on in order, and takes no reply for a message', async () => {
    const { log, pushes, send } = open(here());
    const other = open(here());
    await send('rpush', ['list', 'message', 'a', 'hi']);
    const [subscribed] = await Promise.all([send('subscribe', ['a', 'b']), send('psubscribe', ['p*'])]);
    expect(subscribed).toEqual(['subscribe', 'b', 2]);
    expect(pushes.map(([kind, , count]) => `${kind} ${count}`)).toEqual([
      'subscribe 1',
      'subscribe 2',
      'psubscribe 3',
    ]);
    await other.send('publish', ['a', 'hi']);
    await other.send('publish', ['pq', Buffer.from([0xff])]);
    await until(() => pushes.length === 5);
    expect(pushes[3]).toEqual(['message', 'a', 'hi'].map((text) => Buffer.from(text)));
    expect(pushes[4].at(-1)).toEqual(Buffer.from([0xff]));
    expect(await send('ping', ['x'])).toEqual(['pong', 'x']);
    expect(await send('unsubscribe')).toEqual(['unsubscribe', expect.any(String), 1]);
    expect(await send('punsubscribe')).toEqual(['punsubscribe', 'p*', 0]);
    expect(await send('lrange', ['list', 0, -1])).toEqual(['message', 'a', 'hi']);
    await send('del', ['list']);
    expect(log.filter((entry) => entry === 'push')).toHaveLength(pushes.length);
    expect(pushes).toHaveLength(8);
  });

  test('hands the lines of MONITOR on', async () => {
    const { pushes, send } = open(here());
    const other = open(here());
    expect(await send('monitor')).toBe('OK');
    await other.send('set', ['watched', '1']);
    await until(() => pushes.some((line) => line.includes('"watched"')));
    expect(pushes[0]).toBeInstanceOf(Buffer);
    expect(await send('reset')).toBe('RESET');
    expect(await send('get', ['watched'])).toBe('1');
  });

  test('passes on messages that answer no request', async () => {
    const server = await startServer((socket) => socket.end('-ERR max number of clients reached\r\n'));
    const { pushes, closed, link } = open(server);
    await closed();
    expect(pushes).toHaveLength(1);
    expect(pushes[0]).toMatchObject({ name: 'ReplyError', message: 'ERR max number of clients reached' });
    expect(link.error).toBeUndefined();
  });

  test('closes a connection that does not speak the protocol', async () => {
    const server = await startServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const { link, log, send, closed } = open(server);
    const lost = failure(send('ping'));
    await closed();
    expect(link.error).toMatchObject({
      ...{ name: 'ParserError', offset: 1 },
      message: 'Protocol error, got "H" as reply type byte. Please report this.',
      buffer: JSON.stringify(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    });
    expect((await lost).cause).toBe(link.error);
    expect(log.at(-1)).toBe('close');
  });

  test('is answered at once for a request that the server refuses before it has all of it', async () => {
    const server = await startServer((socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write('-ERR Protocol error: invalid bulk length\r\n');
      });
    });
    const { send, closed } = open(server);
    const refused = failure(send('set', ['k', 'x'.repeat(64 * 1024 * 1024)]));
    const lost = failure(send('get', ['k']));
    expect((await refused).message).toBe('ERR Protocol error: invalid bulk length');
    expect(await lost).toMatchObject({ wasSent: false });
    await closed();
  });

  test('speaks RESP3 on request', async () => {
    const { pushes, send } = open(here());
    expect(await send('hello', ['3'], FLAT)).toContain('proto');
    await send('subscribe', ['three']);
    await send('rpush', ['look', 'message', 'three', 'x']);
    expect(await send('lrange', ['look', 0, -1])).toEqual(['message', 'three', 'x']);
    await send('publish', ['three', 'x']);
    await until(() => pushes.length === 2);
    expect(pushes[1].map(String)).toEqual(['message', 'three', 'x']);
    await send('del', ['look']);
  });

  test('may send, end and destroy in a reply’s callback', async () => {
    const { link, send, closed } = open(here());
    const results = [];
    await new Promise((resolve) => {
      for (let i = 0; i < 600; i++) {
        link.send('echo', [i], 0, (reply) => {
          results.push(Number(reply));
          link.send('echo', [1000 + i], 0, (again) => {
            results.push(Number(again));
            if (results.length === 1200) resolve();
          });
        });
      }
    });
    expect(results.filter((n) => n < 1000)).toEqual([...Array(600).keys()]);
    expect(results.filter((n) => n >= 1000)).toEqual([...Array(600).keys()].map((i) => 1000 + i));
    let lost;
    link.send('ping', [], 0, () => {
      link.destroy();
      link.send(
        'ping',
        [],
        0,
        () => {},
        (error) => {
          lost = error;
        },
      );
    });
    await closed();
    expect(lost.message).toBe('Connection is closed.');
    await expect(send('ping')).rejects.toThrow('Connection is closed.');
  });

  test('holds 100 MB of requests for a server that does not read, and frees them', async () => {
    const server = await startServer((socket) => socket.pause());
    const { link, log, send, closed } = open(server);
    await until(() => log.includes('connect'));
    const value = Buffer.alloc(1024 * 1024, 'x');
    const before = process.memoryUsage().rss;
    const lost = [];
    for (let i = 0; i < 100; i++) lost.push(failure(send('set', [`k${i}`, value])));
    await until(() => link.traffic().bytesWritten > 0);
    // The loop goes on meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(link.traffic().bytesWritten).toBeLessThan(100 * value.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * value.length);
    link.destroy();
    await closed();
    const errors = await Promise.all(lost);
    expect(errors[0].wasSent).toBe(true);
    expect(errors.at(-1).wasSent).toBe(false);
  });

  test('waits for a busy process instead of buffering its replies', async () => {
    const { link, pushes, send } = open(here());
    const other = open(here());
    await send('config', ['set', 'client-output-buffer-limit', 'pubsub 0 0 0']);
    await send('subscribe', ['flood']);
    const message = Buffer.alloc(1024 * 1024, 'x');
    const told = [];
    for (let i = 0; i < 64; i++) told.push(other.send('publish', ['flood', message]));
    await new Promise(setImmediate);
    const end = performance.now() + 300;
    while (performance.now() < end);
    expect(link.traffic().bytesRead).toBeLessThan(40 * message.length);
    await Promise.all(told);
    await until(() => pushes.length === 65);
  });

  test('ends a process once it is closed, and not before unless it is unreferenced', async () => {
    const env = { CACHE_DRIVER: driver };
    const stays = await runProgram('link.cjs', { env, args: { port: redis.port, how: 'destroyed' } });
    expect(stays.report.answer).toEqual({ replies: ['PONG'], closed: true });
    const ends = await runProgram('link.cjs', { env, args: { port: redis.port, how: 'unref' } });
    expect(ends.report.answer).toEqual({ replies: ['PONG'], closed: false });
  });

  test('lives and dies in workers', async () => {
    const { report } = await runProgram('link.cjs', {
      env: { CACHE_DRIVER: driver },
      args: { port: redis.port, how: 'workers' },
      timeoutMs: 60_000,
    });
    expect(report.answer).toEqual({ ended: 4, terminated: 4 });
  }, 70_000);

  test('comes and goes by the thousand', async () => {
    const clients = async () =>
      Number(/connected_clients:(\d+)/.exec(await redis.command('INFO', 'clients'))[1]);
    const before = await clients();
    for (let round = 0; round < 20; round++) {
      const links = Array.from({ length: 50 }, () => open(here()));
      const replies = await Promise.all(links.map(({ send }) => send('echo', [round])));
      expect(new Set(replies)).toEqual(new Set([String(round)]));
      for (const { link } of links) link[round % 2 === 0 ? 'end' : 'destroy']();
      await Promise.all(links.map(({ closed }) => closed()));
    }
    await until(async () => (await clients()) <= before, { what: 'the connections to close' });
  });
});
