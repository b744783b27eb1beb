'use strict';

const { openPackage } = require('../support/package');
const { withRedis } = require('../support/redis');
const { until } = require('../support/wait');

const redis = withRedis({ flushBeforeEach: true });
const stores = {};

beforeAll(() => {
  stores.redis = openPackage({ url: redis.url });
  stores.memory = openPackage({ useRedis: false });
});

describe.each(['redis', 'memory'])('the cache manager, %s store', (store) => {
  let manager;
  let serial = 0;
  const fresh = (word) => `${word}-${++serial}`;

  beforeAll(() => {
    manager = stores[store].cacheManager;
  });

  test('keeps a value apart for each organization and for none', async () => {
    const key = fresh('user');
    expect(await manager.set(key, { of: 1 }, 60, 'org-1')).toBe(true);
    expect(await manager.set(key, { of: 2 }, 60, 'org-2')).toBe(true);
    expect(await manager.set(key, { of: 'all' })).toBe(true);
    expect(await manager.get(key, 'org-1')).toEqual({ of: 1 });
    expect(await manager.get(key, 'org-2')).toEqual({ of: 2 });
    expect(await manager.get(key)).toEqual({ of: 'all' });
    expect(await manager.get(key, 'org-3')).toBeNull();
  });

  test('deletes the value of one organization only, and says whether it was there', async () => {
    const key = fresh('user');
    await manager.set(key, 1, 60, 'org-1');
    await manager.set(key, 2, 60, 'org-2');
    expect(await manager.delete(key, 'org-1')).toBe(true);
    expect(await manager.delete(key, 'org-1')).toBe(false);
    expect(await manager.get(key, 'org-1')).toBeNull();
    expect(await manager.get(key, 'org-2')).toBe(2);
  });

  test('keeps the fields of a hash', async () => {
    const hash = fresh('cart');
    expect(await manager.hget(hash, 'a', 'org-1')).toBeNull();
    expect(await manager.hset(hash, 'a', { items: [1] }, 60, 'org-1')).toBe(true);
    expect(await manager.hset(hash, 'b', 'text', 60, 'org-1')).toBe(true);
    expect(await manager.hset(hash, 'a', { items: [1, 2] }, 60, 'org-1')).toBe(true);
    expect(await manager.hget(hash, 'a', 'org-1')).toEqual({ items: [1, 2] });
    expect(await manager.hgetall(hash, 'org-1')).toEqual({ a: { items: [1, 2] }, b: 'text' });
    expect(await manager.hdel(hash, 'a', 'org-1')).toBe(true);
    expect(await manager.hdel(hash, 'a', 'org-1')).toBe(false);
    expect(await manager.hgetall(hash, 'org-1')).toEqual({ b: 'text' });
  });

  test('answers an empty object for a hash that is not there', async () => {
    expect(await manager.hgetall(fresh('cart'), 'org-1')).toEqual({});
  });

  test('keeps a hash apart for each organization and for none', async () => {
    const hash = fresh('cart');
    await manager.hset(hash, 'a', 1, 60, 'org-1');
    await manager.hset(hash, 'a', 2, 60);
    expect(await manager.hgetall(hash, 'org-2')).toEqual({});
    expect(await manager.hgetall(hash, 'org-1')).toEqual({ a: 1 });
    expect(await manager.hgetall(hash)).toEqual({ a: 2 });
  });

  test('clears hashes with their organization', async () => {
    const hash = fresh('cart');
    await manager.hset(hash, 'a', 1, 60, 'org-1');
    await manager.hset(hash, 'a', 2, 60, 'org-2');
    await manager.clearOrganizationCache('org-1');
    expect(await manager.hgetall(hash, 'org-1')).toEqual({});
    expect(await manager.hgetall(hash, 'org-2')).toEqual({ a: 2 });
  });

  test('forgets a value after its TTL', async () => {
    const [key, hash] = [fresh('brief'), fresh('brief')];
    await manager.set(key, 1, 1, 'org-1');
    await manager.hset(hash, 'a', 1, 1, 'org-1');
    expect(await manager.get(key, 'org-1')).toBe(1);
    const gone = async () =>
      (await manager.get(key, 'org-1')) === null && (await manager.hget(hash, 'a', 'org-1')) === null;
    await until(gone, { timeoutMs: 4000, what: 'both to expire' });
  });

  test('makes the key of a type, an organization and an identifier', () => {
    expect(manager.generateKey('session', 'org-1', 'abc')).toBe('jack:dev:session:org-1:abc');
    expect(manager.generateKey('session', 'org-1')).toBe('jack:dev:session:org-1');
    expect(manager.generateKey('session', null, 'abc')).toBe('jack:dev:session:global:abc');
    expect(manager.generateKey('session', null)).toBe('jack:dev:session:global');
    expect(manager.generateKey('user:5', 'a:b', 'c:d')).toBe('jack:dev:user%3A5:a%3Ab:c%3Ad');
  });

  test('answers statistics and health', async () => {
    expect(await manager.getStats()).toMatchObject({
      redis: { hits: expect.any(Number), misses: expect.any(Number) },
      fallback: { size: expect.any(Number), enabled: expect.any(Boolean) },
      config: expect.any(Object),
    });
    expect(await manager.healthCheck()).toMatchObject({
      redis: expect.any(Object),
      cache: {
        status: expect.any(String),
        fallbackEnabled: expect.any(Boolean),
        fallbackSize: expect.any(Number),
      },
    });
  });
});

