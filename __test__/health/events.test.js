'use strict';

const { once } = require('node:events');
const { openPackage } = require('../support/package');
const { inFreshProcess } = require('../support/process');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until } = require('../support/wait');

const EVENTS = ['ready', 'degraded', 'recovered', 'error', 'closed'];
const RECOVERY_MS = 15_000;

/** Collects the events with their arguments, in order. */
function record(adapter) {
  const seen = [];
  for (const event of EVENTS) adapter.on(event, (...args) => seen.push({ event, args }));
  return { seen, count: (event) => seen.filter((entry) => entry.event === event).length };
}

describe.each(['thread', 'loop'])('with the %s driver', (driver) => {
  const open = (options) =>
    openPackage({ connectTimeout: 1000, commandTimeout: 1000, logLevel: 'off', driver, ...options });

  test('a connection, its loss, its return and the end are emitted in this order', async () => {
    const redis = await startRedis();
    const orgcache = open({ url: redis.url });
    const { cacheAdapter: adapter } = orgcache;
    const { seen, count } = record(adapter);
    await adapter.set('a', 1);
    await until(() => count('ready') === 1, { what: '`ready`' });

    await redis.kill();
    const told = (event) => async () => {
      await adapter.get('a');
      return count(event) === 1;
    };
    await until(told('degraded'), { what: '`degraded`' });
    expect(orgcache.redisManager.isConnected).toBe(false);

    await redis.launch();
    await until(told('recovered'), { timeoutMs: RECOVERY_MS, everyMs: 50, what: '`recovered`' });
    await until(() => adapter.set('b', 2), { what: 'a set that Redis takes' });
    expect(await redis.command('GET', 'jack:dev:kv:b')).toBe('2');

    await orgcache.shutdown();
    await until(() => count('closed') === 1, { what: '`closed`' });
    const order = seen.map(({ event }) => event).filter((event) => event !== 'error');
    expect(order).toEqual(['ready', 'degraded', 'recovered', 'closed']);
  }, 30_000);

  test('an event can be awaited as Node awaits those of its own emitters', async () => {
    const { cacheAdapter: adapter } = open({ host: '127.0.0.1', port: await closedPort() });
    const ready = expect(once(adapter, 'ready')).rejects.toMatchObject({ code: 'E_CONNECT' });
    await adapter.get('a');
    await ready;
  });

  test('a server that appears later is found without a call', async () => {
    const port = await closedPort();
    const { cacheAdapter: adapter, redisManager } = open({ host: '127.0.0.1', port });
    const { count } = record(adapter);
    await adapter.get('a');
    await until(() => count('degraded') >= 1 || count('error') >= 1, { what: 'a sign of trouble' });
    const redis = await startRedis({ port });
    await until(() => redisManager.isReady(), {
      timeoutMs: RECOVERY_MS,
      everyMs: 50,
      what: 'the connection',
    });
    expect(await adapter.set('b', 2)).toBe(true);
    expect(await redis.command('GET', 'jack:dev:kv:b')).toBe('2');
  }, 30_000);

  test('an error event carries the error, with its code', async () => {
    const { cacheAdapter: adapter } = open({ host: '127.0.0.1', port: await closedPort() });
    const { seen, count } = record(adapter);
    await adapter.get('a');
    await until(() => count('error') >= 1, { what: '`error`' });
    const [error] = seen.find(({ event }) => event === 'error').args;
    expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_CONNECT' });
  });
});

describe('listeners', () => {
  test('are called once with `once`, and no more after `off`', async () => {
    const redis = await startRedis();
    const orgcache = openPackage({ url: redis.url, logLevel: 'off' });
    const { cacheAdapter: adapter } = orgcache;
    let once = 0;
    let removed = 0;
    let kept = 0;
    const removedListener = () => ++removed;
    adapter.once('ready', () => ++once);
    adapter.on('ready', removedListener);
    adapter.on('ready', () => ++kept);
    adapter.off('ready', removedListener);
    await adapter.get('a');
    await until(() => kept === 1, { what: '`ready`' });
    expect({ once, removed, kept }).toEqual({ once: 1, removed: 0, kept: 1 });
  });

  test('that throw or are missing never end the process', async () => {
    const env = { REDIS_URL: `redis://127.0.0.1:${await closedPort()}`, CACHE_LOG: 'off' };
    const unheard = await inFreshProcess(
      async ({ load, report }) => {
        const { cacheAdapter } = load();
        // Comes after the error that caused it. An error without a listener was dropped by then.
        const degraded = new Promise((resolve) => cacheAdapter.once('degraded', resolve));
        for (let index = 0; index < 50; index += 1) await cacheAdapter.set(`k${index}`, index);
        await degraded;
        report(await cacheAdapter.get('k49'));
      },
      { env },
    );
    expect(unheard.report).toBe(49);
    expect(unheard.stderr).not.toMatch(/unhandled/i);
  });
});
