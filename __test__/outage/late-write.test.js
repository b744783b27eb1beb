'use strict';

const net = require('node:net');
const { onEnd } = require('../support/cleanup');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { until, within } = require('../support/wait');

/**
 * A way to a server on which connections can get stuck: `hold` keeps what their client says from then on, `release`
 * passes it on, also where the client is long gone. Later connections pass.
 */
async function stickyWay({ host, port, unixPath }) {
  const links = new Set();
  const way = net.createServer((client) => {
    const server = unixPath ? net.connect(unixPath) : net.connect(port, host);
    const link = { client, server, kept: undefined, hasEnded: false };
    links.add(link);
    client.on('data', (bytes) => (link.kept ? link.kept.push(bytes) : server.write(bytes)));
    client.on('close', () => link.kept ?? server.destroy());
    client.on('error', () => {});
    server.on('data', (bytes) => client.write(bytes));
    server.on('error', () => {});
    server.on('close', () => {
      link.hasEnded = true;
      client.destroy();
    });
  });
  await new Promise((resolve) => way.listen(0, '127.0.0.1', resolve));
  onEnd(() => {
    way.close();
    for (const { client, server } of links) for (const socket of [client, server]) socket.destroy();
  });
  let held = [];
  return {
    url: `redis://127.0.0.1:${way.address().port}`,
    hold() {
      held = [...links].filter(({ hasEnded }) => !hasEnded);
      for (const link of held) link.kept = [];
    },
    get areHeldEnded() {
      return held.length > 0 && held.every(({ hasEnded }) => hasEnded);
    },
    release() {
      for (const { server, kept } of held) for (const bytes of kept) server.write(bytes);
    },
  };
}

const NAMING = {
  'nobody has named': () => {},
  'a command has named': (client) => client.client('SETNAME', 'worker'),
  'a call has named': (client) => client.call('CLIENT', 'SETNAME', 'worker'),
  'a pipeline has named': (client) => client.pipeline().client('SETNAME', 'worker').exec(),
  'a transaction has named': (client) => client.multi().client('SETNAME', 'worker').exec(),
};

describe.each(['loop', 'thread'])('with the %s driver', (driver) => {
  test.each(Object.entries(NAMING))(
    'what is stuck in a connection that %s never runs after the replay',
    async (_, name) => {
      const redis = await startRedis();
      const way = await stickyWay(redis);
      const { cacheAdapter, getRedis } = openPackage({ url: way.url, driver, logLevel: 'off' });
      await name(await getRedis());
      expect(await cacheAdapter.set('key', 'before')).toBe(true);
      way.hold();
      const givenUp = new Promise((resolve) => cacheAdapter.once('degraded', resolve));
      const late = cacheAdapter.set('key', 'late');
      await within(5000, givenUp, 'giving the connection up');
      expect(await late).toBe(true);
      expect(await cacheAdapter.set('key', 'newer')).toBe(true);
      const state = async () => (await cacheAdapter.healthCheck()).redis;
      await until(async () => (await state()).state === 'ready' && (await state()).journal.entries === 0, {
        timeoutMs: 10_000,
        what: 'the replay',
      });
      expect(await redis.command('GET', 'jack:dev:kv:key')).toBe('"newer"');
      await until(() => way.areHeldEnded, { what: 'the server to end the connection that was given up' });
      way.release();
      expect(await redis.command('GET', 'jack:dev:kv:key')).toBe('"newer"');
    },
  );

  test('a restarted server keeps the connections that have the numbers of those before', async () => {
    const redis = await startRedis();
    const { cacheAdapter, redisManager } = openPackage({ url: redis.url, driver, logLevel: 'off' });
    expect(await cacheAdapter.set('key', 'before')).toBe(true);
    redis.pause();
    const late = cacheAdapter.set('key', 'late');
    await until(() => !redisManager.isConnected, { what: 'the connection to be given up' });
    expect(await late).toBe(true);
    await redis.restart();
    await until(async () => (await redis.command('GET', 'jack:dev:kv:key')) === '"late"', {
      timeoutMs: 10_000,
      what: 'the replay',
    });
    expect(await redis.command('INFO', 'commandstats')).not.toContain('cmdstat_client|kill');
  });
});
