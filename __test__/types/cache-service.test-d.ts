import cacheService, { type CacheServiceStats, type cacheService as named } from 'orgcache/cacheService';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Actual, Expected>): void => {};
}

interface User {
  name: string;
}

exactly<typeof named>()(cacheService, true);

export async function use(): Promise<CacheServiceStats> {
  exactly<User | null>()(await cacheService.get<User>('a'), true);
  exactly<(User | null)[]>()(await cacheService.mget<User>(['a']), true);
  exactly<User[]>()(await cacheService.cacheQuery('SELECT 1', [1, 'a'], async () => [{ name: 'Ada' }]), true);
  exactly<number>()(await cacheService.cacheQuery('SELECT 1', [], () => 1, { ttl: 1.5 }), true);
  exactly<boolean>()(await cacheService.set('a', null, { ttl: 60, serialize: false }), true);
  exactly<boolean>()(await cacheService.mset({ a: 1, b: { two: 2 } }), true);
  exactly<number>()(await cacheService.invalidatePattern('search:*'), true);
  exactly<number | null>()(await cacheService.getCachedUserBalance('u1'), true);
  // @ts-expect-error a lifetime is an option
  await cacheService.set('a', 1, 60);
  // @ts-expect-error the prefix is a part of the key
  await cacheService.set('a', 1, { prefix: 'x' });
  return cacheService.getStats();
}
