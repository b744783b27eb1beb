'use strict';

const { openPackage } = require('../support/package');
const { startRedis } = require('../support/redis');
const { startSilentServer } = require('../support/silent-server');
const { rejection, until, within } = require('../support/wait');

describe.each(['loop', 'thread'])('a shutdown, with the %s driver', (driver) => {
  const open = (options) => openPackage({ driver, logLevel: 'off', ...options });

  /** An instance whose Redis is away, with a write in its journal. */
  async function inOutage() {
    const redis = await startRedis();
    const orgcache = open({ url: redis.url });
    await orgcache.cacheAdapter.set('k', 'before');
    await redis.kill();
    await until(() => !orgcache.redisManager.isConnected, { what: 'the outage to be noticed' });
    expect(await orgcache.cacheAdapter.set('k', 'during')).toBe(true);
    return { redis, ...orgcache };
  }

  test('waits until Redis is back and has the journal’s entries', async () => {
    const { redis, shutdown } = await inOutage();
    const ending = shutdown({ timeoutMs: 20_000 });
    await redis.restart();
    expect(await ending).toEqual({ flushed: true, journalEntries: 0 });
    expect(await redis.command('GET', 'jack:dev:kv:k')).toBe('"during"');
  }, 30_000);

  test('reports the rest of the journal if Redis stays away', async () => {
    const { shutdown, cacheAdapter } = await inOutage();
    await cacheAdapter.clearOrganizationCache('org-1');
    const { value, ms } = await within(3000, shutdown({ timeoutMs: 300 }), 'the shutdown');
    expect(value).toEqual({ flushed: false, journalEntries: 2 });
    expect(ms).toBeGreaterThan(250);
  });

  test('rejects every call that is left with E_CLOSED, the adapter’s too', async () => {
    const { host, port } = await startSilentServer();
    const timeouts = { commandTimeout: 20_000, connectTimeout: 20_000 };
    const { cacheAdapter, redisManager, shutdown } = open({ host, port, ...timeouts });
    const calls = [
      cacheAdapter.get('k'),
      cacheAdapter.set('k', 1),
      cacheAdapter.clearOrganizationCache('org-1'),
      redisManager.getClient().get('k'),
    ].map(rejection);
    const { value } = await within(3000, shutdown({ timeoutMs: 100 }), 'the shutdown');
    expect(value.flushed).toBe(false);
    for (const error of (await within(1000, Promise.all(calls), 'the calls')).value) {
      expect(error).toMatchObject({ name: 'OrgCacheError', code: 'E_CLOSED' });
    }
  });
});

describe('a shutdown', () => {
  test('is the same promise every time, and says that nothing is left', async () => {
    const { shutdown, redisManager, cacheAdapter } = openPackage({ useRedis: false });
    await cacheAdapter.set('k', 1);
    const first = shutdown({ timeoutMs: 1000 });
    expect(shutdown()).toBe(first);
    expect(redisManager.shutdown()).toBe(first);
    expect(await first).toEqual({ flushed: true, journalEntries: 0 });
    expect(shutdown()).toBe(first);
  });

  test('before the first call opens nothing', async () => {
    const { shutdown } = openPackage({ url: 'redis://127.0.0.1:1' });
    expect(await shutdown()).toEqual({ flushed: true, journalEntries: 0 });
  });

  test.each([[-1], [Number.NaN], ['1000'], [null], [{}]])(
    'with a timeout of %p is refused with E_CONFIG, and does not begin',
    async (timeoutMs) => {
      const { shutdown, cacheAdapter } = openPackage({ useRedis: false });
      expect(await rejection(shutdown({ timeoutMs }))).toMatchObject({ code: 'E_CONFIG' });
      expect(await cacheAdapter.set('k', 1)).toBe(true);
    },
  );

  test('does not begin with a signal that has aborted; one that aborts later ends only the waiting', async () => {
    const { host, port } = await startSilentServer();
    const { shutdown, cacheAdapter } = openPackage({ host, port, logLevel: 'off' });
    expect((await rejection(shutdown({ signal: AbortSignal.abort() }))).name).toBe('AbortError');
    const call = rejection(cacheAdapter.get('k'));
    const controller = new AbortController();
    const impatient = rejection(shutdown({ timeoutMs: 300, signal: controller.signal }));
    controller.abort(new Error('no time'));
    expect((await impatient).message).toBe('no time');
    expect(await shutdown()).toEqual({ flushed: false, journalEntries: expect.any(Number) });
    expect(await call).toMatchObject({ code: 'E_CLOSED' });
  });
});
