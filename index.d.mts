export * from './index.js';

import type { OrgCache } from './index.js';

declare const orgcache: OrgCache;

export default orgcache;
