// The checks that a server's own script makes of its cache service, with the import of this package: each check by its
// name, and whether it passed.

import { cacheService } from 'orgcache/cacheService';

const CHECKS = {
  'Cache Health Check': async () => (await cacheService.healthCheck()).status === 'healthy',
  'Cache Set': async () => cacheService.set('test:key', { message: 'Hello Redis!', at: 1 }, { ttl: 60 }),
  'Cache Get': async () => (await cacheService.get('test:key'))?.message === 'Hello Redis!',
  'Cache Exists': async () => cacheService.exists('test:key'),
  'Cache Multi Set': async () => cacheService.mset({ 'test:1': 'one', 'test:2': 'two' }, { ttl: 60 }),
  'Cache Multi Get': async () => (await cacheService.mget(['test:1', 'test:2'])).join() === 'one,two',
  'Cache Query Caching': async () => {
    let calls = 0;
    const fetch = async () => {
      calls += 1;
      return { rows: [1, 2, 3] };
    };
    const results = [];
    for (const _ of [1, 2]) {
      results.push(
        await cacheService.cacheQuery('SELECT * FROM items WHERE id = $1', ['1'], fetch, { ttl: 60 }),
      );
    }
    return calls === 1 && results.every(({ rows }) => rows.length === 3);
  },
  'Cache User Profile': async () => {
    await cacheService.cacheUserProfile('1', { name: 'Ada' });
    return (await cacheService.getCachedUserProfile('1'))?.name === 'Ada';
  },
  'Cache Invalidate Pattern': async () => (await cacheService.invalidatePattern('test:*')) === 3,
  'Cache Delete': async () => {
    await cacheService.set('test:gone', 1);
    return (await cacheService.delete('test:gone')) && !(await cacheService.exists('test:gone'));
  },
  'Cache Statistics': async () => {
    const { hits, misses, hitRatio } = cacheService.getStats();
    return hits > 0 && misses > 0 && hitRatio > 0 && hitRatio < 1;
  },
  'Cache Memory Usage': async () => (await cacheService.getMemoryUsage()) > 0,
  'Cache Info': async () => 'redis_version' in (await cacheService.getInfo()),
};

const results = {};
for (const [name, check] of Object.entries(CHECKS)) results[name] = await check();
console.log(`@report ${JSON.stringify(results)}`);
