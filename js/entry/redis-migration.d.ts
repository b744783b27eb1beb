import { redisMigrationManager } from '../../index.js';

declare const entry: typeof redisMigrationManager & { readonly default: typeof redisMigrationManager };

export = entry;
