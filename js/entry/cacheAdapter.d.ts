import { cacheAdapter } from '../../index.js';

/**
 * The adapter. `default` is the adapter too.
 * @example
 * import cacheAdapter from 'orgcache/cacheAdapter';
 * await cacheAdapter.set('key', 'value');
 */
declare const entry: typeof cacheAdapter & { readonly default: typeof cacheAdapter };

export = entry;