describe('the cache manager in Redis', () => {
  test.each([
    ['a value of an organization', ['user:5', 1, null, 'org-1'], 'jack:dev:user%3A5:org-1', 7200],
    ['a value of none', ['user:5', 1, null], 'jack:dev:user%3A5:global', 7200],
    ['a value of the organization `global`', ['user', 1, 30, 'global'], 'jack:dev:user:%67lobal', 30],
    ['a value with a TTL', ['user', 1, 42, 'org-1'], 'jack:dev:user:org-1', 42],
  ])('%s has its key and TTL', async (_name, args, key, ttlSeconds) => {
    await stores.redis.cacheManager.set(...args);
    expect(await redis.command('GET', key)).toBe('1');
    const left = await redis.command('PTTL', key);
    expect(left).toBeGreaterThan(ttlSeconds * 1000 - 5000);
    expect(left).toBeLessThanOrEqual(ttlSeconds * 1000);
  });

  test('a hash is a hash with the TTL of its last set', async () => {
    const manager = stores.redis.cacheManager;
    await manager.hset('carts', 'a', { n: 1 }, 5000, 'org-1');
    await manager.hset('carts', 'b', { n: 2 }, 60, 'org-1');
    expect(await redis.command('HGET', 'jack:dev:carts:org-1', 'a')).toBe('{"n":1}');
    const left = await redis.command('PTTL', 'jack:dev:carts:org-1');
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(60_000);
    await manager.hset('default', 'a', 1, null, 'org-1');
    expect(await redis.command('PTTL', 'jack:dev:default:org-1')).toBeGreaterThan(7_195_000);
  });

  test('a field replaces a value that is no hash, with its TTL', async () => {
    const manager = stores.redis.cacheManager;
    await manager.set('becomes', 'text', 9000, 'org-1');
    expect(await manager.hset('becomes', 'a', { n: 1 }, 60, 'org-1')).toBe(true);
    expect(await manager.hgetall('becomes', 'org-1')).toEqual({ a: { n: 1 } });
    expect(await redis.command('PTTL', 'jack:dev:becomes:org-1')).toBeLessThanOrEqual(60_000);
  });

  test('a write that Redis refuses inside its transaction is not acknowledged', async () => {
    await redis.command('SET', 'jack:dev:!index:spoiled', 'no index');
    expect(await stores.redis.cacheManager.set('refused', 1, null, 'spoiled')).toBe(false);
    expect((await stores.redis.cacheAdapter.getStats()).cache.redis.lastError).toBe('WRONGTYPE');
  });

  test('no type can be chosen so that it names a value of the adapter', async () => {
    const { cacheManager: manager, cacheAdapter: adapter } = stores.redis;
    await adapter.setPhoneToLeadMapping('+123', 'lead-1');
    await adapter.set('org-1', 'kv');
    await adapter.setDynamicLead('org-1', 'dynamic');
    for (const type of ['phoneToLead', 'kv', 'dynamicLead', 'leadToPhone']) {
      for (const org of ['+123', 'org-1', 'lead-1']) {
        expect(await manager.get(type, org)).toBeNull();
        await manager.set(type, 'other', 60, org);
      }
    }
    expect(await adapter.getPhoneToLeadMapping('+123')).toBe('lead-1');
    expect(await adapter.get('org-1')).toBe('kv');
    expect(await adapter.getDynamicLead('org-1')).toBe('dynamic');
  });
});
