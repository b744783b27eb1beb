'use strict';

const { DRIVERS, sized, underFault } = require('./support/fault-test');
const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { closedPort } = require('../support/silent-server');
const { until } = require('../support/wait');

const KILLS = sized({ short: 3, full: 20 });

/** A server is found by its next attempt, and an attempt waits 2 s at most. */
const FOUND_WITHIN_MS = 3000;

describe.each(DRIVERS)('with the %s driver', (driver) => {
  test('without a server at the start everything is served from memory, and it is found when it appears', async () => {
    const port = await closedPort();
    const orgcache = openPackage({ host: '127.0.0.1', port, driver, commandTimeout: 1000, logLevel: 'off' });
    const { cacheAdapter, cacheManager } = orgcache;
    expect(await cacheAdapter.get('kept')).toBeNull();
    expect(await cacheAdapter.set('kept', { version: 1 }, 600)).toBe(true);
    expect(await cacheAdapter.setConversationContext('org', '+1', [1])).toBe(true);
    expect(await cacheAdapter.get('kept')).toEqual({ version: 1 });
    expect(await cacheAdapter.delete('never there')).toBe(false);
    const redis = await startRedis({ port });
    const appearedAt = performance.now();
    await until(() => cacheManager.getStats().redis.state === 'ready', {
      timeoutMs: FOUND_WITHIN_MS,
      what: 'the server to be found',
    });
    process.stdout.write(
      `fault: no server at start (${driver}): found in ${Math.round(performance.now() - appearedAt)} ms\n`,
    );
    expect(await redis.command('GET', 'jack:dev:kv:kept')).toBe('{"version":1}');
    const ttl = await redis.command('TTL', 'jack:dev:kv:kept');
    expect(ttl).toBeGreaterThan(580);
    expect(ttl).toBeLessThanOrEqual(600);
    expect(await cacheAdapter.getConversationContext('org', '+1')).toEqual([1]);
    await orgcache.shutdown();
  }, 30_000);

  test('a server that is killed and comes back, again and again, costs no acknowledged write', async () => {
    const { figures, problems } = await underFault({
      name: `kill -9, ${KILLS} times`,
      options: { driver },
      faultMs: 0,
      recoveryMs: 10_000,
      fault: async (bench) => {
        for (let count = 1; count <= KILLS; count += 1) {
          await bench.redis.kill();
          await until(() => bench.state().state === 'degraded', { what: 'the loss to be noticed' });
          await bench.redis.launch();
          await until(() => bench.state().state !== 'degraded', { timeoutMs: 10_000, what: 'the return' });
        }
      },
      heal: async () => {},
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.state.journaled).toBeGreaterThan(0);
    expect(figures.reconnects).toBeGreaterThanOrEqual(KILLS);
  }, 120_000);

  test('a server that refuses connections for a while is asked with growing pauses', async () => {
    const { figures, problems } = await underFault({
      name: 'connections refused',
      isProxied: true,
      options: { driver },
      faultMs: sized({ short: 3000, full: 10_000 }),
      fault: ({ proxy }) => proxy.refuse(),
      heal: ({ proxy }) => proxy.heal(),
    });
    expect(problems).toEqual([]);
    expect(figures.refused).toBe(0);
    expect(figures.recoveredMs).toBeLessThan(FOUND_WITHIN_MS);
    expect(figures.connections).toBeLessThanOrEqual(sized({ short: 20, full: 40 }));
  }, 60_000);
});
