export * from './index.js';

import type { OrgCache } from './index.js';

/**
 * The instance of the package as one object.
 * @example
 * import orgcache from 'orgcache';
 * await orgcache.cacheAdapter.set('key', 'value');
 */
declare const orgcache: OrgCache;

export default orgcache;
