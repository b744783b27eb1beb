'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');

describe('useRedis', () => {
  const redis = withRedis();

  test('shows the settings without connecting, and leaves configure() open', async () => {
    const orgcache = openPackage();
    expect(orgcache.cacheAdapter.useRedis).toBe(true);
    expect(orgcache.redisManager.maxConnectionAttempts).toBe(3);
    expect(orgcache.redisManager.isConnected).toBe(false);
    orgcache.configure({ url: redis.url, maxRetries: 7 });
    expect(orgcache.redisManager.maxConnectionAttempts).toBe(7);
    expect(await orgcache.cacheAdapter.set('a', 1)).toBe(true);
    expect(await redis.command('GET', 'jack:dev:kv:a')).toBe('1');
  });

  test('assigned false keeps values in this process, assigned true asks Redis again', async () => {
    const { cacheAdapter } = openPackage({ url: redis.url });
    await cacheAdapter.set('both', 'from Redis');
    cacheAdapter.useRedis = false;
    expect(cacheAdapter.useRedis).toBe(false);
    expect((await cacheAdapter.getStats()).redisEnabled).toBe(false);
    expect(await cacheAdapter.get('both')).toBeNull();
    expect(await cacheAdapter.set('here', 'only here')).toBe(true);
    expect(await cacheAdapter.get('here')).toBe('only here');
    expect(await redis.command('GET', 'jack:dev:kv:here')).toBeNull();
    cacheAdapter.useRedis = true;
    expect(await cacheAdapter.get('both')).toBe('from Redis');
    expect(await cacheAdapter.get('here')).toBeNull();
  });

  test('assigned before the first call holds from the first call on', async () => {
    const { cacheAdapter } = openPackage({ url: redis.url });
    cacheAdapter.useRedis = false;
    expect(await cacheAdapter.set('early', 1)).toBe(true);
    expect(await redis.command('GET', 'jack:dev:kv:early')).toBeNull();
  });
});
