export * from './cacheService.js';

import { cacheService } from './cacheService.js';

export default cacheService;
