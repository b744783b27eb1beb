'use strict';

const net = require('node:net');
const { once } = require('node:events');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis, withRedis } = require('../support/redis');
const { MESSAGES, PHONE } = require('../support/adapter-methods');
const { rejection, until } = require('../support/wait');

const QUIET = { logLevel: 'off', connectTimeout: 2000, commandTimeout: 2000 };

async function expectRoundTrip(orgcache, server, database = 0) {
  const { cacheAdapter } = orgcache;
  expect(await cacheAdapter.setConversationContext('org-1', PHONE, MESSAGES)).toBe(true);
  expect(await cacheAdapter.getConversationContext('org-1', PHONE)).toEqual(MESSAGES);
  expect((await cacheAdapter.healthCheck()).redis.status).toBe('healthy');
  await server.command('SELECT', database);
  expect(await server.keys('*conversationContexts*')).toEqual([
    'jack:dev:conversationContexts:org-1:1234567890',
  ]);
  await server.command('FLUSHALL');
  await server.command('SELECT', 0);
}

/** Passes everything on to a server, and can break its connections. */
async function startRelay({ host, port }) {
  const accepted = new Set();
  let isLastReply = false;
  const relay = net.createServer((socket) => {
    const onwards = net.connect({ host, port });
    accepted.add(socket);
    for (const [from, to] of [
      [socket, onwards],
      [onwards, socket],
    ]) {
      from.on('error', () => {});
      from.on('close', () => to.destroy());
      from.pipe(to);
    }
    // Behind the pipe, which has written the reply by then.
    onwards.on('data', () => isLastReply && reset());
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const reset = () => {
    for (const socket of accepted) socket.resetAndDestroy();
    accepted.clear();
    isLastReply = false;
  };
  const resetBehindReply = () => {
    isLastReply = true;
  };
  onEnd(() => {
    reset();
    relay.close();
  });
  return { host: '127.0.0.1', port: relay.address().port, reset, resetBehindReply };
}

async function expectRefused(orgcache, reason) {
  const { cacheAdapter, redisManager } = orgcache;
  expect(typeof (await cacheAdapter.set('a', 1))).toBe('boolean');
  const health = await cacheAdapter.healthCheck();
  expect(health.redis.status).not.toBe('healthy');
  expect(JSON.stringify(health.redis)).toMatch(reason);
  const error = await rejection(redisManager.getClient().get('a'));
  expect(['E_CONNECT', 'E_REPLY', 'E_TIMEOUT']).toContain(error.code);
  return `${JSON.stringify(health)} ${error.message} ${error.stack} ${error.cause ?? ''}`;
}

describe.each(['thread', 'loop'])('with the %s driver', (driver) => {
  const open = (options) => openPackage({ ...QUIET, driver, ...options });

  describe('a server with a password', () => {
    const PASSWORD = 'p@ss:w/rd?#%41 canary';
    const redis = withRedis({ password: PASSWORD });

    test('is reached by a URL with the password percent-encoded', async () => {
      await expectRoundTrip(open({ url: redis.url }), redis);
    });

    test('is reached by parts', async () => {
      await expectRoundTrip(open({ host: redis.host, port: redis.port, password: PASSWORD }), redis);
    });

    test('refuses a wrong password, and nothing prints it', async () => {
      const options = { host: redis.host, port: redis.port, password: 'wrong-canary' };
      expect(await expectRefused(open(options), /WRONGPASS/)).not.toContain('wrong-canary');
    });

    test('refuses no password', async () => {
      await expectRefused(open({ host: redis.host, port: redis.port }), /NOAUTH/);
    });
  });

  describe('a server with users', () => {
    const redis = withRedis({
      users: ['ada on >ada-secret ~* &* +@all', 'guest on >guest-secret ~other:* &* +@all -@dangerous'],
    });

    test('is reached as a user, by parts and by URL', async () => {
      const { host, port } = redis;
      await expectRoundTrip(open({ host, port, username: 'ada', password: 'ada-secret' }), redis);
      await expectRoundTrip(open({ url: `redis://ada:ada-secret@${host}:${port}` }), redis);
    });

    test('names the command that a user may not run', async () => {
      const { host, port } = redis;
      const { redisManager, cacheAdapter } = open({
        host,
        port,
        username: 'guest',
        password: 'guest-secret',
      });
      const error = await rejection(redisManager.getClient().set('a', 1));
      expect(error).toMatchObject({ code: 'E_REPLY', redisCode: 'NOPERM' });
      expect(typeof (await cacheAdapter.set('a', 1))).toBe('boolean');
    });

    test('refuses a user that it does not know', async () => {
      const { host, port } = redis;
      await expectRefused(open({ host, port, username: 'nobody', password: 'x' }), /WRONGPASS/);
    });
  });

  describe('a unix socket', () => {
    const redis = withRedis({ unixSocket: true });

    test('is reached by its URL', async () => {
      await expectRoundTrip(open({ url: `unix://${redis.unixPath}` }), redis);
    });

    test('that is not there is refused', async () => {
      await expectRefused(open({ url: `unix://${redis.unixPath}.missing` }), /E_CONNECT/);
    });
  });

  describe('a connection that is reset', () => {
    test('is said to be', async () => {
      const redis = await startRedis();
      const relay = await startRelay(redis);
      const lines = [];
      const log = (line) => lines.push(line);
      const logger = { error: log, warn: log, info() {}, debug() {}, trace() {} };
      const orgcache = open({ host: relay.host, port: relay.port, logLevel: 'warn', logger });
      expect(await orgcache.cacheAdapter.set('a', 1)).toBe(true);
      relay.reset();
      await until(() => lines.length > 0, { what: 'the line that tells of it' });
      expect(lines[0]).toMatch(/lost: .*reset/i);
    });

    test('has given all replies before it', async () => {
      const redis = await startRedis();
      const relay = await startRelay(redis);
      const client = await open({ host: relay.host, port: relay.port }).getRedis();
      expect(await client.ping()).toBe('PONG');
      relay.resetBehindReply();
      expect(await client.incr('counter')).toBe(1);
    });
  });

  describe('a database', () => {
    const redis = withRedis({ databases: 4 });

    test('is selected by option and by URL', async () => {
      await expectRoundTrip(open({ host: redis.host, port: redis.port, db: 3 }), redis, 3);
      await expectRoundTrip(open({ url: `${redis.url}/2` }), redis, 2);
    });

    test('that the server does not have is refused', async () => {
      await expectRefused(open({ host: redis.host, port: redis.port, db: 9 }), /ERR|E_REPLY/);
    });
  });

  describe('TLS', () => {
    const redis = withRedis({ tls: true });

    const at = (options) => open({ host: '127.0.0.1', port: redis.port, ...options });

    test('is spoken with an authority of one’s own', async () => {
      await expectRoundTrip(at({ tls: { ca: redis.tls.ca } }), redis);
    });

    test('is spoken to a rediss URL', async () => {
      await expectRoundTrip(open({ url: redis.url, tls: { ca: redis.tls.ca } }), redis);
    });

    test('is spoken with a server name and a client certificate', async () => {
      const { ca, cert, key } = redis.tls;
      await expectRoundTrip(at({ tls: { ca, cert, key, servername: 'localhost' } }), redis);
    });

    test('refuses a certificate of an unknown authority', async () => {
      await expectRefused(at({ tls: true }), /E_CONNECT/);
      await expectRefused(at({ tls: { ca: redis.tls.otherCa } }), /E_CONNECT/);
    });

    test('refuses a certificate for another name', async () => {
      await expectRefused(at({ tls: { ca: redis.tls.ca, servername: 'elsewhere.example' } }), /E_CONNECT/);
    });

    test('takes any certificate with the option', async () => {
      await expectRoundTrip(at({ tls: { insecure: true } }), redis);
    });

    test('is spoken only by a client with the option', async () => {
      await expectRefused(at({}), /E_CONNECT|E_TIMEOUT|E_UNKNOWN_OUTCOME/);
    });

    test('carries a megabyte and a thousand calls at once', async () => {
      const client = at({ tls: { ca: redis.tls.ca } }).redisManager.getClient();
      const text = 'tls '.repeat(256 * 1024);
      await client.set('large', text);
      expect((await client.get('large')) === text).toBe(true);
      const echoes = Array.from({ length: 1000 }, (_, index) => client.call('ECHO', index));
      expect(await Promise.all(echoes)).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
    });
  });
});
