'use strict';

const { startProxy } = require('../faults/support/proxy');
const { runNode } = require('./process');
const { startRedis, withRedis } = require('./redis');
const { startSilentServer, closedPort } = require('./silent-server');
const { rejection, until, within } = require('./wait');
const { RespClient } = require('./resp-client');

describe('a redis-server of the harness', () => {
  test('answers, keeps its data, and starts empty again on the same port', async () => {
    const redis = await startRedis();
    expect(await redis.command('SET', 'a', 'b')).toBe('OK');
    expect(await redis.commandBuffer('GET', 'a')).toEqual(Buffer.from('b'));
    expect(await redis.keys()).toEqual(['a']);
    const { port, pid } = redis;
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.keys()).toEqual([]);
    await redis.stop();
    expect(() => process.kill(pid, 0)).toThrow();
  });

  test('can be stopped in its tracks and go on', async () => {
    const redis = await startRedis();
    redis.pause();
    const ping = redis.command('PING');
    expect((await rejection(within(200, ping))).message).toMatch(/200 ms/);
    redis.resume();
    expect(await ping).toBe('PONG');
  });

  test('asks for the password and knows its users', async () => {
    const redis = await startRedis({ password: 's p"ace', users: ['ada on >secret ~* &* +@all'] });
    expect(await redis.command('ACL', 'WHOAMI')).toBe('default');
    const ada = new RespClient({ host: redis.host, port: redis.port, username: 'ada', password: 'secret' });
    expect(await ada.command('ACL', 'WHOAMI')).toBe('ada');
    ada.close();
    const nobody = new RespClient({ host: redis.host, port: redis.port });
    expect((await rejection(nobody.command('PING'))).message).toMatch(/NOAUTH/);
    nobody.close();
  });

  test('speaks TLS with a certificate of its own authority, and listens on a unix socket', async () => {
    const redis = await startRedis({ tls: true, unixSocket: true });
    expect(await redis.command('PING')).toBe('PONG');
    expect(redis.url).toMatch(/^rediss:/);
    const stranger = new RespClient({
      host: redis.host,
      port: redis.port,
      tls: { ca: redis.tls.otherCa, servername: 'localhost' },
    });
    expect((await rejection(stranger.command('PING'))).message).toMatch(/certificate/);
    stranger.close();
    expect(require('node:fs').statSync(redis.unixPath).isSocket()).toBe(true);
  });

  test('ends when the process that started it is killed', async () => {
    const source = `
      const { startRedis } = require('./__test__/support/redis');
      startRedis().then((redis) => {
        console.log('@report ' + JSON.stringify({ pid: redis.pid }));
        setTimeout(() => process.kill(process.pid, 'SIGKILL'), 50);
      });
    `;
    const { report, signal } = await runNode(['-e', source], { mayFail: true });
    expect(signal).toBe('SIGKILL');
    const gone = () => {
      try {
        process.kill(report.pid, 0);
        return false;
      } catch {
        return true;
      }
    };
    await until(gone, { what: 'the server to end' });
  });

  test('that cannot start says why', async () => {
    const error = await rejection(startRedis({ args: ['--no-such-setting', 'yes'] }));
    expect(error.message).toMatch(/no-such-setting/);
  });
});

describe('the server of a test file', () => {
  const redis = withRedis({ password: 'for all tests', flushBeforeEach: true });
  const pids = new Set();
  let early;
  try {
    early = redis.url;
  } catch ({ message }) {
    early = message;
  }

  test.each(['first', 'second'])('is one server, configured and without keys, for the %s test', async () => {
    expect(await redis.keys()).toEqual([]);
    expect(await redis.command('SET', 'left', 'behind')).toBe('OK');
    expect(await redis.command('CONFIG', 'GET', 'requirepass')).toEqual(['requirepass', 'for all tests']);
    pids.add(redis.pid);
    expect(pids.size).toBe(1);
  });

  test('can be ended and started again', async () => {
    const { pid, port } = redis;
    await redis.restart();
    expect(redis.port).toBe(port);
    expect(redis.pid).not.toBe(pid);
    expect(await redis.command('PING')).toBe('PONG');
  });

  test('cannot be used before the tests, nor changed', () => {
    expect(early).toBe('The server has no url yet: hooks and tests alone can use it.');
    expect(() => {
      redis.port = 1;
    }).toThrow(TypeError);
  });
});

describe('waiting', () => {
  test('ends with a sentence when the deadline has passed', async () => {
    const error = await rejection(until(() => 0, { timeoutMs: 30, what: 'one' }));
    expect(error.message).toBe('Waited 30 ms for one; the last answer was 0.');
  });

  test('fails when an expected rejection does not come', async () => {
    expect((await rejection(rejection(Promise.resolve(1)))).message).toMatch(/answered 1/);
  });
});

test('a silent server accepts and says nothing; a closed port refuses', async () => {
  const { port, connections } = await startSilentServer();
  const client = new RespClient({ host: '127.0.0.1', port });
  const ping = client.command('PING');
  ping.catch(() => {});
  await until(() => connections() === 1, { what: 'the connection' });
  expect((await rejection(within(100, ping))).message).toMatch(/100 ms/);
  client.close();
  const nobody = new RespClient({ host: '127.0.0.1', port: await closedPort() });
  expect((await rejection(nobody.command('PING'))).message).toMatch(/ECONNREFUSED/);
});

describe('the proxy of the harness', () => {
  test('slows or holds connections that watch for the near cache, and no others', async () => {
    const redis = await startRedis();
    const proxy = await startProxy(redis);
    const [watching, other] = [new RespClient(proxy), new RespClient(proxy)];
    expect(await watching.command('ECHO', 'CLIENT TRACKING ON')).toBe('CLIENT TRACKING ON');

    await proxy.delayWatching({ requestDelayMs: 30, replyDelayMs: 30 });
    // Timers may ring a fraction early.
    expect((await within(5000, watching.command('PING'))).ms).toBeGreaterThan(55);
    await proxy.blackHoleWatching();
    const held = watching.command('PING');
    expect((await rejection(within(200, held))).message).toMatch(/200 ms/);
    expect((await within(5000, other.command('PING'))).value).toBe('PONG');

    await proxy.heal();
    expect(await held).toBe('PONG');
    for (const client of [watching, other]) client.close();
  });

  test('leads new connections to another server, and none of those that are there', async () => {
    const servers = await Promise.all([startRedis(), startRedis()]);
    for (const server of servers) await server.command('SET', 'name', String(server.port));
    const [first, second] = servers;
    const proxy = await startProxy(first);
    const clients = [];
    const nameOf = async (client) => client.command('GET', 'name');
    const connect = () => {
      clients.push(new RespClient(proxy));
      return nameOf(clients.at(-1));
    };
    expect(await connect()).toBe(String(first.port));
    await proxy.routeTo(second);
    expect(await connect()).toBe(String(second.port));
    expect(await nameOf(clients[0])).toBe(String(first.port));
    await proxy.routeTo(first);
    expect(await connect()).toBe(String(first.port));
    for (const client of clients) client.close();
  });
});
