import orgcache, {
  type cacheAdapter,
  type OrgCache,
  type RedisClient,
  type redisMigrationManager,
} from 'orgcache';
import adapterEntry, { type cacheAdapter as namedAdapter } from 'orgcache/cacheAdapter';
import type redisEntry from 'orgcache/redis';
import type { HealthStatus, initializeRedis, performHealthCheck, RedisModule } from 'orgcache/redis';
import type migrationEntry from 'orgcache/redis-migration';
import type { redisMigrationManager as namedManager } from 'orgcache/redis-migration';

declare module 'orgcache' {
  interface RedisClient {
    double(key: string): Promise<number>;
  }
}

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export const adapterDefault: Same<typeof adapterEntry, typeof cacheAdapter> = true;
export const adapterNamed: Same<typeof namedAdapter, typeof cacheAdapter> = true;
export const managerDefault: Same<typeof migrationEntry, typeof redisMigrationManager> = true;
export const managerNamed: Same<typeof namedManager, typeof redisMigrationManager> = true;

export const redisDefault: Same<typeof redisEntry, RedisModule> = true;
export const initialized: Same<ReturnType<typeof initializeRedis>, Promise<boolean>> = true;
export const checked: Same<ReturnType<typeof performHealthCheck>, Promise<HealthStatus>> = true;

// @ts-expect-error the subpath of the adapter is not the manager
export const mistaken: typeof redisMigrationManager = adapterEntry;

export const whole: Same<typeof orgcache, OrgCache> = true;

export const script = (client: RedisClient): Promise<number> => client.double('key');

export async function ending(): Promise<boolean> {
  await using cache = orgcache;
  return cache.cacheAdapter.set('key', 1);
}
