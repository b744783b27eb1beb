export * from './session-service.js';

import { sessionService } from './session-service.js';

export default sessionService;
