import type { cacheAdapter, redisMigrationManager } from 'orgcache';

import adapterEntry = require('orgcache/cacheAdapter');
import migrationEntry = require('orgcache/redis-migration');
import redisEntry = require('orgcache/redis');

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

// Under CommonJS a subpath is the object itself, and `.default` of it is the same object.
const adapter: typeof cacheAdapter = adapterEntry;
const manager: typeof redisMigrationManager = migrationEntry;
const adapterDefault: Same<typeof adapterEntry.default, typeof cacheAdapter> = true;
const managerDefault: Same<typeof migrationEntry.default, typeof redisMigrationManager> = true;
const redisNamed: Same<typeof redisEntry.health, typeof redisEntry.default.health> = true;

// @ts-expect-error the interval is a number
export const started = () => redisEntry.health.startHealthChecks('30s');

// @ts-expect-error the subpath of the adapter is not the manager
const mistaken: typeof redisMigrationManager = adapterEntry;

export { adapter, adapterDefault, manager, managerDefault, mistaken, redisNamed };
