export * from './rate-limit-service.js';

import { rateLimitService } from './rate-limit-service.js';

export default rateLimitService;
