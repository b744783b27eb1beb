export * from './queueService.js';

import { queueService } from './queueService.js';

export default queueService;
