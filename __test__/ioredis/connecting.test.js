'use strict';

const { once } = require('node:events');
const { CLASSES, DRIVERS, Ours, keep, open, ready, useDriver } = require('../support/ioredis-clients');
const { startFakeServer } = require('../support/fake-server');
const { startRedis, withRedis } = require('../support/redis');
const { closedPort, startSilentServer } = require('../support/silent-server');
const { rejection, until } = require('../support/wait');

const redis = withRedis({ unixSocket: true });

/** The events of a client's life, as they come. */
function story(client) {
  const told = [];
  for (const event of ['connecting', 'connect', 'ready', 'close', 'reconnecting', 'end', 'select']) {
    client.on(event, (detail) => told.push(detail === undefined ? event : `${event} ${detail}`));
  }
  return told;
}

describe.each(Object.entries(CLASSES))('%s', (_name, Redis) => {
  describe.each(Redis === Ours ? DRIVERS : DRIVERS.slice(0, 1))('with the %s driver', (driver) => {
    beforeAll(() => useDriver(driver));

    test('tells the events of a life in order', async () => {
      const client = open(Redis, { port: redis.port, lazyConnect: true });
      const told = story(client);
      await client.select(3);
      await client.quit();
      await until(() => told.includes('end'), { what: 'the end' });
      // SELECT is noted when it is put off.
      expect(told).toEqual(['select 3', 'connecting', 'connect', 'ready', 'close', 'end']);
      expect(client.status).toBe('end');
    });

    test('takes port, host, path, URL and options in any of their orders', async () => {
      const { port } = redis;
      const clients = [
        new Redis(port),
        new Redis(port, '127.0.0.1'),
        new Redis(port, '127.0.0.1', { db: 2 }),
        new Redis(port, { db: 2 }),
        new Redis(String(port)),
        new Redis(`redis://127.0.0.1:${port}/2`),
        new Redis(`//127.0.0.1:${port}`),
        new Redis(`127.0.0.1:${port}`),
        new Redis(`redis://127.0.0.1:${port}`, { db: 2 }),
        new Redis(redis.unixPath),
        new Redis({ path: redis.unixPath, db: 2 }),
        new Redis({ port: String(port), db: '2' }),
      ];
      for (const client of clients) keep(client);
      const databases = await Promise.all(
        clients.map(async (client) => /db=(\d+)/.exec(await client.client('INFO'))[1]),
      );
      expect(databases).toEqual(['0', '0', '2', '2', '0', '2', '0', '0', '2', '0', '2', '2']);
      expect(() => new Redis(true)).toThrow('Invalid argument true');
      for (const client of clients) client.disconnect();
    });

    test('asks retryStrategy with the number of the attempt, and ends where it answers no number', async () => {
      const asked = [];
      const port = await closedPort();
      const client = open(Redis, {
        port,
        retryStrategy: (times) => (asked.push(times) < 3 ? 1 : null),
      });
      const told = story(client);
      const failed = rejection(client.get('a'));
      const [error] = await once(client, 'error');
      expect(error).toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect', port });
      expect((await failed).message).toBe('Connection is closed.');
      expect(asked).toEqual([1, 2, 3]);
      await until(() => told.includes('end'), { what: 'the end' });
      expect(told.filter((event) => event.startsWith('reconnecting'))).toEqual([
        'reconnecting 1',
        'reconnecting 1',
      ]);
    });

    test('fails with the error of Node where there is no such port, host or socket', async () => {
      const failures = await Promise.all(
        [{ port: 70000 }, { path: '/none.sock', retryStrategy: null }].map(async (options) => {
          const client = open(Redis, options);
          const failed = rejection(client.get('a'));
          const [error] = await once(client, 'error');
          return [error.code, error.message, (await failed).message, client.status];
        }),
      );
      const badPort = 'Port should be >= 0 and < 65536. Received type number (70000).';
      expect(failures).toEqual([
        ['ERR_SOCKET_BAD_PORT', badPort, badPort, 'end'],
        ['ENOENT', 'connect ENOENT /none.sock', 'Connection is closed.', 'end'],
      ]);
    });

    test('connects again after it was ended before there was a connection, and keeps that one', async () => {
      const client = open(Redis, { port: redis.port, lazyConnect: true, retryStrategy: () => 1 });
      client.connect().catch(() => {});
      client.disconnect();
      await once(client, 'end');
      await client.connect();
      if (Redis !== Ours) return;
      // ioredis takes the loss for the end that was asked for before.
      client.stream.destroy();
      expect(await client.ping()).toBe('PONG');
    });

    test('rejects waiting commands after maxRetriesPerRequest attempts', async () => {
      const port = await closedPort();
      const client = open(Redis, { port, maxRetriesPerRequest: 1, retryStrategy: () => 1 });
      const error = await rejection(client.get('a'));
      expect(error.name).toBe('MaxRetriesPerRequestError');
      expect(error.message).toBe(
        'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
      );
    });

    test('gives up connecting after connectTimeout', async () => {
      const { port } = await startSilentServer();
      const client = open(Redis, { port, tls: {}, connectTimeout: 50, retryStrategy: null });
      const [error] = await once(client, 'error');
      expect(error).toMatchObject({ message: 'connect ETIMEDOUT', code: 'ETIMEDOUT', syscall: 'connect' });
    });

    test('refuses commands at once with enableOfflineQueue off', async () => {
      const client = open(Redis, { port: redis.port, enableOfflineQueue: false });
      expect((await rejection(client.get('a'))).message).toBe(
        "Stream isn't writeable and enableOfflineQueue options is false",
      );
    });

    test('sends unanswered commands of a lost connection again, in their database', async () => {
      const client = open(Redis, { port: redis.port, db: 4, retryStrategy: () => 1 });
      await client.del('resent');
      await client.select(5);
      await client.del('resent');
      const popped = client.blpop('resent', 0);
      const other = open(Redis, { port: redis.port, db: 5 });
      const blockedOnes = async () => [
        ...(await other.client('LIST')).matchAll(/^id=(\d+) .* flags=b .* cmd=blpop/gm),
      ];
      const isBlocked = async () => (await blockedOnes()).length === 1;
      await until(isBlocked, { what: 'BLPOP' });
      const [[, lost]] = await blockedOnes();
      client.stream.destroy();
      // As long as the server has not seen the end it may give the element to the lost connection.
      const isResent = async () => {
        const ids = (await blockedOnes()).map(([, id]) => id);
        return ids.length === 1 && ids[0] !== lost;
      };
      await until(isResent, { what: 'BLPOP on the next connection' });
      await other.rpush('resent', 'x');
      expect(await popped).toEqual(['resent', 'x']);
      expect(client.condition.select).toBe(5);
    });

    test('subscribes again, and tells messages as texts and bytes', async () => {
      const client = open(Redis, { port: redis.port, retryStrategy: () => 1 });
      const other = open(Redis, { port: redis.port });
      expect(await client.subscribe('a', 'b')).toBe(2);
      expect(await client.psubscribe('p*')).toBe(3);
      expect(client.mode).toBe('subscriber');
      expect((await rejection(client.get('a'))).message).toBe(
        'Connection in subscriber mode, only subscriber commands may be used',
      );
      client.stream.destroy();
      await once(client, 'ready');
      await client.ping();
      const heard = [];
      for (const event of ['message', 'messageBuffer', 'pmessage', 'pmessageBuffer']) {
        client.on(event, (...words) => heard.push([event, ...words]));
      }
      await other.publish('a', 'one');
      await other.publish('pq', 'two');
      await until(() => heard.length === 4, { what: 'four events' });
      expect(heard).toEqual([
        ['message', 'a', 'one'],
        ['messageBuffer', Buffer.from('a'), Buffer.from('one')],
        ['pmessage', 'p*', 'pq', 'two'],
        ['pmessageBuffer', 'p*', Buffer.from('pq'), Buffer.from('two')],
      ]);
      expect(await client.unsubscribe('a', 'b')).toBe(1);
      expect(await client.punsubscribe()).toBe(0);
      expect(client.mode).toBe('normal');
      expect(await client.ping()).toBe('PONG');
    });

    test('fails a command after commandTimeout, and resolves blocking ones with null after blockingTimeout', async () => {
      const server = await startFakeServer(() => null);
      const client = open(Redis, { port: server.port, enableReadyCheck: false, commandTimeout: 30 });
      expect((await rejection(client.get('a'))).message).toBe('Command timed out');
      const blocking = open(Redis, { port: server.port, enableReadyCheck: false, blockingTimeout: 30 });
      expect(await blocking.blpop('a', 0)).toBeNull();
      expect(await blocking.xread('BLOCK', 1, 'STREAMS', 'a', '0')).toBeNull();
    });

    test('closes a connection that owes a reply and is silent for socketTimeout', async () => {
      const server = await startFakeServer(() => null);
      const options = { port: server.port, enableReadyCheck: false, socketTimeout: 50, retryStrategy: null };
      const client = open(Redis, options);
      const lost = rejection(client.get('a'));
      const [error] = await once(client, 'error');
      expect(error.message).toBe("Socket timeout. Expecting data, but didn't receive any in 50ms.");
      expect((await lost).message).toBe('Connection is closed.');
    });

    test.each(['HTTP/1.1 400 Bad Request\r\n\r\n', '+QUEUED\r\n\u0000\r\n', '*2\r\n+a\r\n"b"\r\n'])(
      'gives up what waits and connects anew where the server says %j',
      async (garbage) => {
        let isGarbling = true;
        const server = await startFakeServer(([name]) =>
          name === 'get' && isGarbling ? garbage : '+OK\r\n',
        );
        const client = open(Redis, { port: server.port, enableReadyCheck: false, retryStrategy: () => 1 });
        await ready(client);
        const told = story(client);
        const failures = [];
        client.on('error', (error) => failures.push(error));
        const note = (error) => failures.push(error);
        await Promise.all([client.get('a').catch(note), client.set('a', 1).catch(note)]);
        isGarbling = false;
        const [error] = failures;
        const byte = garbage.startsWith('H') ? '"H"' : garbage.startsWith('+') ? '"\\u0000"' : '"\\""';
        const message = `Protocol error, got ${byte} as reply type byte. Please report this.`;
        expect(error).toMatchObject({ name: 'ParserError', message, offset: expect.any(Number) });
        expect(Object.getPrototypeOf(error.constructor).name).toBe('RedisError');
        const shown = Buffer.from(JSON.parse(error.buffer).data);
        expect(JSON.stringify(String.fromCharCode(shown[error.offset - 1]))).toBe(byte);
        // The reply before it was valid. All other commands fail with the emitted error.
        const isFirstAnswered = garbage.startsWith('+');
        expect(failures).toHaveLength(isFirstAnswered ? 2 : 3);
        expect(new Set(failures).size).toBe(1);
        await until(() => told.includes('ready'), { what: 'another connection' });
        expect(told).toEqual(['close', 'reconnecting 1', 'connecting', 'connect', 'ready']);
        expect(await client.set('a', 1)).toBe('OK');
      },
    );

    test('has no deadline that was not asked for', async () => {
      const client = open(Redis, { port: redis.port });
      await ready(client);
      const paused = client.client('PAUSE', 300);
      const answers = await Promise.all([paused, client.incr('patient')]);
      expect(answers).toEqual(['OK', expect.any(Number)]);
    });

    test('logs in, and reports a refused password', async () => {
      const guarded = await startRedis({ password: 'secret' });
      const client = open(Redis, { port: guarded.port, password: 'secret' });
      expect(await client.ping()).toBe('PONG');
      const stranger = open(Redis, { port: guarded.port, password: 'wrong', retryStrategy: null });
      expect((await rejection(stranger.ping())).message).toMatch(/^WRONGPASS/);
    });

    test('asks reconnectOnError, and sends the command again where it answers 2', async () => {
      let refusals = 0;
      const server = await startFakeServer(([name]) =>
        name === 'set' && refusals++ === 0 ? '-READONLY no\r\n' : '+OK\r\n',
      );
      const client = open(Redis, {
        port: server.port,
        enableReadyCheck: false,
        retryStrategy: () => 1,
        reconnectOnError: (error) => (error.message.startsWith('READONLY') ? 2 : false),
      });
      expect(await client.set('a', 'b')).toBe('OK');
      expect(server.requests).toEqual([
        ['set', 'a', 'b'],
        ['set', 'a', 'b'],
      ]);
    });

    test('aborts the rest of a partly answered pipeline', async () => {
      let lost;
      const server = await startFakeServer((words, socket) => {
        if (words[1] !== 'lost' && socket !== lost) return '+OK\r\n';
        lost = socket;
        setImmediate(() => socket.destroy());
        return null;
      });
      const client = open(Redis, { port: server.port, enableReadyCheck: false, retryStrategy: () => 1 });
      await ready(client);
      const partly = client.pipeline().set('a', 1).set('lost', 1).set('c', 1).exec();
      const results = await partly;
      expect(results[0]).toEqual([null, 'OK']);
      expect(results.slice(1).map(([error]) => error.message)).toEqual([
        'Command aborted due to connection close',
        'Command aborted due to connection close',
      ]);
      expect(results[1][0]).toMatchObject({
        name: 'AbortError',
        command: { name: 'set', args: ['lost', '1'] },
      });
    });

    test('keeps waiting commands when the connection is lost in the handshake', async () => {
      let lost = 0;
      const server = await startFakeServer(() => '+OK\r\n', {
        onConnection: (socket) => {
          lost += 1;
          if (lost < 3) setTimeout(() => socket.destroy(), 5);
          return lost >= 3;
        },
      });
      const client = open(Redis, { port: server.port, db: 2, retryStrategy: () => 1 });
      const failures = [];
      client.on('error', (error) => failures.push(error.message));
      expect(await client.set('a', 'b')).toBe('OK');
      // The error depends on how much the server had read by then.
      const unexpected = failures.filter((message) => message !== 'read ECONNRESET');
      expect([lost, unexpected]).toEqual([3, []]);
    });

    test('monitors on a connection of its own', async () => {
      const client = open(Redis, { port: redis.port });
      const monitor = keep(await client.monitor());
      await client.ping();
      const seen = [];
      monitor.on('monitor', (time, args, source, database) => seen.push({ time, args, source, database }));
      await client.set('monitored', 'a "quoted" word');
      await until(() => seen.some(({ args }) => args[1] === 'monitored'), { what: 'the line' });
      const line = seen.find(({ args }) => args[1] === 'monitored');
      expect(line.args).toEqual(['set', 'monitored', 'a "quoted" word']);
      expect(line).toMatchObject({ time: expect.stringMatching(/^\d+\.\d+$/), database: '0' });
      expect((await rejection(monitor.get('a'))).message).toMatch(/monitoring mode/);
      monitor.disconnect();
    });
  });
});
