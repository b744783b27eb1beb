import { redisMigrationManager } from '../../index.js';

/**
 * The migration manager. `default` is the manager too.
 * @example
 * import redisMigrationManager from 'orgcache/redis-migration';
 * console.log(redisMigrationManager.migrationStats);
 */
declare const entry: typeof redisMigrationManager & { readonly default: typeof redisMigrationManager };

export = entry;
